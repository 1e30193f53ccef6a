import {
  type ArModel,
  type ContrastPiece,
  type ImpulseResponse,
  impulseResponse,
  shockLoadings,
} from "../estimators/did-ar.ts";
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

export function binsOf(
  series: Float64Array,
  preEnd: number,
  ranges: readonly { readonly from: number; readonly to: number }[],
): Bin[] {
  const reference = meanBetween(series, 0, preEnd);
  return ranges.map(({ from, to }) => ({ from, to, estimate: meanBetween(series, from, to) - reference }));
}

/** Weights of (mean of the bin - mean of the pre window). */
export function binContrast(bin: { readonly from: number; readonly to: number }, preEnd: number): ContrastPiece[] {
  return [
    { from: bin.from, to: bin.to, weight: 1 / (bin.to - bin.from) },
    { from: 0, to: preEnd, weight: -1 / preEnd },
  ];
}

/** Shock loadings of several contrasts under an autoregression of a series on [0, length). */
export function loadingsOf(
  model: ArModel,
  length: number,
  contrasts: readonly (readonly ContrastPiece[])[],
): { readonly response: ImpulseResponse; readonly loadings: Float64Array[] } {
  const response = impulseResponse(model, length);
  return { response, loadings: contrasts.map((pieces) => shockLoadings(response, pieces, length)) };
}
