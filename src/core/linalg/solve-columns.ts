import { invertTriangle, orthogonalize } from "./gram-schmidt.ts";
import { axpy, weightedDot } from "./kernels.ts";

/** Least squares by columns: coefficients are inverse times loadings, their covariance inverse times its transpose. */
export interface SolvedColumns {
  readonly kept: readonly number[];
  readonly dropped: readonly number[];
  /** Inverse of the triangle R of a QR decomposition of the kept columns, row-major. */
  readonly inverse: readonly Float64Array[];
  /** Q'W y. */
  readonly loadings: readonly number[];
  readonly residuals: Float64Array;
}

export interface SolveOptions {
  readonly weights: Float64Array | null;
  /** Squared norm of each column before any transformation. */
  readonly scales: readonly number[];
  readonly tolerance: number;
}

/** From this many numbers on a second copy of the columns costs more than the products of all pairs. */
const LARGE = 4_000_000;
/** A pivot below this share of its diagonal makes products of pairs too inexact. */
const WELL_CONDITIONED = 1e-5;

/**
 * Orthogonalises the columns and takes them out of the outcome. Many long columns that are far from collinear are solved by
 * their cross product with one step of refinement, which needs no second copy of them.
 *
 * Source: Bjorck 1996, Numerical Methods for Least Squares Problems, sections 2.2, 2.4 and 2.9.
 */
export function solveColumns(
  columns: readonly Float64Array[],
  outcome: Float64Array,
  options: SolveOptions,
): SolvedColumns {
  const { weights, scales, tolerance } = options;
  if (columns.length > 2 && columns.length * outcome.length >= LARGE) {
    const solved = byCrossProduct(columns, outcome, options);
    if (solved !== null) return solved;
  }
  const { kept, dropped, basis, norms, triangle } = orthogonalize(columns, weights, scales, tolerance);
  const loadings = basis.map((vector, i) => weightedDot(vector, outcome, weights) / (norms[i] ?? 1));
  const residuals = outcome.slice();
  basis.forEach((vector, i) => {
    axpy(-(loadings[i] ?? 0) / (norms[i] ?? 1), vector, residuals);
  });
  return { kept, dropped, inverse: invertTriangle(triangle), loadings, residuals };
}

/** Null when a column is nearly a combination of earlier ones, or has nothing left of itself. */
function byCrossProduct(
  columns: readonly Float64Array[],
  outcome: Float64Array,
  { weights, scales }: SolveOptions,
): SolvedColumns | null {
  const products = columns.map((a, j) =>
    Float64Array.from(columns, (b, k) => (k < j ? 0 : weightedDot(a, b, weights))),
  );
  if (products.some((row, j) => !((row[j] ?? 0) > WELL_CONDITIONED * (scales[j] ?? 0)))) return null;
  const triangle = cholesky(products);
  if (triangle === null) return null;
  const inverse = invertTriangle(triangle);
  const residuals = outcome.slice();
  const loadings = columns.map(() => 0);
  // the second pass removes what rounding left in the first
  for (let pass = 0; pass < 2; pass++) {
    const right = columns.map((column) => weightedDot(column, residuals, weights));
    const step = columns.map((_, i) => right.reduce((sum, value, j) => sum + (inverse[j]?.[i] ?? 0) * value, 0));
    columns.forEach((column, j) => {
      const coefficient = step.reduce((sum, value, i) => sum + (inverse[j]?.[i] ?? 0) * value, 0);
      axpy(-coefficient, column, residuals);
    });
    step.forEach((value, i) => {
      loadings[i] = (loadings[i] ?? 0) + value;
    });
  }
  return { kept: columns.map((_, j) => j), dropped: [], inverse, loadings, residuals };
}

/** Upper triangular R with R'R the matrix whose upper half is given; null when a pivot is small. */
function cholesky(products: readonly Float64Array[]): Float64Array[] | null {
  const rows = products.map((row) => row.slice());
  for (const [i, row] of rows.entries()) {
    const diagonal = products[i]?.[i] ?? 0;
    const pivot = row[i] ?? 0;
    if (!(pivot > WELL_CONDITIONED * diagonal)) return null;
    const root = Math.sqrt(pivot);
    for (let j = i; j < row.length; j++) row[j] = (row[j] ?? 0) / root;
    for (let k = i + 1; k < rows.length; k++) {
      const other = rows[k];
      const factor = row[k] ?? 0;
      if (other && factor !== 0)
        for (let j = k; j < row.length; j++) other[j] = (other[j] ?? 0) - factor * (row[j] ?? 0);
    }
  }
  return rows;
}
