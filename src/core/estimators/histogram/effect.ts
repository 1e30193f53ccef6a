import type { Bucket } from "../../panel/histogram.ts";
import { histogramQuantile, histogramShare } from "../../panel/histogram.ts";

/** Cumulative counts of treated and control units before and after, over one ascending list of bounds ending in +Inf. */
export interface FourHistograms {
  readonly bounds: readonly number[];
  readonly controlPre: Float64Array;
  readonly controlPost: Float64Array;
  readonly treatedPre: Float64Array;
  readonly treatedPost: Float64Array;
}

/** `cdf`: the share below each bound moves in parallel; `cic`: each latency moves as the controls' of its size did. */
export type HistogramMethod = "cdf" | "cic";

export interface HistogramEffect {
  /** Treated quantile after the treatment, as it was. */
  readonly observed: readonly number[];
  /** And as it would have been without the treatment. */
  readonly counterfactual: readonly number[];
  /** Counterfactual share at or below each bound. */
  readonly shares: Float64Array;
}

/**
 * Quantiles of the treated after the treatment and without it, from buckets only.
 *
 * Formula: `cdf`: F = F10 + (F01 - F00) at each bound, limited to [0, 1] and made non-decreasing by a running maximum;
 * `cic`: F(y) = F10(F00^-1(F01(y))) at each bound, with straight lines inside buckets. Quantiles by linear
 * interpolation inside buckets.
 * Assumes: `cdf`: parallel trends of the shares below each bound; `cic`: as changes-in-changes. Observations spread
 * evenly inside buckets; a quantile in the last bucket is its lower bound.
 * Complexity: O(buckets). Units: those of the bounds.
 * Source: Athey and Imbens 2006, Econometrica 74(2); Roth and Sant'Anna 2023, Econometrica 91 (distributional parallel
 * trends); Prometheus' `histogram_quantile`.
 */
export function histogramEffect(
  histograms: FourHistograms,
  probabilities: readonly number[],
  method: HistogramMethod,
): HistogramEffect {
  const { bounds } = histograms;
  const shares = method === "cdf" ? parallelShares(histograms) : movedShares(histograms);
  const quantiles = (cumulative: Float64Array): number[] => {
    const buckets: Bucket[] = bounds.map((le, k) => ({ le, count: cumulative[k] ?? Number.NaN }));
    return probabilities.map((p) => histogramQuantile(p, buckets));
  };
  return { observed: quantiles(histograms.treatedPost), counterfactual: quantiles(shares), shares };
}

function sharesOf(cumulative: Float64Array): Float64Array {
  const total = cumulative.at(-1) ?? Number.NaN;
  return cumulative.map((count) => count / total);
}

function parallelShares({ controlPre, controlPost, treatedPre }: FourHistograms): Float64Array {
  const [before, after, own] = [sharesOf(controlPre), sharesOf(controlPost), sharesOf(treatedPre)];
  let highest = 0;
  return own.map((share, k) => {
    const moved = share + ((after[k] ?? 0) - (before[k] ?? 0));
    highest = Math.max(highest, Math.min(1, moved));
    return highest;
  });
}

function movedShares({ bounds, controlPre, controlPost, treatedPre }: FourHistograms): Float64Array {
  const [before, after, own] = [sharesOf(controlPre), sharesOf(controlPost), sharesOf(treatedPre)];
  const buckets = bounds.map((le, k) => ({ le, count: own[k] ?? Number.NaN }));
  const last = bounds.length - 1;
  return after.map((share, k) => {
    if (k === last) return 1;
    return histogramShare(valueAt(before, bounds, share), buckets);
  });
}

/** Lower end of a bucket: zero for the first one when its bound is positive. */
function lowerEnd(bounds: readonly number[], k: number): number {
  return k === 0 ? Math.min(0, bounds[0] ?? 0) : (bounds[k - 1] ?? Number.NaN);
}

/** Smallest value with that share at or below it; the highest finite bound for shares that only +Inf reaches. */
function valueAt(shares: Float64Array, bounds: readonly number[], share: number): number {
  const k = shares.findIndex((value) => value >= share);
  if (k < 0 || k >= bounds.length - 1) return bounds.at(-2) ?? Number.NaN;
  const from = k === 0 ? 0 : (shares[k - 1] ?? 0);
  const width = (shares[k] ?? 0) - from;
  const low = lowerEnd(bounds, k);
  return width > 0 ? low + (((bounds[k] ?? 0) - low) * (share - from)) / width : (bounds[k] ?? Number.NaN);
}
