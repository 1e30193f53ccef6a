import { coefficientsOf, fittedOn, type LocalFit, type Side } from "./local-fit.ts";

export const DISCONTINUITY_VCOVS = ["nn", "hc0", "hc1", "hc2", "hc3", "cr1"] as const;
export type DiscontinuityVcov = (typeof DISCONTINUITY_VCOVS)[number];

/** Neighbours at distances that differ by less than this share are equally near. */
const EQUALLY_NEAR = 1.5e-8;

/**
 * Residuals for the variance of a linear combination of y, for rows from..to-1 of a side.
 *
 * Formula: `nn`: sqrt(J / (J + 1)) (y - mean of the J nearest others), ties included; `hc0`, `cr1`: y - fitted; `hc1` times
 * sqrt(n / (n - k)); `hc2`, `hc3` divided by sqrt(1 - leverage), 1 - leverage of the fit.
 * Source: Abadie and Imbens 2006; Calonico, Cattaneo and Titiunik 2014, Econometrica 82; MacKinnon and White 1985.
 */
export function residualsOf(
  side: Side,
  y: Float64Array,
  fit: LocalFit,
  { vcov, neighbours, from, to }: { vcov: DiscontinuityVcov; neighbours: number; from: number; to: number },
): Float64Array {
  if (vcov === "nn") return neighbourResiduals(side.x.subarray(from, to), y.subarray(from, to), neighbours);
  const fitted = fittedOn(side, fit, coefficientsOf(side, fit, y), from, to);
  const n = to - from;
  return fitted.map((value, i) => {
    const raw = (y[from + i] ?? 0) - value;
    if (vcov === "hc1") return raw * Math.sqrt(n / (n - fit.order - 1));
    if (vcov !== "hc2" && vcov !== "hc3") return raw;
    const free = Math.max(1 - leverage(side, fit, from + i), 1e-8);
    return raw / (vcov === "hc2" ? Math.sqrt(free) : free);
  });
}

function leverage(side: Side, fit: LocalFit, row: number): number {
  const weight = fit.weights[row - fit.from] ?? 0;
  const u = (side.x[row] ?? 0) / fit.h;
  let total = 0;
  for (let j = 0; j <= fit.order; j++) {
    for (let k = 0; k <= fit.order; k++) total += u ** j * fit.inverse.get(j, k) * u ** k;
  }
  return weight * total;
}

/** Groups of equal x: where each starts, and the sum of y up to there. */
interface Steps {
  readonly starts: number[];
  readonly sums: number[];
}

/** Time n times the neighbours asked for; x ascending. */
export function neighbourResiduals(x: Float64Array, y: Float64Array, neighbours: number): Float64Array {
  const n = x.length;
  const steps: Steps = { starts: [], sums: [] };
  let total = 0;
  for (let i = 0; i < n; i++) {
    if (i === 0 || x[i] !== x[i - 1]) {
      steps.starts.push(i);
      steps.sums.push(total);
    }
    total += y[i] ?? 0;
  }
  const groups = steps.starts.length;
  steps.starts.push(n);
  steps.sums.push(total);
  const result = new Float64Array(n);
  for (let g = 0; g < groups; g++) {
    const { low, high } = nearest(x, steps.starts, g, Math.min(neighbours, n - 1));
    const count = (steps.starts[high] ?? 0) - (steps.starts[low] ?? 0) - 1;
    const sum = (steps.sums[high] ?? 0) - (steps.sums[low] ?? 0);
    for (let i = steps.starts[g] ?? 0; i < (steps.starts[g + 1] ?? 0); i++) {
      const value = y[i] ?? 0;
      result[i] = Math.sqrt(count / (count + 1)) * (value - (sum - value) / count);
    }
  }
  return result;
}

/** Groups low..high-1 that hold at least `wanted` rows besides one of group g, nearest first, equally near ones together. */
function nearest(x: Float64Array, starts: readonly number[], g: number, wanted: number): { low: number; high: number } {
  const groups = starts.length - 1;
  const at = (group: number): number => x[starts[group] ?? 0] ?? 0;
  let [low, high] = [g, g + 1];
  while ((starts[high] ?? 0) - (starts[low] ?? 0) - 1 < wanted) {
    const left = low > 0 ? at(g) - at(low - 1) : Number.POSITIVE_INFINITY;
    const right = high < groups ? at(high) - at(g) : Number.POSITIVE_INFINITY;
    const slack = EQUALLY_NEAR * Math.min(Math.max(left, right), Number.MAX_VALUE);
    const isBoth = Number.isFinite(left) && Number.isFinite(right) && Math.abs(left - right) <= slack;
    if (isBoth || left < right) low--;
    if (isBoth || !(left < right)) high++;
  }
  return { low, high };
}

/**
 * Sum of squared loading times residual, by row or by cluster.
 *
 * Formula: by cluster sum over g of (sum of a_i e_i)^2 times G / (G - 1) (n - 1) / (n - k).
 */
export function combinationVariance(
  loadings: Float64Array,
  residuals: Float64Array,
  clustered: { readonly cluster: Int32Array; readonly parameters: number } | null,
): number {
  if (clustered === null) {
    let total = 0;
    for (let i = 0; i < loadings.length; i++) total += ((loadings[i] ?? 0) * (residuals[i] ?? 0)) ** 2;
    return total;
  }
  const sums = clusterSums(loadings, residuals, clustered.cluster);
  let squares = 0;
  for (const value of sums.values()) squares += value * value;
  const n = loadings.length;
  return (squares * (sums.size / (sums.size - 1)) * (n - 1)) / (n - clustered.parameters);
}

/** Sum of loading times residual by cluster. */
export function clusterSums(loadings: Float64Array, residuals: Float64Array, cluster: Int32Array): Map<number, number> {
  const sums = new Map<number, number>();
  for (let i = 0; i < loadings.length; i++) {
    const g = cluster[i] ?? 0;
    sums.set(g, (sums.get(g) ?? 0) + (loadings[i] ?? 0) * (residuals[i] ?? 0));
  }
  return sums;
}
