import type { PanelWindow } from "../panel/panel.ts";
import {
  type ArModel,
  autocovarianceSummary,
  type ContrastPiece,
  contrastCovariance,
  fitAr,
  type ImpulseResponse,
  impulseResponse,
  shockLoadings,
  shockLoadingsOf,
} from "./did-ar.ts";

/** Variance of mean(post) - mean(pre) of one series from its own past. */
export interface TimeVariance {
  readonly variance: number;
  readonly dof: number;
  /** null when the placebo windows were used. */
  readonly model: ArModel | null;
}

/** Weights of mean(post) - mean(pre) on the grid; settle steps weigh nothing. */
export function deployContrast(window: PanelWindow): ContrastPiece[] {
  const { preEnd, postStart, end } = window;
  return [
    { from: 0, to: preEnd, weight: -1 / preEnd },
    { from: postStart, to: end, weight: 1 / (end - postStart) },
  ];
}

/**
 * Doubt from time (docs/method.md section 3 step 4): the autoregression, else the mean square of all placebo windows.
 *
 * `size` is the typical magnitude of the raw series, only used to tell a constant series from rounding noise.
 * `stepWeights` replaces equal weights when cells count differently (ratios); it must hold one weight per step, pre
 * summing to -1 and post to 1. Returns null when neither way gives a number.
 */
export function timeVariance(
  gap: Float64Array,
  window: PanelWindow,
  size: number,
  stepWeights: Float64Array | null = null,
): TimeVariance | null {
  const model = fitAr(gap, window.preEnd, size);
  const fromModel = model === null ? null : arVariance(model, window, stepWeights);
  return fromModel ?? placeboVariance(gap, window, size);
}

/** dof = n gamma_0 / long-run variance - 1, at least 1, at most n - 1. */
function arVariance(model: ArModel, window: PanelWindow, stepWeights: Float64Array | null): TimeVariance | null {
  const response = impulseResponse(model, window.end);
  const loadings =
    stepWeights === null
      ? shockLoadings(response, deployContrast(window), window.end)
      : shockLoadingsOf(response, stepWeights);
  const variance = contrastCovariance(response, loadings, loadings);
  if (!Number.isFinite(variance) || variance <= 0) return null;
  return { variance, dof: effectiveDof(model, response, window.end), model };
}

export function effectiveDof(model: ArModel, response: ImpulseResponse, length: number): number {
  const { gamma0, longRun } = autocovarianceSummary(response, length);
  const dof = (model.n * gamma0) / Math.max(longRun, 1e-9 * gamma0) - 1;
  return Math.min(Math.max(1, dof), model.n - 1);
}

/**
 * Mean square over all windows of the post length inside the pre period of (mean inside - mean of the rest), rescaled
 * from R - P to R rest steps; dof R/P - 1.
 */
function placeboVariance(gap: Float64Array, window: PanelWindow, size: number): TimeVariance | null {
  const preSteps = window.preEnd;
  const postSteps = window.end - window.postStart;
  if (preSteps <= postSteps) return null;
  const effects = placeboWindowEffects(gap, preSteps, postSteps);
  if (effects.length === 0) return null;
  let sum = 0;
  for (const effect of effects) sum += effect * effect;
  const meanSquare = sum / effects.length;
  const rescale = (1 / postSteps + 1 / preSteps) / (1 / postSteps + 1 / (preSteps - postSteps));
  const negligible = Math.sqrt(meanSquare) <= 1e-12 * size;
  return {
    variance: negligible ? 0 : meanSquare * rescale,
    dof: Math.max(1, preSteps / postSteps - 1),
    model: null,
  };
}

/** (mean inside - mean of the rest) for every placebo window with at least half of its steps observed. */
export function placeboWindowEffects(gap: Float64Array, preSteps: number, postSteps: number): number[] {
  const sums = new Float64Array(preSteps + 1);
  const counts = new Float64Array(preSteps + 1);
  const origin = firstFinite(gap, preSteps);
  for (let t = 0; t < preSteps; t++) {
    const value = gap[t] as number;
    const finite = Number.isFinite(value);
    sums[t + 1] = (sums[t] as number) + (finite ? value - origin : 0);
    counts[t + 1] = (counts[t] as number) + (finite ? 1 : 0);
  }
  const total = sums[preSteps] as number;
  const count = counts[preSteps] as number;
  const effects: number[] = [];
  for (let a = 0; a + postSteps <= preSteps; a++) {
    const inside = (sums[a + postSteps] as number) - (sums[a] as number);
    const n = (counts[a + postSteps] as number) - (counts[a] as number);
    if (n < Math.max(1, Math.floor(postSteps / 2)) || count - n < 1) continue;
    effects.push(inside / n - (total - inside) / (count - n));
  }
  return effects;
}

/** Sums are taken from here, so that a large level does not eat the digits of a small spread. */
function firstFinite(x: Float64Array, end: number): number {
  for (let t = 0; t < end; t++) if (Number.isFinite(x[t] as number)) return x[t] as number;
  return 0;
}
