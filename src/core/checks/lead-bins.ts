import { type ContrastPiece, impulseResponse, type ImpulseResponse, shockLoadings } from "../estimators/did-ar.ts";
import type { DidFit } from "../estimators/did.ts";
import { meanBetween } from "../panel/panel.ts";

/** A run of grid steps and how far its mean gap is from the pre mean. */
export interface Bin {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** NaN when nothing was observed. */
  readonly estimate: number;
}

/** Splits [from, to) into at most `most` bins of (nearly) equal length, each of at least `shortest` steps. */
export function equalBins(from: number, to: number, most: number, shortest: number): { from: number; to: number }[] {
  const count = Math.max(1, Math.min(most, Math.floor((to - from) / shortest)));
  return Array.from({ length: count }, (_, b) => ({
    from: from + Math.round((b * (to - from)) / count),
    to: from + Math.round(((b + 1) * (to - from)) / count),
  }));
}

export function binsOf(fit: DidFit, ranges: readonly { readonly from: number; readonly to: number }[]): Bin[] {
  const reference = meanBetween(fit.gap, 0, fit.window.preEnd);
  return ranges.map(({ from, to }) => ({ from, to, estimate: meanBetween(fit.gap, from, to) - reference }));
}

/** Weights of (mean of the bin - mean of the pre window). */
export function binContrast(bin: { readonly from: number; readonly to: number }, preEnd: number): ContrastPiece[] {
  return [
    { from: bin.from, to: bin.to, weight: 1 / (bin.to - bin.from) },
    { from: 0, to: preEnd, weight: -1 / preEnd },
  ];
}

/** Shock loadings of several contrasts under the gap's autoregression; null without one. */
export function loadingsOf(
  fit: DidFit,
  contrasts: readonly (readonly ContrastPiece[])[],
): { readonly response: ImpulseResponse; readonly loadings: Float64Array[] } | null {
  const model = fit.time?.model ?? null;
  if (model === null) return null;
  const response = impulseResponse(model, fit.window.end);
  return { response, loadings: contrasts.map((pieces) => shockLoadings(response, pieces, fit.window.end)) };
}
