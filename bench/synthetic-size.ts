/**
 * `npm run bench -- synthetic-size [repetitions] [shape]`: how often the design `synthetic` alarms without and with an effect, on made data.
 *
 * 240 steps before, 24 after, one treated unit. Every unit is its own level plus its share of two slow shared paths plus
 * its own AR(1) noise. "alike": every unit has the same share, so plain difference-in-differences is right. "unlike": shares
 * differ, the treated unit's is a mix of the donors'. "own drift": the treated unit also drifts by itself, which no donor
 * shows. A shift moves every unit's level for good at the deploy, by chance, as restarts do.
 */

import { analyze } from "../src/core/analyze.ts";
import { randomStream } from "../src/core/inference/random.ts";
import type { Series } from "../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../src/core/plan.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";
import type { SliResult } from "../src/core/result.ts";
import { everyRowPlan } from "./data/every-row-plan.ts";
import { markdownTable } from "./measure/figures.ts";

const [PRE, POST, STEP, DEPLOYED_AT] = [240, 24, 60, 1_767_225_600];
const REPETITIONS = Number(process.argv[3] ?? 200);
const SHAPES = ["alike", "unlike", "own drift", "shared drift"] as const;
/** Autocorrelation, and standard deviation of the shift. */
const NOISES = [
  [0, 0],
  [0.7, 0],
  [0.7, 0.5],
] as const;
/** Only this shape, when given. */
const ONLY = process.argv[4] ?? null;

interface Scene {
  readonly shape: (typeof SHAPES)[number];
  readonly donors: number;
  readonly rho: number;
  /** Standard deviation of the shift in units of the noise. */
  readonly shift: number;
}

export function bench(): Promise<string> {
  const rows: string[][] = [];
  for (const shape of SHAPES.filter((one) => ONLY === null || one === ONLY)) {
    for (const donors of [5, 12]) {
      for (const [rho, shift] of NOISES) rows.push(rowOf({ shape, donors, rho, shift }));
    }
  }
  const header = [
    "shares",
    "donors",
    "AR",
    "shift",
    "did: alarms, %",
    "synthetic: alarms, %",
    "invalid, %",
    "alarms of the rest, %",
  ];
  const more = [
    "power of the rest, %",
    "half-width / did",
    "auto: taken, %",
    "auto: false verdicts, %",
    "did alone: false verdicts, %",
  ];
  return Promise.resolve(markdownTable([...header, ...more], rows));
}

function rowOf(scene: Scene): string[] {
  const seen = Array.from({ length: REPETITIONS }, (_, k) => seriesOf(scene, k + 1, 0));
  const run = (design: AnalysisPlan["design"], series: readonly Series[]): SliResult => analysed(design, series);
  const plain = seen.map((series) => run("did", series));
  const forced = seen.map((series) => run("synthetic", series));
  // where pre-trends passes, auto is did
  const auto = seen.map((series, k) => (isRejected(plain[k]) ? run("auto", series) : plain[k])) as SliResult[];
  const rest = forced.filter(({ verdict }) => verdict !== "invalid");
  const effect = 2 / Math.sqrt(1 - scene.rho ** 2);
  const found = seen.map((_, k) => run("synthetic", seriesOf(scene, k + 1, effect)));
  const width = (some: readonly SliResult[]): number =>
    some.reduce((sum, { estimate }) => sum + ((estimate?.confHigh ?? 0) - (estimate?.confLow ?? 0)), 0) / some.length;
  return [
    scene.shape,
    String(scene.donors),
    String(scene.rho),
    String(scene.shift),
    share(plain, isAlarm),
    share(forced, isAlarm),
    share(forced, ({ verdict }) => verdict === "invalid"),
    share(rest, isAlarm),
    share(
      found.filter(({ verdict }) => verdict !== "invalid"),
      isAlarm,
    ),
    (width(forced) / width(plain)).toFixed(2),
    share(auto, ({ design }) => design === "synthetic"),
    share(auto, isVerdict),
    share(plain, isVerdict),
  ];
}

function isRejected(did: SliResult | undefined): boolean {
  const p = did?.checks.find(({ id }) => id === "pre-trends")?.pValue ?? null;
  return p !== null && p <= 0.01;
}

function isAlarm({ estimate }: SliResult): boolean {
  return estimate !== null && estimate.pValue !== null && estimate.pValue < 0.05;
}

function isVerdict({ verdict }: SliResult): boolean {
  return verdict === "regression" || verdict === "improvement";
}

function share(some: readonly SliResult[], isCounted: (one: SliResult) => boolean): string {
  return ((100 * some.filter(isCounted).length) / some.length).toFixed(1);
}

function seriesOf(scene: Scene, seed: number, effect: number): Series[] {
  const random = randomStream(seed * 7919 + scene.donors);
  const normal = (): number => normalQuantile(Math.max(1e-12, random.next()));
  const steps = PRE + POST;
  const walk = (rho: number, size: number): Float64Array => {
    let last = (normal() * size) / Math.sqrt(1 - rho * rho);
    return Float64Array.from({ length: steps }, () => {
      last = rho * last + size * normal();
      return last;
    });
  };
  const paths = [walk(0.98, 0.5), walk(0.98, 0.5)];
  const noise = 1 / Math.sqrt(1 - scene.rho ** 2);
  const times = Float64Array.from({ length: steps }, (_, t) => DEPLOYED_AT + (t - PRE) * STEP);
  return Array.from({ length: 1 + scene.donors }, (_, u) => {
    const isTreated = u === 0;
    const even = scene.shape === "alike" || scene.shape === "shared drift" || isTreated;
    const shares = even ? [1, 1] : [2 * random.next(), 2 * random.next()];
    const own = walk(scene.rho, 1);
    const drift = isTreated && scene.shape === "own drift" ? (4 * noise) / steps : 0;
    // every sixth donor drifts as the treated unit does: it leaves the average of the donors, and a mix goes with it
    const common = scene.shape === "shared drift" && u % 6 === 0 ? (8 * noise) / steps : 0;
    const moved = scene.shift * noise * normal();
    const values = own.map((value, t) => {
      const shared = (shares[0] ?? 0) * (paths[0]?.[t] ?? 0) + (shares[1] ?? 0) * (paths[1]?.[t] ?? 0);
      return 100 + 3 * u + shared + value + (drift + common) * t + (t >= PRE ? moved + (isTreated ? effect : 0) : 0);
    });
    return {
      unit: isTreated ? "treated" : `donor-${String(u).padStart(2, "0")}`,
      group: isTreated ? "treated" : "control",
      component: "value",
      times,
      values,
    };
  });
}

const SLI: SliPlan = {
  id: "metric",
  kind: "gauge",
  direction: "up",
  role: "primary",
  margin: { type: "absolute", value: 0, text: "0" },
};

function analysed(design: AnalysisPlan["design"], series: readonly Series[]): SliResult {
  const plan = everyRowPlan({ sli: SLI, deployedAt: DEPLOYED_AT, step: STEP, scale: "additive", design });
  const [sli] = analyze([{ plan, inputs: [{ sli: SLI.id, series, warnings: [] }] }]).slis;
  if (sli === undefined) throw new Error("an analysis without a result");
  return sli;
}
