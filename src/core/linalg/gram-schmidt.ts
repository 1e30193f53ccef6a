import { axpy, weightedDot } from "./kernels.ts";

/** From here on a copy of a column costs more than it is worth. */
const LONG = 100_000;

export interface OrthogonalColumns {
  /** Indexes of the kept columns, in the order given. */
  readonly kept: readonly number[];
  /** Indexes that the earlier columns already span. */
  readonly dropped: readonly number[];
  /** Orthogonal in the weighted inner product, one per kept column; of long columns the first is the column itself. */
  readonly basis: readonly Float64Array[];
  /** Length of each vector of the basis. */
  readonly norms: readonly number[];
  /** Upper triangular: column j = sum_i r[i][j] basis[i] / norms[i]; row-major over kept columns. */
  readonly triangle: readonly Float64Array[];
}

/**
 * QR by Gram-Schmidt with re-orthogonalisation, in the order given: the first column of a collinear set stays.
 *
 * Formula: a column is dropped when what is left of its squared norm is at most `tolerance` times `scales[j]`, its
 * squared norm before any transformation.
 * Source: Bjorck 1996, Numerical Methods for Least Squares Problems, section 2.4 (twice is enough).
 */
export function orthogonalize(
  columns: readonly Float64Array[],
  weights: Float64Array | null,
  scales: readonly number[],
  tolerance: number,
): OrthogonalColumns {
  // of long columns the first is not copied, and no vector is scaled
  const isLong = (columns[0]?.length ?? 0) >= LONG;
  const kept: number[] = [];
  const dropped: number[] = [];
  const basis: Float64Array[] = [];
  const norms: number[] = [];
  const coefficients: number[][] = [];
  columns.forEach((column, j) => {
    const rest = isLong && basis.length === 0 ? column : column.slice();
    const loadings = basis.map(() => 0);
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((vector, i) => {
        const norm = norms[i] ?? Number.NaN;
        const loading = weightedDot(vector, rest, weights) / norm;
        loadings[i] = (loadings[i] ?? 0) + loading;
        axpy(-loading / norm, vector, rest);
      });
    }
    const square = weightedDot(rest, rest, weights);
    if (!(square > tolerance * (scales[j] ?? 0))) {
      dropped.push(j);
      return;
    }
    const norm = Math.sqrt(square);
    if (!isLong) for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] ?? 0) / norm;
    basis.push(rest);
    norms.push(isLong ? norm : 1);
    coefficients.push([...loadings, norm]);
    kept.push(j);
  });
  const triangle = kept.map((_, i) => Float64Array.from(kept, (_, j) => coefficients[j]?.[i] ?? 0));
  return { kept, dropped, basis, norms, triangle };
}

/** Inverse of an upper triangular matrix, row-major. */
export function invertTriangle(triangle: readonly Float64Array[]): Float64Array[] {
  const size = triangle.length;
  const inverse = Array.from({ length: size }, () => new Float64Array(size));
  for (let j = 0; j < size; j++) {
    for (let i = j; i >= 0; i--) {
      let value = i === j ? 1 : 0;
      for (let k = i + 1; k <= j; k++) value -= (triangle[i]?.[k] ?? 0) * (inverse[k]?.[j] ?? 0);
      const row = inverse[i];
      if (row) row[j] = value / (triangle[i]?.[i] ?? 0);
    }
  }
  return inverse;
}
