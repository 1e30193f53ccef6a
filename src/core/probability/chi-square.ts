import { gammaQuantile, gammaTails, gammaUpperQuantile } from "./gamma.ts";

/** P(X <= x) for chi-square with real k > 0 degrees of freedom: P(k / 2, x / 2). */
export function chiSquareCdf(x: number, k: number): number {
  return x <= 0 ? 0 : gammaTails(0.5 * k, 0.5 * x).lower;
}

/** P(X > x), with relative accuracy in the upper tail. */
export function chiSquareSf(x: number, k: number): number {
  return x <= 0 ? 1 : gammaTails(0.5 * k, 0.5 * x).upper;
}

/** x with P(X <= x) = p. */
export function chiSquareQuantile(p: number, k: number): number {
  return 2 * gammaQuantile(p, 0.5 * k);
}

/** x with P(X > x) = p; use it for small upper tails. */
export function chiSquareUpperQuantile(p: number, k: number): number {
  return 2 * gammaUpperQuantile(p, 0.5 * k);
}
