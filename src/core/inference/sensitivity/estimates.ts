import type { Matrix } from "ml-matrix";
import { bilinear } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";

/**
 * Event-study coefficients in order of time without the reference period, which lies between the last pre and the first
 * post one; periods are one step apart.
 */
export interface EventStudyEstimates {
  readonly coefficients: readonly number[];
  readonly covariance: Matrix;
  /** Number of coefficients before the reference period. */
  readonly pre: number;
  /** Weights of the post coefficients in the effect of interest. */
  readonly target: readonly number[];
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Refuses sizes that do not fit, missing numbers, no pre or no post period. */
export function checkEstimates(estimates: EventStudyEstimates): Outcome<null> {
  const { coefficients, covariance, pre, target } = estimates;
  if (pre < 1) {
    return refuse("TOO_FEW_PERIODS", "Sensitivity to pre-trends needs at least one lead.", "Give earlier periods.", {
      pre,
    });
  }
  const sizes = [pre + target.length, covariance.rows, covariance.columns];
  if (target.length < 1 || sizes.some((size) => size !== coefficients.length)) {
    return refuse(
      "NOT_ESTIMABLE",
      `There are ${coefficients.length} coefficients for ${pre} pre and ${target.length} post periods.`,
      "Give one coefficient per period but the reference one, and a covariance matrix of that size.",
      { coefficients: coefficients.length, pre, post: target.length },
    );
  }
  const numbers = [...coefficients, ...covariance.to1DArray(), ...target];
  if (numbers.some((value) => !Number.isFinite(value))) {
    return refuse("NOT_FINITE", "A coefficient or covariance is missing or infinite.", "Leave that period out.");
  }
  if (!(targetVariance(estimates) > 0)) {
    return refuse("NO_VARIATION", "The effect of interest has no variance.", "Use an error that can be estimated.");
  }
  return answer(null);
}

export function targetValue({ coefficients, pre, target }: EventStudyEstimates): number {
  return target.reduce((total, weight, k) => total + weight * (coefficients[pre + k] ?? Number.NaN), 0);
}

export function targetVariance({ coefficients, covariance, pre, target }: EventStudyEstimates): number {
  const weights = coefficients.map((_, k) => (k < pre ? 0 : (target[k - pre] ?? 0)));
  return bilinear(weights, covariance, weights);
}

/** First differences of the pre path, the last one to the reference period's zero. */
export function preDifferences({ coefficients, pre }: EventStudyEstimates): number[] {
  const path = [...coefficients.slice(0, pre), 0];
  return path.slice(1).map((value, k) => value - (path[k] ?? 0));
}
