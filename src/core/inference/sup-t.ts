import type { Matrix } from "ml-matrix";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { normalCdf, normalQuantile } from "../probability/normal.ts";
import { findRoot } from "../probability/root.ts";
import { SOBOL_DIMENSIONS, sobolPoints } from "./sobol.ts";

/** Points per replicate; the mean of the replicates' probabilities is used. */
const POINTS = 8192;
const REPLICATES = 4;

/**
 * Critical value c with P(max |Z_j| <= c) = 1 - alpha for standard normals with the given covariance's correlations.
 *
 * Formula: the probability by separation of variables on scrambled Sobol points with fixed seeds; deterministic, error of c
 * about 1e-4, up to 1e-3 for a dozen strongly correlated terms.
 * Assumes: a positive definite correlation matrix of at most 21 terms.
 * Source: Genz 1992, Journal of Computational and Graphical Statistics 1; Montiel Olea and Plagborg-Moller 2019 (sup-t).
 */
export function supTCriticalValue(covariance: Matrix, alpha: number): Outcome<number> {
  const size = covariance.rows;
  if (size > SOBOL_DIMENSIONS) {
    return refuse("NOT_ESTIMABLE", `Simultaneous bands are limited to ${SOBOL_DIMENSIONS} terms.`, "Use wider bins.", {
      terms: size,
    });
  }
  const factor = correlationFactor(covariance, orderByLikeness(covariance));
  if (!factor) {
    return refuse(
      "NOT_ESTIMABLE",
      "The covariance matrix is singular, so there is no simultaneous band.",
      "Use fewer terms.",
    );
  }
  const low = -normalQuantile(alpha / 2);
  const high = -normalQuantile(alpha / (2 * size));
  if (size === 1) return answer(low);
  const replicates = Array.from({ length: REPLICATES }, (_, seed) => sobolPoints(POINTS, size - 1, seed));
  return answer(findRoot((c) => meanProbability(factor, replicates, c) - (1 - alpha), low - 1e-6, high + 1e-3, 1e-6));
}

/** Terms by what is left of their variance given those before, smallest first: the ones most like the others come early. */
function orderByLikeness(covariance: Matrix): number[] {
  const size = covariance.rows;
  const rest = correlationOf(covariance);
  const order: number[] = [];
  while (order.length < size) {
    const open = Array.from({ length: size }, (_, i) => i).filter((i) => !order.includes(i));
    const next = open.reduce((best, i) => (rest.get(i, i) < rest.get(best, best) ? i : best));
    order.push(next);
    const pivot = rest.get(next, next);
    if (!(pivot > 0)) continue;
    const column = rest.getColumn(next);
    for (const i of open) {
      for (const j of open) rest.set(i, j, rest.get(i, j) - ((column[i] ?? 0) * (column[j] ?? 0)) / pivot);
    }
  }
  return order;
}

function correlationOf(covariance: Matrix): Matrix {
  const errors = covariance.diagonal().map(Math.sqrt);
  const result = covariance.clone();
  errors.forEach((error, i) => {
    result.mulRow(i, 1 / error).mulColumn(i, 1 / error);
  });
  return result;
}

/** Cholesky factor of the reordered correlation matrix, rows of the lower triangle; null when it is singular. */
function correlationFactor(covariance: Matrix, order: readonly number[]): Float64Array[] | null {
  const correlation = correlationOf(covariance).selection([...order], [...order]);
  const factor: Float64Array[] = [];
  for (let i = 0; i < correlation.rows; i++) {
    const row = new Float64Array(i + 1);
    factor.push(row);
    for (let j = 0; j <= i; j++) {
      const other = factor[j] ?? row;
      let value = correlation.get(i, j);
      for (let k = 0; k < j; k++) value -= (row[k] ?? 0) * (other[k] ?? 0);
      if (j < i) row[j] = value / (other[j] ?? 1);
      else if (value > 1e-12) row[j] = Math.sqrt(value);
      else return null;
    }
  }
  return factor;
}

function meanProbability(factor: readonly Float64Array[], replicates: readonly Float64Array[], c: number): number {
  return replicates.reduce((total, points) => total + boxProbability(factor, points, c), 0) / replicates.length;
}

/** P(max |Z| <= c). */
function boxProbability(factor: readonly Float64Array[], points: Float64Array, c: number): number {
  const size = factor.length;
  const z = new Float64Array(size);
  let total = 0;
  for (let point = 0; point < POINTS; point++) {
    let probability = 1;
    for (let i = 0; i < size; i++) {
      const row = factor[i] ?? new Float64Array(0);
      let shift = 0;
      for (let k = 0; k < i; k++) shift += (row[k] ?? 0) * (z[k] ?? 0);
      const diagonal = row[i] ?? 1;
      const lower = normalCdf((-c - shift) / diagonal);
      const width = normalCdf((c - shift) / diagonal) - lower;
      probability *= width;
      if (i < size - 1)
        z[i] = normalQuantile(Math.min(1 - 1e-16, lower + width * (points[point * (size - 1) + i] ?? 0.5)));
    }
    total += probability;
  }
  return total / POINTS;
}
