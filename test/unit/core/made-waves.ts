import type { SliSeries } from "../../../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../../../src/core/plan.ts";
import { DEPLOYED_AT, noise, planWith, STEP } from "./generated.ts";

/** Made data of a roll-out in waves: units follow one path, each with its own noise; waves are `between` steps apart. */
export interface MadeWaves {
  readonly seed?: number;
  readonly waves: number;
  readonly perWave: number;
  readonly never: number;
  readonly pre?: number;
  readonly between?: number;
  readonly post?: number;
  readonly settle?: number;
  readonly phi?: number;
  readonly sd?: number;
  /** Added to a deployed unit, by wave (from 0) and steps since its own deploy. */
  readonly effect?: (wave: number, since: number) => number;
  /** Added to a unit at step t counted from the first deploy; for drifts and spill-over. */
  readonly own?: (unit: string, t: number) => number;
}

export interface WavesMade {
  readonly plan: AnalysisPlan;
  readonly input: SliSeries;
  readonly times: Readonly<Record<string, number>>;
  readonly rows: ReadonlyMap<string, readonly number[]>;
}

const SLI: SliPlan = {
  id: "p95-latency",
  kind: "gauge",
  direction: "up",
  role: "primary",
  margin: { type: "relative", value: 0.05, text: "5%" },
};

export function madeWaves(shape: MadeWaves): WavesMade {
  const { waves, perWave, never, pre = 360, between = 20, post = 60, settle = 5, phi = 0.5, sd = 1 } = shape;
  const { normal, path } = noise(shape.seed ?? 1);
  const steps = pre + (waves - 1) * between + settle + post;
  const shared = Array.from({ length: steps }, (_, t) => 8 * Math.sin((2 * Math.PI * t) / 720) + 0.5 * normal());
  const times: Record<string, number> = {};
  const rows = new Map<string, readonly number[]>();
  for (let u = 0; u < waves * perWave + never; u++) {
    const wave = Math.floor(u / perWave);
    const isTreated = wave < waves;
    const unit = isTreated ? `eu-${u + 1}` : `us-${u + 1 - waves * perWave}`;
    if (isTreated) times[unit] = DEPLOYED_AT + wave * between * STEP;
    const ripple = path(steps, phi);
    const values = ripple.map((value, t) => {
      const since = t - pre - wave * between;
      const added = isTreated && since >= 0 ? (shape.effect?.(wave, since) ?? 0) : 0;
      return 100 + 2 * u + (shared[t] ?? 0) + sd * value + added + (shape.own?.(unit, t - pre) ?? 0);
    });
    rows.set(unit, values);
  }
  const series = [...rows].map(([unit, values]) => ({
    unit,
    group: times[unit] === undefined ? ("control" as const) : ("treated" as const),
    component: "value" as const,
    times: Float64Array.from(values, (_, t) => DEPLOYED_AT + (t - pre) * STEP),
    values: Float64Array.from(values),
  }));
  const last = DEPLOYED_AT + (waves - 1) * between * STEP;
  const plan = planWith({
    slis: [SLI],
    waves: times,
    window: {
      preStart: DEPLOYED_AT - pre * STEP,
      settle: settle * STEP,
      postEnd: last + (settle + post) * STEP,
    },
  });
  return { plan, input: { sli: SLI.id, series, warnings: [] }, times, rows };
}
