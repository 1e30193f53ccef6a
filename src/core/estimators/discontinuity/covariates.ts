import { Matrix } from "ml-matrix";
import { invertPositiveDefinite, symmetrize } from "../../linalg/dense.ts";
import { axpy } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { coefficientsOf, fittedOn, type LocalFit, type Side } from "./local-fit.ts";

/** A side with the local fit whose weights decide what the covariates explain. */
export interface FittedSide {
  readonly side: Side;
  readonly fit: LocalFit;
}

/**
 * Coefficients of the covariates, common to the sides given.
 *
 * Formula: least squares with the kernel weights of y on the covariates, a polynomial of its own on every side taken out.
 * Source: Calonico, Cattaneo, Farrell and Titiunik 2019, Review of Economics and Statistics 101.
 */
export function covariateSlopes(parts: readonly FittedSide[], names: readonly string[]): Outcome<readonly number[]> {
  const size = names.length;
  if (size === 0) return answer([]);
  const products = Matrix.zeros(size, size);
  const moments = new Float64Array(size);
  for (const { side, fit } of parts) {
    const rest = (column: Float64Array): Float64Array => restOf(side, fit, column);
    const columns = side.covariates.map(rest);
    const y = rest(side.y);
    const product = (a: Float64Array, b: Float64Array): number =>
      fit.weights.reduce((total, weight, i) => total + weight * (a[i] ?? 0) * (b[i] ?? 0), 0);
    columns.forEach((column, j) => {
      moments[j] = (moments[j] ?? 0) + product(column, y);
      columns.forEach((other, k) => {
        products.set(j, k, products.get(j, k) + product(column, other));
      });
    });
  }
  const scales = names.map((_, j) => Math.sqrt(products.get(j, j)) || 1);
  const scaled = new Matrix(scales.map((a, j) => scales.map((b, k) => products.get(j, k) / (a * b))));
  const inverse = names.some((_, j) => !(products.get(j, j) > 0)) ? null : invertPositiveDefinite(symmetrize(scaled));
  if (inverse === null) {
    return refuse(
      "COLLINEAR",
      `Near the cut-off the covariates ${names.join(", ")} do not vary on their own.`,
      "Leave out covariates that are constant or combinations of the others.",
      { covariates: [...names] },
    );
  }
  return answer(
    scales.map((a, j) => scales.reduce((total, b, k) => total + (inverse.get(j, k) * (moments[k] ?? 0)) / (a * b), 0)),
  );
}

/** The outcome less what the covariates explain. */
export function adjustedOutcome(side: Side, slopes: readonly number[]): Float64Array {
  const result = Float64Array.from(side.y);
  slopes.forEach((slope, j) => {
    axpy(-slope, side.covariates[j] ?? new Float64Array(0), result);
  });
  return result;
}

function restOf(side: Side, fit: LocalFit, column: Float64Array): Float64Array {
  const fitted = fittedOn(side, fit, coefficientsOf(side, fit, column), fit.from, fit.to);
  return fitted.map((value, i) => (column[fit.from + i] ?? 0) - value);
}
