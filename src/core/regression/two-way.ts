import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { invertPositiveDefinite, pseudoInverse, symmetrize } from "../linalg/dense.ts";
import { dot } from "../linalg/kernels.ts";
import type { Grouping } from "./effects.ts";

export function levelWeights(effect: Grouping, weights: Float64Array | null): Float64Array {
  const totals = new Float64Array(effect.count);
  const { levels } = effect;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    totals[level] = (totals[level] ?? 0) + (weights === null ? 1 : (weights[i] ?? 0));
  }
  return totals;
}

/**
 * The two-way normal equations after eliminating the larger set.
 *
 * Formula: S = D_small - N' D_large^-1 N with N the weighted table of cells; small effects = S^+ (sums of the column
 * after the large set is removed).
 * Source: Wansbeek and Kapteyn 1989, Journal of Econometrics 41.
 */
export interface TwoWaySystem {
  readonly large: Grouping;
  readonly small: Grouping;
  /** A generalized inverse of S, by rows. */
  readonly inverse: readonly Float64Array[];
  /** N / D_large, row-major: share of each small level within each large level. */
  readonly shares: Float64Array;
  /** D_large. */
  readonly totals: Float64Array;
}

export function twoWaySystem(large: Grouping, small: Grouping, weights: Float64Array | null): TwoWaySystem {
  const size = small.count;
  const totals = levelWeights(large, weights);
  const table = new Float64Array(large.count * size);
  for (let i = 0; i < large.levels.length; i++) {
    const cell = (large.levels[i] ?? 0) * size + (small.levels[i] ?? 0);
    table[cell] = (table[cell] ?? 0) + (weights === null ? 1 : (weights[i] ?? 0));
  }
  const schur = new Float64Array(size * size);
  levelWeights(small, weights).forEach((total, j) => {
    schur[j * size + j] = total;
  });
  const shares = new Float64Array(table.length);
  for (let level = 0; level < large.count; level++) {
    const base = level * size;
    const total = totals[level] ?? 1;
    for (let j = 0; j < size; j++) {
      const value = table[base + j] ?? 0;
      if (value === 0) continue;
      const share = value / total;
      shares[base + j] = share;
      const row = j * size;
      for (let k = 0; k < size; k++) schur[row + k] = (schur[row + k] ?? 0) - share * (table[base + k] ?? 0);
    }
  }
  const matrix = new Matrix(Array.from({ length: size }, (_, j) => schur.subarray(j * size, (j + 1) * size)));
  return { large, small, inverse: generalizedInverse(symmetrize(matrix)), shares, totals };
}

/** S has the constant in its null space; with that filled it is invertible unless the table falls apart. */
function generalizedInverse(schur: Matrix): Float64Array[] {
  const size = schur.rows;
  const fill = schur.trace() / (size * size);
  const filled = Matrix.add(schur, fill);
  const found = isWellConditioned(filled) ? invertPositiveDefinite(filled) : null;
  return (found ?? pseudoInverse(schur)).to2DArray().map((row) => Float64Array.from(row));
}

/** Smallest Cholesky pivot against its diagonal. */
function isWellConditioned(matrix: Matrix): boolean {
  const lower = new CholeskyDecomposition(matrix).lowerTriangularMatrix;
  return matrix.diagonal().every((value, i) => lower.get(i, i) ** 2 > 1e-8 * value);
}

/** Effects of both sets in the projection of a column that is zero outside `rows`. */
export interface TwoWayEffects {
  readonly large: Float64Array;
  readonly small: Float64Array;
}

/**
 * Projects a column that is zero outside `rows` on the two sets of effects; `weighted` are w_i v_i of those rows.
 */
export function projectRows(system: TwoWaySystem, rows: Int32Array, weighted: Float64Array): TwoWayEffects {
  const { large, small, inverse, shares, totals } = system;
  const size = small.count;
  const largeSums = new Float64Array(large.count);
  const right = new Float64Array(size);
  rows.forEach((row, i) => {
    const value = weighted[i] ?? 0;
    const a = large.levels[row] ?? 0;
    const b = small.levels[row] ?? 0;
    largeSums[a] = (largeSums[a] ?? 0) + value;
    right[b] = (right[b] ?? 0) + value;
  });
  for (let level = 0; level < large.count; level++) {
    const total = largeSums[level] ?? 0;
    if (total === 0) continue;
    const base = level * size;
    for (let j = 0; j < size; j++) right[j] = (right[j] ?? 0) - (shares[base + j] ?? 0) * total;
  }
  const smallEffects = Float64Array.from(inverse, (row) => dot(row, right));
  const largeEffects = largeSums;
  for (let level = 0; level < large.count; level++) {
    let value = (largeSums[level] ?? 0) / (totals[level] ?? 1);
    const base = level * size;
    for (let j = 0; j < size; j++) value -= (shares[base + j] ?? 0) * (smallEffects[j] ?? 0);
    largeEffects[level] = value;
  }
  return { large: largeEffects, small: smallEffects };
}
