import { betaQuantile, betaTails, betaUpperQuantile } from "./beta.ts";
import type { Tails } from "./gamma.ts";
import { deviancePart, stirlingError } from "./stirling.ts";

/**
 * P(X = k) for k successes in n trials with probability p.
 *
 * Formula: saddle-point expansion, accurate to double precision for every n.
 * Source: Loader 2000.
 */
export function binomialPmf(k: number, n: number, p: number): number {
  if (!Number.isInteger(k) || k < 0 || k > n) return 0;
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const exponent =
    stirlingError(n) -
    stirlingError(k) -
    stirlingError(n - k) -
    deviancePart(k, n * p) -
    deviancePart(n - k, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/** P(X <= k) and P(X > k). */
function binomialTails(k: number, n: number, p: number): Tails {
  const successes = Math.floor(k);
  if (successes < 0) return { lower: 0, upper: 1 };
  if (successes >= n) return { lower: 1, upper: 0 };
  const tails = betaTails(successes + 1, n - successes, p);
  return { lower: tails.upper, upper: tails.lower };
}

/** P(X <= k). */
export function binomialCdf(k: number, n: number, p: number): number {
  return binomialTails(k, n, p).lower;
}

/** P(X > k). */
export function binomialSf(k: number, n: number, p: number): number {
  return binomialTails(k, n, p).upper;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Exact interval of a binomial proportion with two-sided level 1 - alpha.
 *
 * Formula: alpha/2 quantile of Beta(k, n - k + 1) and upper alpha/2 quantile of Beta(k + 1, n - k).
 * Source: Clopper and Pearson 1934.
 */
export function clopperPearson(k: number, n: number, alpha: number): Interval {
  return {
    low: k === 0 ? 0 : betaQuantile(alpha / 2, k, n - k + 1),
    high: k === n ? 1 : betaUpperQuantile(alpha / 2, k + 1, n - k),
  };
}
