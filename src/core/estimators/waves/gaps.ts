import { lagResidual } from "../../linalg/lags.ts";
import { meanBetween, type Panel, type PanelWindow } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import { type ArModel, fitAr } from "../did-ar.ts";
import { type ControlPath, controlPath, meanResiduals, totalWeights } from "../did-path.ts";

/** Some units less the path of some controls, on [0, end). */
export interface Gap {
  readonly values: Float64Array;
  /** Cell weight of its units per step; null when cells count alike. */
  readonly totals: Float64Array | null;
  readonly preEnd: number;
  /** Mean before the first wave. */
  readonly reference: number;
  /** Autoregression before the first wave; null: the gap never moved there, or was seen on too few steps. */
  readonly model: () => ArModel | null;
  /** What the autoregression did not foresee, per step before the first wave; NaN where a lag is missing. */
  readonly innovations: () => Float64Array;
}

export interface GapSample {
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly levels: Float64Array;
  readonly scale: Scale;
  readonly size: number;
  /** Precision weight by panel unit. */
  readonly weights: ReadonlyMap<number, number>;
}

export interface Gaps {
  readonly path: (controls: readonly number[]) => ControlPath;
  readonly of: (units: readonly number[], controls: readonly number[]) => Gap;
}

/** Gaps of one sample, each computed once: the same comparison serves many contrasts. */
export function gapsOf(sample: GapSample): Gaps {
  const { panel, window, levels, scale } = sample;
  const paths = new Map<string, ControlPath>();
  const gaps = new Map<string, Gap>();
  const path = (controls: readonly number[]): ControlPath => {
    const key = controls.join();
    const known = paths.get(key);
    if (known !== undefined) return known;
    const weights = controls.map((u) => sample.weights.get(u) ?? 1);
    const made = controlPath(panel, window, controls, weights, levels, scale);
    paths.set(key, made);
    return made;
  };
  const of = (units: readonly number[], controls: readonly number[]): Gap => {
    const key = `${units.join()}|${controls.join()}`;
    const known = gaps.get(key);
    if (known !== undefined) return known;
    const made = gapOf(sample, units, path(controls));
    gaps.set(key, made);
    return made;
  };
  return { path, of };
}

function gapOf({ panel, window, size }: GapSample, units: readonly number[], path: ControlPath): Gap {
  const values = meanResiduals(panel, window, units, path);
  const totals = totalWeights(panel, window, units);
  const { preEnd } = window;
  const model = once(() => fitAr(values, preEnd, size));
  return {
    values,
    totals,
    preEnd,
    reference: meanBetween(values, 0, preEnd, totals),
    model,
    innovations: once(() => innovationsOf(values, preEnd, model())),
  };
}

function innovationsOf(values: Float64Array, preEnd: number, model: ArModel | null): Float64Array {
  const found = new Float64Array(preEnd).fill(Number.NaN);
  if (model === null) return found;
  const mean = meanBetween(values, 0, preEnd);
  const centred = values.slice(0, preEnd).map((value) => value - mean);
  const phi = Float64Array.from(model.phi);
  for (let t = phi.length; t < preEnd; t++) found[t] = lagResidual(centred, phi, t);
  return found;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
