import type { Interval } from "./binomial.ts";
import { gammaQuantile, gammaTails, gammaUpperQuantile } from "./gamma.ts";
import { deviancePart, stirlingError } from "./stirling.ts";

/**
 * P(X = k) for a Poisson count with the given mean.
 *
 * Formula: exp(-stirlingError(k) - deviancePart(k, mean)) / sqrt(2 pi k).
 * Source: Loader 2000.
 */
export function poissonPmf(k: number, mean: number): number {
  if (!Number.isInteger(k) || k < 0) return 0;
  if (mean === 0) return k === 0 ? 1 : 0;
  if (k === 0) return Math.exp(-mean);
  return Math.exp(-stirlingError(k) - deviancePart(k, mean)) / Math.sqrt(2 * Math.PI * k);
}

/** P(X <= k) = Q(k + 1, mean). */
export function poissonCdf(k: number, mean: number): number {
  return k < 0 ? 0 : gammaTails(Math.floor(k) + 1, mean).upper;
}

/** P(X > k) = P(k + 1, mean). */
export function poissonSf(k: number, mean: number): number {
  return k < 0 ? 1 : gammaTails(Math.floor(k) + 1, mean).lower;
}

/**
 * Exact interval of a Poisson mean from one count with two-sided level 1 - alpha.
 *
 * Formula: alpha/2 quantile of Gamma(k) and upper alpha/2 quantile of Gamma(k + 1).
 * Source: Garwood 1936.
 */
export function poissonInterval(k: number, alpha: number): Interval {
  return {
    low: k === 0 ? 0 : gammaQuantile(alpha / 2, k),
    high: gammaUpperQuantile(alpha / 2, k + 1),
  };
}
