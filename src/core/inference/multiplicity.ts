import { chiSquareSf } from "../probability/chi-square.ts";
import { normalQuantile } from "../probability/normal.ts";

/** A p-value, or null (or NaN) where the test could not be made: it stays null and does not count in the family. */
export type MaybeP = number | null;

/** Adjusts the p-values that exist and puts them back in input order. */
function overPresent(pValues: readonly MaybeP[], adjust: (sorted: Float64Array) => Float64Array): MaybeP[] {
  const present: number[] = [];
  pValues.forEach((p, i) => {
    if (p !== null && !Number.isNaN(p)) present.push(i);
  });
  const order = present.sort((i, j) => (pValues[i] ?? 0) - (pValues[j] ?? 0) || i - j);
  const adjusted = adjust(Float64Array.from(order, (i) => pValues[i] ?? 0));
  const result: MaybeP[] = pValues.map(() => null);
  order.forEach((i, rank) => {
    result[i] = adjusted[rank] ?? null;
  });
  return result;
}

/** Makes an ascending sequence of step-down values monotone and caps it at 1. */
function stepDown(values: Float64Array): Float64Array {
  let running = 0;
  return values.map((value) => {
    running = Math.max(running, value);
    return Math.min(1, running);
  });
}

/** The same from the largest p-value down, for step-up procedures. */
function stepUp(values: Float64Array): Float64Array {
  const result = new Float64Array(values.length);
  let running = 1;
  for (let i = values.length - 1; i >= 0; i--) {
    running = Math.min(running, values[i] ?? 1);
    result[i] = running;
  }
  return result;
}

/** Holm step-down: max over j <= i of (n - j + 1) p(j). Valid under any dependence. Source: Holm 1979. */
export function holm(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => stepDown(sorted.map((p, i) => (sorted.length - i) * p)));
}

/** n p. Source: Bonferroni 1936. */
export function bonferroni(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => sorted.map((p) => Math.min(1, sorted.length * p)));
}

/** Step-up with Holm's factors; assumes independence or positive dependence. Source: Hochberg 1988. */
export function hochberg(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => stepUp(sorted.map((p, i) => (sorted.length - i) * p)));
}

/**
 * Closed testing with Simes tests; assumes independence or positive dependence.
 *
 * Formula: for every subset size m, q = min over its upper m - 1 sorted p of m p / rank, spread over the others.
 * Source: Hommel 1988, Biometrika 75; Wright 1992, Biometrics 48, appendix (algorithm for adjusted values).
 */
export function hommel(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, hommelSorted);
}

function hommelSorted(sorted: Float64Array): Float64Array {
  const n = sorted.length;
  const at = (i: number): number => sorted[i] ?? 1;
  const adjusted = Float64Array.from(sorted);
  for (let m = n; m > 1; m--) {
    let smallest = Number.POSITIVE_INFINITY;
    for (let k = 1; k < m; k++) smallest = Math.min(smallest, (m * at(n - m + k)) / (k + 1));
    for (let i = 0; i < n; i++) {
      const bound = i > n - m ? smallest : Math.min(smallest, m * at(i));
      adjusted[i] = Math.max(adjusted[i] ?? 0, bound);
    }
  }
  return adjusted;
}

/** Benjamini-Hochberg false discovery rate: min over j >= i of n p(j) / j. Source: Benjamini and Hochberg 1995. */
export function benjaminiHochberg(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => stepUp(sorted.map((p, i) => (sorted.length / (i + 1)) * p)));
}

/** The same under any dependence: times sum 1 / k. Source: Benjamini and Yekutieli 2001. */
export function benjaminiYekutieli(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => {
    const n = sorted.length;
    let harmonic = 0;
    for (let k = 1; k <= n; k++) harmonic += 1 / k;
    return stepUp(sorted.map((p, i) => ((harmonic * n) / (i + 1)) * p));
  });
}

/** 1 - (1 - p)^n without cancellation for small p. */
function sidakTerm(p: number, n: number): number {
  return -Math.expm1(n * Math.log1p(-p));
}

/** Sidak single step; assumes independence. Source: Sidak 1967. */
export function sidak(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => sorted.map((p) => sidakTerm(p, sorted.length)));
}

/** Sidak step-down. Source: Holland and Copenhaver 1987. */
export function holmSidak(pValues: readonly MaybeP[]): MaybeP[] {
  return overPresent(pValues, (sorted) => stepDown(sorted.map((p, i) => sidakTerm(p, sorted.length - i))));
}

function presentSorted(pValues: readonly MaybeP[]): number[] {
  return pValues.filter((p): p is number => p !== null && !Number.isNaN(p)).sort((a, b) => a - b);
}

/** Combined p of the global null, min n p(i) / i; valid under positive dependence; NaN for no p-values. Source: Simes 1986. */
export function simes(pValues: readonly MaybeP[]): number {
  const sorted = presentSorted(pValues);
  if (sorted.length === 0) return Number.NaN;
  return Math.min(...sorted.map((p, i) => (sorted.length * p) / (i + 1)));
}

/** Fisher's combination: -2 sum log p against chi-square with 2n dof; assumes independence. Source: Fisher 1932. */
export function fisherCombination(pValues: readonly MaybeP[]): { readonly statistic: number; readonly pValue: number } {
  const present = presentSorted(pValues);
  if (present.length === 0) return { statistic: Number.NaN, pValue: Number.NaN };
  let statistic = 0;
  for (const p of present) statistic -= 2 * Math.log(p);
  return { statistic, pValue: chiSquareSf(statistic, 2 * present.length) };
}

/**
 * Cauchy combination: mean of tan((1/2 - p) pi) against the Cauchy distribution; robust to dependence for small p.
 *
 * Formula: tan((1/2 - p) pi) = cot(p pi); the upper tail is atan(1 / statistic) / pi, which keeps small p-values.
 * Source: Liu and Xie 2020, JASA 115.
 */
export function cauchyCombination(pValues: readonly MaybeP[]): number {
  const present = presentSorted(pValues);
  if (present.length === 0) return Number.NaN;
  let sum = 0;
  for (const p of present) sum += 1 / Math.tan(p * Math.PI);
  const mean = sum / present.length;
  return mean > 1 ? Math.atan(1 / mean) / Math.PI : 0.5 - Math.atan(mean) / Math.PI;
}

/** n / sum(1 / p), the harmonic mean of the p-values (not itself calibrated). Source: Wilson 2019, PNAS 116. */
export function harmonicMean(pValues: readonly MaybeP[]): number {
  const present = presentSorted(pValues);
  let sum = 0;
  for (const p of present) sum += 1 / p;
  return present.length / sum;
}

/** Stouffer's z: sum of upper normal quantiles over sqrt(n); assumes independence. Source: Stouffer et al. 1949. */
export function stoufferZ(pValues: readonly MaybeP[]): number {
  const present = presentSorted(pValues);
  let sum = 0;
  for (const p of present) sum -= normalQuantile(p);
  return sum / Math.sqrt(present.length);
}
