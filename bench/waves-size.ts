/**
 * Size and power of the design for waves on made data: `npm run bench -- waves-size [repetitions]`.
 *
 * Units follow a shared path plus their own AR(1); "shifts" let every unit change its level for good once after the first
 * wave. No effect: share of intervals without 0 (nominal 5 %). Effect: of 0.5 standard deviations of a unit's own noise.
 */
import { arrangeWaves } from "../src/core/estimators/waves/arrangement.ts";
import { fitWaves } from "../src/core/estimators/waves/fit.ts";
import { randomStream } from "../src/core/inference/random.ts";
import type { Panel } from "../src/core/panel/panel.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";
import { studentTQuantile } from "../src/core/probability/student-t.ts";

interface Scene {
  readonly waves: number;
  readonly perWave: number;
  readonly never: number;
  readonly rho: number;
  /** Standard deviation of a level shift, in units of the noise. */
  readonly shift: number;
}

const [PRE, BETWEEN, POST, SETTLE] = [480, 30, 60, 3];

const repetitions = Number(process.argv[3] ?? 400);

const SHAPES = [
  [2, 1],
  [2, 2],
  [3, 1],
  [3, 2],
  [6, 1],
] as const;

export async function bench(): Promise<string> {
  const lines = [
    "| waves | units per wave | never | AR | shift | alarms % | power % (effect 0.5) | half-width | true sd | mean phi |",
    `|${"---|".repeat(10)}`,
  ];
  for (const never of [0, 2, 5, 10]) {
    for (const [waves, perWave] of SHAPES) {
      if (never === 0 && waves === 2 && perWave === 1) continue;
      for (const rho of [0, 0.7]) {
        for (const shift of [0, 0.5]) lines.push(report({ waves, perWave, never, rho, shift }));
      }
    }
  }
  return lines.join("\n");
}

function report(scene: Scene): string {
  let [alarms, found, half, phis, squares, done] = [0, 0, 0, 0, 0, 0];
  for (let seed = 1; seed <= repetitions; seed++) {
    const { panel, times, noise } = make(scene, seed);
    const arranged = arrangeWaves(panel, { times, step: 60, settle: SETTLE * 60 });
    if (!arranged.ok) throw new Error(arranged.refusal.message);
    const fitted = fitWaves(panel, arranged.value, { scale: "additive" });
    if (!fitted.ok) throw new Error(fitted.refusal.message);
    const { att, variance, dof, phi } = fitted.value;
    if (variance === null || dof === null) continue;
    const width = studentTQuantile(0.975, dof) * Math.sqrt(variance);
    if (Math.abs(att) > width) alarms++;
    if (Math.abs(att + 0.5 * noise) > width) found++;
    half += width;
    squares += att * att;
    phis += phi ?? 0;
    done++;
  }
  const share = (count: number): string => ((100 * count) / done).toFixed(1).padStart(5);
  const { waves, perWave, never, rho, shift } = scene;
  return `| ${waves} | ${perWave} | ${never} | ${rho} | ${shift} | ${share(alarms)} | ${share(found)} | ${(half / done).toFixed(3)} | ${Math.sqrt(squares / done).toFixed(3)} | ${(phis / done).toFixed(2)} |`;
}

function make(scene: Scene, seed: number): { panel: Panel; times: Record<string, number>; noise: number } {
  const { waves, perWave, never, rho, shift } = scene;
  const random = randomStream(seed * 7919 + waves * 31 + never);
  const normal = (): number => normalQuantile(Math.max(1e-12, random.next()));
  const steps = PRE + (waves - 1) * BETWEEN + POST;
  const count = waves * perWave + never;
  const noise = 1 / Math.sqrt(1 - rho * rho);
  const common = new Float64Array(steps);
  for (let t = 0; t < steps; t++) common[t] = 3 * Math.sin((2 * Math.PI * t) / 400) + normal() * 0.3;
  const values = new Float64Array(count * steps);
  const units: string[] = [];
  const treated: boolean[] = [];
  const times: Record<string, number> = {};
  for (let u = 0; u < count; u++) {
    const wave = Math.floor(u / perWave);
    const isTreated = wave < waves;
    const name = `u${String(u).padStart(3, "0")}`;
    units.push(name);
    treated.push(isTreated);
    if (isTreated) times[name] = (PRE + wave * BETWEEN) * 60;
    let x = normal() * noise;
    const at = PRE + random.below(steps - PRE);
    const by = shift * noise * normal();
    for (let t = 0; t < steps; t++) {
      x = rho * x + normal();
      values[u * steps + t] = 50 + u + (common[t] ?? 0) + x + (t >= at ? by : 0);
    }
  }
  const panel = {
    start: 0,
    step: 60,
    steps,
    units,
    treated,
    values,
    weights: null,
    preEnd: PRE,
    postStart: PRE + SETTLE,
  };
  return { panel, times, noise };
}
