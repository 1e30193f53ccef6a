import { normalQuantile, normalSf } from "./normal.ts";

/**
 * x with P(Z <= x | low <= Z <= high) = p for a standard normal Z, with relative accuracy in both tails.
 *
 * Formula: the quantile of a mixture of the limits' tail probabilities, taken in the tail in which they lie; where those
 * underflow, the exponential tail low - log(1 - p (1 - e^{-low (high - low)}))/low.
 */
export function truncatedNormalQuantile(p: number, low: number, high: number): number {
  if (!(high > low)) return low;
  if (low > 0) {
    const upper = upperTail(low);
    if (upper === 0) {
      const width = high - low;
      return low - Math.log1p(p * Math.expm1(-low * width)) / low;
    }
    return Math.min(Math.max(-normalQuantile(upper + p * (upperTail(high) - upper)), low), high);
  }
  if (high < 0) return -truncatedNormalQuantile(1 - p, -high, -low);
  const below = upperTail(-low);
  const middle = below + p * (upperTail(-high) - below);
  if (middle <= 0.5) return Math.min(Math.max(normalQuantile(middle), low), high);
  const above = upperTail(high) + (1 - p) * (upperTail(low) - upperTail(high));
  return Math.min(Math.max(-normalQuantile(above), low), high);
}

function upperTail(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  return x === Number.NEGATIVE_INFINITY ? 1 : normalSf(x);
}
