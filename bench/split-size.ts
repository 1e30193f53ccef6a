/**
 * False alarms, coverage and power of the design `split` on made canaries, as the design computes them.
 *
 *     npm run bench -- split-size [draws]
 *
 * Treated pods exist only after the deploy, controls before and after; 60 steps after, noise within a pod AR(1) with unit
 * variance, pods differ for good with standard deviation 1. Alarm: the 95 % interval leaves out 0 where nothing happened.
 */

import { splitEffect } from "../src/core/designs/split/effect.ts";
import { splitSample } from "../src/core/designs/split/sample.ts";
import { randomStream } from "../src/core/inference/random.ts";
import type { Series } from "../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../src/core/plan.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";
import { everyRowPlan } from "./data/every-row-plan.ts";

const [PRE, POST, STEP, AT] = [20, 60, 60, 1767225600];
const EFFECT = 2;
const SIZES: readonly (readonly [number, number])[] = [
  [1, 19],
  [2, 5],
  [2, 20],
  [3, 3],
  [3, 10],
  [4, 8],
  [5, 5],
  [5, 20],
  [10, 10],
];

interface Scenario {
  readonly name: string;
  readonly phi: number;
  /** Standard deviation of lasting differences between pods: treated, control. */
  readonly spread: readonly [number, number];
  /** Lasting differences are skewed (exponential). */
  readonly skewed?: boolean;
  /** Requests of pods differ, and the metric is a ratio. */
  readonly ratio?: boolean;
  /** One shock for all treated pods (one zone), standard deviation. */
  readonly zone?: number;
  /** Every pod has a past. */
  readonly history?: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "iid within pods", phi: 0, spread: [1, 1] },
  { name: "AR 0.7 within pods", phi: 0.7, spread: [1, 1] },
  { name: "AR 0.7, pods alike", phi: 0.7, spread: [0, 0] },
  { name: "AR 0.7, with history (CUPED)", phi: 0.7, spread: [1, 1], history: true },
  { name: "AR 0.7, treated pods differ twice as much", phi: 0.7, spread: [2, 1] },
  { name: "AR 0.7, skewed differences", phi: 0.7, spread: [1, 1], skewed: true },
  { name: "AR 0.7, ratio, traffic 1 to 4", phi: 0.7, spread: [1, 1], ratio: true },
  { name: "AR 0.7, one zone's shock on all treated (sd 0.5)", phi: 0.7, spread: [1, 1], zone: 0.5 },
];

const SLI: SliPlan = {
  id: "latency",
  kind: "gauge",
  direction: "up",
  role: "guardrail",
  margin: { type: "absolute", value: 0, text: "0" },
};

/** One treated pod is judged only where chance chose it. */
function planOf(sli: SliPlan, treated: number): AnalysisPlan {
  const chosen = { treatedShare: null, shareOf: "traffic", assignment: "random" } as const;
  const assigned = treated === 1 ? { split: chosen } : {};
  return everyRowPlan({ sli, deployedAt: AT, step: STEP, design: "split", ...assigned });
}

interface Draw {
  readonly isAlarm: boolean;
  readonly isFound: boolean;
  readonly isRefused: boolean;
}

function simulate(scenario: Scenario, [treated, control]: readonly [number, number], draws: number): Draw[] {
  const random = randomStream(11);
  const normal = (): number => normalQuantile(random.next() + 2 ** -54);
  const sli: SliPlan = scenario.ratio === true ? { ...SLI, kind: "ratio" } : SLI;
  const plan = planOf(sli, treated);
  const lasting = (side: 0 | 1): number => {
    const size = scenario.spread[side];
    return size * (scenario.skewed === true ? -Math.log(1 - random.next()) - 1 : normal());
  };
  const pods = (effect: number): Series[] => {
    const shock = (scenario.zone ?? 0) * normal();
    return Array.from({ length: treated + control }, (_, u) => {
      const isTreated = u < treated;
      const level = 50 + lasting(isTreated ? 0 : 1);
      const first = isTreated && scenario.history !== true ? 0 : -PRE;
      const traffic = scenario.ratio === true ? 100 * 4 ** random.next() : 1;
      let noise = normal();
      const values = Float64Array.from({ length: POST - first }, (_, t) => {
        noise = scenario.phi * noise + Math.sqrt(1 - scenario.phi ** 2) * normal();
        return level + noise + (isTreated && t + first >= 0 ? effect + shock : 0);
      });
      return {
        unit: `${isTreated ? "new" : "old"}-${u}`,
        group: isTreated ? "treated" : "control",
        component: "value",
        times: Float64Array.from(values, (_, t) => AT + (t + first) * STEP),
        values,
        ...(scenario.ratio === true ? { weights: Float64Array.from(values, () => traffic) } : {}),
      };
    });
  };
  const answered = (effect: number) => {
    const sample = splitSample({ plan, sli, input: { sli: sli.id, series: pods(effect), warnings: [] } });
    if (!sample.ok) throw new Error(sample.refusal.message);
    const found = splitEffect(plan, sli, sample.value);
    const interval = found.ok ? found.value.effect.interval(plan.alpha) : null;
    const { low, high } = interval ?? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    return { isAlarm: low > 0 || high < 0, isRefused: !found.ok, low };
  };
  return Array.from({ length: draws }, () => {
    const [quiet, loud] = [answered(0), answered(EFFECT)];
    return { isAlarm: quiet.isAlarm, isFound: loud.low > 0, isRefused: quiet.isRefused };
  });
}

export async function bench(): Promise<string> {
  const draws = Number(process.argv[3] ?? 1000);
  const share = (list: readonly boolean[]): string => ((100 * list.filter(Boolean).length) / list.length).toFixed(1);
  const rows = SCENARIOS.map((scenario) => {
    const cells = SIZES.map((size) => {
      const found = simulate(scenario, size, draws);
      return [found.map((one) => one.isAlarm), found.map((one) => one.isFound), found.map((one) => one.isRefused)]
        .map(share)
        .join(" / ");
    });
    return `| ${scenario.name} | ${cells.join(" | ")} |`;
  });
  return [
    `Alarms where nothing happened / an effect of ${EFFECT} found / refused, in % of ${draws} draws, by treated/control pods:`,
    "",
    `| | ${SIZES.map(([a, b]) => `${a}/${b}`).join(" | ")} |`,
    `|---|${SIZES.map(() => "---|").join("")}`,
    ...rows,
  ].join("\n");
}
