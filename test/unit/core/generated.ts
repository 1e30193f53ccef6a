import { randomStream } from "../../../src/core/inference/random.ts";
import type { Panel } from "../../../src/core/panel/panel.ts";
import type { Series } from "../../../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../../../src/core/plan.ts";

/** Made data for tests of the core: seeded noise, panels on a grid, and the plans and series that go with them. */

/** 2026-01-01T00:00:00Z, the deploy of every made panel. */
export const DEPLOYED_AT = 1767225600;
export const STEP = 60;

export interface Noise {
  /** Standard normal. */
  normal(): number;
  uniform(): number;
  /** `length` values of an AR(1) with unit innovations, started in its past. */
  path(length: number, phi: number): number[];
}

export function noise(seed: number): Noise {
  const stream = randomStream(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - stream.next())) * Math.cos(2 * Math.PI * stream.next());
  return {
    normal,
    uniform: () => stream.next(),
    path: (length, phi) => {
      const values: number[] = [];
      let last = normal() / Math.sqrt(1 - phi * phi);
      for (let t = 0; t < length; t++) {
        last = phi * last + normal();
        values.push(last);
      }
      return values;
    },
  };
}

export interface MadePanel {
  readonly treated: number;
  readonly controls: number;
  readonly pre: number;
  readonly post: number;
  readonly settle?: number;
  /** Autocorrelation of the units' own noise. */
  readonly phi?: number;
  /** Standard deviation of the innovations of the units' own noise. */
  readonly sd?: number;
  /** Added to the treated units after the deploy. */
  readonly effect?: number;
  /** Added to every unit at step t. */
  readonly common?: (t: number) => number;
  readonly level?: (unit: number) => number;
}

/** Rows of a made panel, treated units first. */
export function madeRows(seed: number, shape: MadePanel): number[][] {
  const { normal, path } = noise(seed);
  const { treated, controls, pre, post, settle = 0, phi = 0, sd = 1, effect = 0 } = shape;
  const steps = pre + settle + post;
  const shared = Array.from({ length: steps }, () => normal());
  return Array.from({ length: treated + controls }, (_, u) => {
    const own = path(steps, phi);
    const level = shape.level?.(u) ?? 50 + 5 * u;
    return own.map((value, t) => {
      const common = shape.common?.(t) ?? (shared[t] as number);
      return level + common + sd * value + (u < treated && t >= pre ? effect : 0);
    });
  });
}

export interface PanelShape {
  readonly treated: number;
  readonly pre: number;
  readonly settle?: number;
  readonly weights?: readonly (readonly number[])[];
}

export function unitName(index: number, treated: number): string {
  return index < treated ? `t${String(index + 1)}` : `c${String(index + 1 - treated).padStart(2, "0")}`;
}

/** A panel of rows, treated units first. */
export function panelOf(rows: readonly (readonly number[])[], shape: PanelShape): Panel {
  const steps = rows[0]?.length ?? 0;
  return {
    start: DEPLOYED_AT - shape.pre * STEP,
    step: STEP,
    steps,
    units: rows.map((_, u) => unitName(u, shape.treated)),
    treated: rows.map((_, u) => u < shape.treated),
    values: Float64Array.from(rows.flat()),
    weights: shape.weights === undefined ? null : Float64Array.from(shape.weights.flat()),
    preEnd: shape.pre,
    postStart: shape.pre + (shape.settle ?? 0),
  };
}

/** One series of values per unit; NaN stays in the series, as a source would return it. */
export function seriesOf(
  rows: readonly (readonly number[])[],
  shape: PanelShape & { readonly component?: Series["component"] },
): Series[] {
  return rows.map((row, u) => ({
    unit: unitName(u, shape.treated),
    group: u < shape.treated ? "treated" : "control",
    component: shape.component ?? "value",
    times: Float64Array.from(row, (_, t) => DEPLOYED_AT + (t - shape.pre) * STEP),
    values: Float64Array.from(row),
    ...(shape.weights === undefined ? {} : { weights: Float64Array.from(shape.weights[u] ?? []) }),
  }));
}

export const LATENCY: SliPlan = {
  id: "latency",
  kind: "gauge",
  direction: "up",
  role: "guardrail",
  margin: { type: "absolute", value: 0, text: "0" },
};

export type PlanChanges = Partial<Omit<AnalysisPlan, "window">> & { readonly window?: Partial<AnalysisPlan["window"]> };

export function planWith(changes: PlanChanges): AnalysisPlan {
  return {
    service: null,
    slis: [LATENCY],
    asOf: DEPLOYED_AT + 10 * 86400,
    alpha: 0.05,
    inference: "precision-weighted",
    scale: "auto",
    design: "auto",
    seed: 1,
    treatedUnits: [],
    excludedUnits: [],
    clusters: {},
    exclusions: [],
    otherDeployments: null,
    exposure: null,
    configChanged: null,
    notes: {},
    ...changes,
    window: { deployedAt: DEPLOYED_AT, step: STEP, preStart: null, settle: 0, postEnd: null, ...changes.window },
  };
}
