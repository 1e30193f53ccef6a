import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Eigenvalues below this share of the largest count as zero in generalized inverses. */
const RANK_TOLERANCE = 1e-12;

/** Inverse of a symmetric positive definite matrix, or null when it is not. */
export function invertPositiveDefinite(matrix: Matrix): Matrix | null {
  const decomposition = new CholeskyDecomposition(matrix);
  if (!decomposition.isPositiveDefinite()) return null;
  return symmetrize(decomposition.solve(Matrix.eye(matrix.rows)));
}

export function symmetrize(matrix: Matrix): Matrix {
  return Matrix.add(matrix, matrix.transpose()).mul(0.5);
}

export interface SymmetricEigen {
  /** Ascending. */
  readonly values: readonly number[];
  /** Eigenvectors in columns. */
  readonly vectors: Matrix;
}

export function symmetricEigen(matrix: Matrix): SymmetricEigen {
  const decomposition = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  return { values: decomposition.realEigenvalues, vectors: decomposition.eigenvectorMatrix };
}

/** f of a symmetric matrix through its eigenvalues. */
export function symmetricFunction(matrix: Matrix, f: (eigenvalue: number) => number): Matrix {
  const { values, vectors } = symmetricEigen(matrix);
  const scaledVectors = vectors.clone();
  values.forEach((value, j) => {
    scaledVectors.mulColumn(j, f(value));
  });
  return scaledVectors.mmul(vectors.transpose());
}

/** Moore-Penrose inverse of a symmetric positive semidefinite matrix. */
export function pseudoInverse(matrix: Matrix): Matrix {
  const { values, vectors } = symmetricEigen(matrix);
  const largest = Math.max(...values.map(Math.abs));
  const scaledVectors = vectors.clone();
  values.forEach((value, j) => {
    scaledVectors.mulColumn(j, Math.abs(value) > RANK_TOLERANCE * largest ? 1 / value : 0);
  });
  return scaledVectors.mmul(vectors.transpose());
}

/** x' A y. */
export function bilinear(x: readonly number[], matrix: Matrix, y: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) total += (x[i] ?? 0) * matrix.get(i, j) * (y[j] ?? 0);
  }
  return total;
}
