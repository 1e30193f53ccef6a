import { Matrix } from "ml-matrix";
import type { LinearFit } from "../../regression/ols.ts";
import { contrastColumn } from "../../vcov/leave-cluster.ts";

/** A unit that determines the term alone has no residual of its own. */
const ALONE = 1e-9;

export interface UnitError {
  readonly variance: number;
  readonly dof: number;
}

/**
 * CR2 and its Satterthwaite degrees of freedom when every cluster is one row: a pass over the rows instead of one pass
 * per cluster. null: without one of the rows the term cannot be estimated.
 *
 * Formula: b_g = [(I - H)(I - H)']_gg = 1 - 2 w_g x_g'Bx_g + x_g'BSBx_g with B = (X'WX)^-1, S = X'W^2 X; variance =
 * sum of q_g^2 e_g^2 / b_g with q the contrasts of the term; dof = (sum G_gg)^2 / sum G_gh^2 with G_gh = a_g [(I - H)
 * (I - H)']_gh a_h, a_g = q_g / sqrt(b_g), where the double sum is made of traces of k x k matrices.
 * Without weights b_g = 1 - h_g, so that the variance is HC2, and Welch's for a difference of two means.
 * Complexity: rows times squared columns. Source: Bell and McCaffrey 2002; Pustejovsky and Tipton 2018.
 */
export function unitErrors(fit: LinearFit, term: number): UnitError | null {
  const { columns, bread, residuals, n } = fit;
  const k = columns.length;
  const w = fit.weights ?? new Float64Array(n).fill(1);
  const ones = new Float64Array(n).fill(1);
  const square = w.map((value) => value * value);
  const inner = bread.mmul(weightedCross(fit, square)).mmul(bread);
  const contrast = contrastColumn(fit, term);
  const a2 = new Float64Array(n);
  let variance = 0;
  let diagonal = 0;
  let trace = 0;
  for (let g = 0; g < n; g++) {
    const [own, wide] = [quadratic(columns, bread, g, k), quadratic(columns, inner, g, k)];
    const b = 1 - 2 * (w[g] ?? 1) * own + wide;
    const q = contrast[g] ?? 0;
    if (!(b > ALONE)) {
      if (Math.abs(q) > ALONE * Math.sqrt(bread.get(term, term))) return null;
      continue;
    }
    a2[g] = (q * q) / b;
    variance += (a2[g] ?? 0) * (residuals[g] ?? 0) ** 2;
    trace += q * q;
    // the traces below count the diagonal without its 1
    diagonal += (a2[g] ?? 0) ** 2 * (b * b - (b - 1) ** 2);
  }
  const [m0, m1, m2] = [ones, w, square].map((power) =>
    weightedCross(
      fit,
      a2.map((value, g) => value * (power[g] ?? 1)),
    ),
  ) as [Matrix, Matrix, Matrix];
  const product = (left: Matrix, first: Matrix, right: Matrix, second: Matrix): number =>
    left.mmul(first).mmul(right).mmul(second).trace();
  const squares =
    2 * product(bread, m2, bread, m0) +
    2 * product(bread, m1, bread, m1) -
    4 * product(bread, m1, inner, m0) +
    product(inner, m0, inner, m0);
  return { variance, dof: (trace * trace) / (diagonal + squares) };
}

/** sum of v_g x_g x_g'. */
function weightedCross({ columns, n }: LinearFit, v: Float64Array): Matrix {
  const k = columns.length;
  const result = Matrix.zeros(k, k);
  for (let i = 0; i < k; i++) {
    for (let j = i; j < k; j++) {
      let total = 0;
      for (let g = 0; g < n; g++) total += (v[g] ?? 0) * (columns[i]?.[g] ?? 0) * (columns[j]?.[g] ?? 0);
      result.set(i, j, total);
      result.set(j, i, total);
    }
  }
  return result;
}

/** x_g' A x_g. */
function quadratic(columns: readonly Float64Array[], a: Matrix, g: number, k: number): number {
  let total = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) total += (columns[i]?.[g] ?? 0) * a.get(i, j) * (columns[j]?.[g] ?? 0);
  }
  return total;
}
