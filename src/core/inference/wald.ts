import { Matrix } from "ml-matrix";
import { bilinear, symmetricEigen } from "../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { chiSquareSf } from "../probability/chi-square.ts";
import { fSf } from "../probability/f.ts";
import { type Coefficient, studentInference } from "./coefficients.ts";

/** A correlation matrix with an eigenvalue below this is singular for a joint test. */
const SINGULAR = 1e-9;

export interface WaldTest {
  readonly terms: readonly string[];
  readonly fStatistic: number;
  readonly dof1: number;
  readonly dof2: number;
  readonly pF: number;
  readonly chiSquare: number;
  readonly pChiSquare: number;
}

export interface Estimates {
  readonly terms: readonly string[];
  readonly coefficients: readonly number[];
  readonly covariance: Matrix;
}

/**
 * Joint test that the named coefficients are zero.
 *
 * Formula: b'V^-1 b as chi-square with q degrees of freedom, and divided by q as F(q, dof2).
 * Assumes: V is positive definite on these terms; refuses when it is not (a Driscoll-Kraay matrix of single-step terms).
 * Source: Wald 1943.
 */
export function waldTest(estimates: Estimates, terms: readonly string[], dof2: number): Outcome<WaldTest> {
  const indexes = terms.map((term) => estimates.terms.indexOf(term));
  const errors = indexes.map((i) => Math.sqrt(estimates.covariance.get(i, i)));
  const z = indexes.map((i, k) => (estimates.coefficients[i] ?? 0) / (errors[k] ?? 1));
  const correlation = new Matrix(
    indexes.map((i, k) =>
      indexes.map((j, l) => estimates.covariance.get(i, j) / ((errors[k] ?? 1) * (errors[l] ?? 1))),
    ),
  );
  if (errors.some((error) => !(error > 0)) || hasNaN(correlation)) return singular(terms);
  const { values, vectors } = symmetricEigen(correlation);
  if (!(Math.min(...values) > SINGULAR)) return singular(terms);
  let chiSquare = 0;
  values.forEach((value, k) => {
    const loading = z.reduce((total, zi, i) => total + zi * vectors.get(i, k), 0);
    chiSquare += loading ** 2 / value;
  });
  const q = terms.length;
  return answer({
    terms,
    fStatistic: chiSquare / q,
    dof1: q,
    dof2,
    pF: fSf(chiSquare / q, q, dof2),
    chiSquare,
    pChiSquare: chiSquareSf(chiSquare, q),
  });
}

function hasNaN(matrix: Matrix): boolean {
  return matrix.to1DArray().some((value) => !Number.isFinite(value));
}

function singular(terms: readonly string[]): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    "The covariance matrix of these coefficients is singular, so they cannot be tested jointly.",
    "Test fewer terms, or use an error that clusters by unit.",
    { terms: [...terms] },
  );
}

/** weights' b with its error. */
export function linearCombination(
  estimates: Estimates,
  weights: readonly number[],
  options: { readonly dof: number; readonly alpha: number; readonly name?: string },
): Coefficient {
  const estimate = estimates.coefficients.reduce((total, value, i) => total + value * (weights[i] ?? 0), 0);
  const stdError = Math.sqrt(bilinear(weights, estimates.covariance, weights));
  return studentInference(options.name ?? "lincom", estimate, stdError, options);
}
