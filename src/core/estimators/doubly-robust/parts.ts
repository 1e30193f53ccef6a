import type { InfluenceEstimate, Prepared } from "./sample.ts";

/** A fitted model that enters an estimate: its fit, and how the error of its coefficients moves the estimate. */
export interface Nuisance {
  readonly coefficients: readonly number[];
  /** Influence of every row on direction' b. */
  influence(direction: readonly number[]): Float64Array;
}

/**
 * Weighted mean with its influences.
 *
 * Formula: eta = sum w z / sum w; influence w (z - eta) / mean(w).
 */
export function weightedMeanEstimate(weights: Float64Array, values: Float64Array): InfluenceEstimate {
  const n = weights.length;
  let [total, sum] = [0, 0];
  for (let i = 0; i < n; i++) {
    const w = weights[i] ?? 0;
    total += w;
    sum += w * (values[i] ?? 0);
  }
  const estimate = sum / total;
  const influence = weights.map((w, i) => (w * ((values[i] ?? 0) - estimate) * n) / total);
  return { estimate, influence };
}

/** sum w z x / sum w for every column x; z left out: 1. */
export function weightedColumnMeans(sample: Prepared, weights: Float64Array, values?: Float64Array): number[] {
  let total = 0;
  for (const w of weights) total += w;
  return sample.design.map((column) => {
    let sum = 0;
    for (let i = 0; i < column.length; i++) {
      sum += (weights[i] ?? 0) * (values ? (values[i] ?? 0) : 1) * (column[i] ?? 0);
    }
    return sum / total;
  });
}

/** a - b, element by element. */
export function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] ?? 0));
}

export function subtract(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, j) => value - (b[j] ?? 0));
}

/** target += factor * part, in place. */
export function accumulate(target: Float64Array, factor: number, part: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (part[i] ?? 0);
}

/** sum of factor * estimate, influences included. */
export function combine(parts: readonly (readonly [number, InfluenceEstimate])[]): InfluenceEstimate {
  const influence = new Float64Array(parts[0]?.[1].influence.length ?? 0);
  let estimate = 0;
  for (const [factor, part] of parts) {
    estimate += factor * part.estimate;
    accumulate(influence, factor, part.influence);
  }
  return { estimate, influence };
}
