import { Matrix } from "ml-matrix";
import type { GroupTimeCell, GroupTimeEffects, SparseInfluence } from "./cells.ts";

/**
 * Covariance of the cells' estimates.
 *
 * Formula: sum over clusters of psi psi' / units^2. Time O(cells^2 x units), memory O(cells^2 + clusters).
 */
export function groupTimeCovariance(effects: GroupTimeEffects, cells: readonly GroupTimeCell[]): Matrix {
  const result = Matrix.zeros(cells.length, cells.length);
  const dense = new Float64Array(effects.clusters);
  cells.forEach((a, j) => {
    dense.fill(0);
    a.influence?.at.forEach((c, i) => {
      dense[c] = a.influence?.values[i] ?? 0;
    });
    for (let k = j; k < cells.length; k++) {
      const value = dotWithDense(cells[k]?.influence ?? null, dense) / effects.units ** 2;
      result.set(j, k, value);
      result.set(k, j, value);
    }
  });
  return result;
}

function dotWithDense(sparse: SparseInfluence | null, dense: Float64Array): number {
  if (sparse === null) return 0;
  const { at, values } = sparse;
  let sum = 0;
  for (let i = 0; i < at.length; i++) sum += (values[i] ?? 0) * (dense[at[i] ?? 0] ?? 0);
  return sum;
}
