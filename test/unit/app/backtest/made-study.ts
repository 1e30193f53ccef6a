import type { KnownHistory } from "../../../../src/app/backtest/known.ts";
import type { Study } from "../../../../src/app/backtest/study.ts";
import type { Series } from "../../../../src/core/panel/series.ts";
import type { Margin } from "../../../../src/core/plan.ts";
import { DEPLOYED_AT, LATENCY, noise, planWith } from "../../core/generated.ts";

export const HOUR = 3600;
export const STEP = 600;
export const NOTHING: KnownHistory = { deployments: [], sources: ["file"], exclusions: [], since: null, notes: [] };

export interface MadeWorld {
  readonly days: number;
  readonly treated?: number;
  readonly controls?: number;
  readonly phi?: number;
  /** Standard deviation of the treated units' noise over that of the controls. */
  readonly treatedNoise?: number;
  /** Noise of the first control over that of the others, fresh in every step. */
  readonly wild?: number;
  /** Added to the treated units from an instant on. */
  readonly change?: { readonly at: number; readonly size: number };
  readonly margin?: Margin;
  readonly known?: KnownHistory;
  readonly post?: number;
}

/** Ten-minute steps, level 100, unit noise with standard deviation 1; pre 12 h, settle one step, post one hour. */
export function madeStudy(seed: number, world: MadeWorld): Study {
  const { days, treated = 2, controls = 5, phi = 0, post = HOUR } = world;
  const steps = (days * 24 * HOUR) / STEP;
  const { path, normal } = noise(seed);
  const times = Float64Array.from({ length: steps }, (_, i) => DEPLOYED_AT + i * STEP);
  const series = Array.from({ length: treated + controls }, (_, u): Series => {
    const isTreated = u < treated;
    const scale = isTreated ? (world.treatedNoise ?? 1) : 1;
    const own = path(steps, phi).map((x) => 100 + scale * x * Math.sqrt(1 - phi * phi));
    const values = Float64Array.from(own, (x, i) => {
      const wild = u === treated && world.wild !== undefined ? world.wild * normal() : 0;
      const changed = isTreated && world.change !== undefined && (times[i] ?? 0) >= world.change.at;
      return x + wild + (changed ? (world.change?.size ?? 0) : 0);
    });
    const group = isTreated ? "treated" : "control";
    return { unit: isTreated ? `t${u}` : `c${u - treated}`, group, component: "value", times, values };
  });
  const margin = world.margin ?? { type: "absolute", value: 2, text: "2" };
  return {
    ...{
      origin: DEPLOYED_AT,
      grid: STEP,
      from: DEPLOYED_AT,
      to: DEPLOYED_AT + steps * STEP,
      alpha: 0.05,
      seed,
      notes: [],
    },
    parts: [
      {
        plan: planWith({ slis: [{ ...LATENCY, margin }], window: { step: STEP, settle: STEP } }),
        windows: { pre: 12 * HOUR, settle: STEP, post, step: STEP },
        rollOut: 0,
        inputs: [{ sli: LATENCY.id, series, warnings: [] }],
      },
    ],
    known: world.known ?? NOTHING,
  };
}

export const SILENT = { debug: () => undefined, info: () => undefined, warning: () => undefined };
