import { normalSf } from "../../probability/normal.ts";

/** Fewer pairs of differences say nothing. */
const FEWEST = 20;

export interface Likeness {
  /** Correlation of rows that are next to each other, once a smooth curve is out; 0 for independent rows. */
  readonly correlation: number;
  /** Of no correlation, against a positive one. */
  readonly pValue: number;
}

/**
 * Are rows next to each other alike, so that an error for independent rows is too small?
 *
 * Formula: r = correlation of consecutive differences y_i - y_(i-1) in the order of the running variable, which is -1/2 for
 * independent rows and -(1 - rho)/2 for rho between neighbours; rho = 1 + 2 r, z = (r + 1/2) / sqrt(1 / (2 n)). A smooth curve
 * hardly moves between neighbours and leaves r alone.
 * Assumes: rows of a side ascend in the running variable. null with fewer than 20 pairs.
 * Source: von Neumann 1941 for the differences; Bartlett 1946 for the variance.
 */
export function likeness(below: Float64Array, above: Float64Array): Likeness | null {
  let [products, squares, pairs] = [0, 0, 0];
  for (const y of [below, above]) {
    for (let i = 2; i < y.length; i++) {
      const [before, now] = [(y[i - 1] ?? 0) - (y[i - 2] ?? 0), (y[i] ?? 0) - (y[i - 1] ?? 0)];
      products += before * now;
      squares += (before * before + now * now) / 2;
      pairs++;
    }
  }
  if (pairs < FEWEST || !(squares > 0)) return null;
  const r = products / squares;
  return { correlation: 1 + 2 * r, pValue: normalSf((r + 0.5) * Math.sqrt(2 * pairs)) };
}
