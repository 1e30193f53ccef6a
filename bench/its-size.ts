/**
 * Size, coverage and power of the design without controls on made days: `npm run bench -- its-size [repetitions]`.
 *
 * One series with a daily cycle (height in standard deviations of the noise), weekends, days that differ, a trend and AR(1)
 * noise; the deploy falls on any hour of any weekday. Estimate and required check of the design. "alarms": intervals
 * without 0 where nothing happened (nominal 5 %); "told": the same less those that a required check made invalid;
 * "invalid": required checks that failed; "power": intervals without 0 with an effect of 1.5 standard deviations.
 */
import { usualDay } from "../src/core/designs/its/checks.ts";
import { fitIts } from "../src/core/estimators/its/fit.ts";
import { studentTQuantile } from "../src/core/probability/student-t.ts";
import { type MadeDays, madeDays } from "../test/unit/core/made-days.ts";

const repetitions = Number(process.argv[3] ?? 200);

const NOISES: readonly (Partial<MadeDays> & { readonly name: string })[] = [
  { name: "no cycle, AR 0", phi: 0 },
  { name: "no cycle, AR 0.7", phi: 0.7 },
  { name: "no cycle, AR 0.95", phi: 0.95 },
  { name: "cycle 10, AR 0", amplitude: 10, phi: 0 },
  { name: "cycle 10, AR 0.7", amplitude: 10, phi: 0.7 },
  { name: "cycle 10, AR 0.95", amplitude: 10, phi: 0.95 },
  { name: "cycle 10, AR 0.99", amplitude: 10, phi: 0.99 },
  { name: "weekends half, AR 0.7", amplitude: 10, weekend: 0.5, phi: 0.7 },
  {
    name: "weekends half, days differ 15 %, trend, AR 0.7",
    amplitude: 10,
    weekend: 0.5,
    dayToDay: 0.15,
    trend: 5,
    phi: 0.7,
  },
];

const WINDOWS: readonly (Pick<MadeDays, "step" | "preDays" | "post"> & { readonly name: string })[] = [
  { name: "8 days of 5 min, post 1 h", step: 300, preDays: 8, post: 3600 },
  { name: "8 days of 5 min, post 6 h", step: 300, preDays: 8, post: 6 * 3600 },
  { name: "29 days of 15 min, post 1 h", step: 900, preDays: 29, post: 3600 },
  { name: "4.5 days of 5 min, post 1 h", step: 300, preDays: 4.5, post: 3600 },
  { name: "24 h of 1 min, post 1 h", step: 60, preDays: 1, post: 3600 },
  { name: "6 h of 1 min, post 1 h", step: 60, preDays: 0.25, post: 3600 },
  { name: "2 h of 1 min, post 30 min", step: 60, preDays: 1 / 12, post: 1800 },
];

const SETTLE = 300;

const HEADER = [
  "windows | noise | alarms % | told % | invalid % | coverage % | power % (1.5 sd) | mean half-width",
  "---|---|---|---|---|---|---|---",
];

export async function bench(): Promise<string> {
  return [...HEADER, ...WINDOWS.flatMap((window) => NOISES.map((noise) => report(window, noise)))].join("\n");
}

function report(window: (typeof WINDOWS)[number], noise: (typeof NOISES)[number]): string {
  let [alarms, told, invalid, found, half, done] = [0, 0, 0, 0, 0, 0];
  for (let seed = 1; seed <= repetitions; seed++) {
    const still = judge(seed, { ...window, ...noise, settle: SETTLE });
    const moved = judge(seed, { ...window, ...noise, settle: SETTLE, effect: 1.5 });
    if (still === null || moved === null) continue;
    alarms += Number(still.alarm);
    told += Number(still.alarm && !still.failed);
    invalid += Number(still.failed);
    found += Number(moved.alarm && !moved.failed);
    half += still.half;
    done++;
  }
  const share = (count: number): string => ((100 * count) / done).toFixed(1);
  const numbers = [
    share(alarms),
    share(told),
    share(invalid),
    share(done - alarms),
    share(found),
    (half / done).toFixed(2),
  ];
  return [window.name, noise.name, ...numbers].join(" | ");
}

function judge(seed: number, made: MadeDays): { alarm: boolean; failed: boolean; half: number } | null {
  const { rows, deployedAt } = madeDays(seed, made);
  const values = rows[0] ?? new Float64Array(0);
  const preEnd = Math.round((made.preDays * 86_400) / made.step);
  const window = { preEnd, postStart: preEnd + Math.round(SETTLE / made.step), end: values.length };
  const history = { leadLimit: preEnd, recentFrom: 0, skips: () => false };
  const fitted = fitIts({ values, weights: null, step: made.step, deployedAt }, window, {
    scale: "auto",
    keepStill: false,
    ...history,
  });
  if (!fitted.ok || fitted.value.variance === null || fitted.value.dof === null) return null;
  const { att, variance, dof } = fitted.value;
  const half = studentTQuantile(0.975, dof) * Math.sqrt(variance);
  return { alarm: Math.abs(att) > half, failed: usualDay(fitted.value, history).passed === false, half };
}
