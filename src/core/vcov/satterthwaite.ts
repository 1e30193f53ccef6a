import { axpy } from "../linalg/kernels.ts";
import { type Grouping, rowsByLevel, rowsOf } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { projectRows, type TwoWaySystem } from "../regression/two-way.ts";
import { type AdjustedContrasts, residualMaker } from "./leave-cluster.ts";

/**
 * Degrees of freedom of one term's clustered variance.
 *
 * Formula: (sum_g p_g'p_g)^2 / sum_gh (p_g'p_h)^2 with p_g = (I - H)' a_g, working covariance identity.
 * Source: Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, equation 12.
 */
export function satterthwaiteDof(fit: LinearFit, clusters: Grouping, contrasts: AdjustedContrasts): number {
  const image = imageMaker(fit);
  const index = rowsByLevel(clusters);
  let trace = 0;
  let squares = 0;
  for (let h = 0; h < clusters.count; h++) {
    const projected = image(rowsOf(index, h), contrasts.column);
    const products = new Float64Array(clusters.count);
    const { levels } = clusters;
    for (let i = 0; i < levels.length; i++) {
      const g = levels[i] ?? 0;
      products[g] = (products[g] ?? 0) + (contrasts.column[i] ?? 0) * (projected[i] ?? 0);
    }
    trace += products[h] ?? 0;
    for (const value of products) squares += value * value;
  }
  return (trace * trace) / squares;
}

/** a -> (I - H)(I - H)' a for a column that counts on the given rows only. */
function imageMaker(fit: LinearFit): (rows: Int32Array, column: Float64Array) => Float64Array {
  const { weights } = fit;
  if (weights === null && fit.system) return localImage(fit, fit.system());
  const residual = residualMaker(fit);
  const embedded = new Float64Array(fit.n);
  return (rows, column) => {
    embedded.fill(0);
    for (const row of rows) embedded[row] = (column[row] ?? 0) / (weights === null ? 1 : (weights[row] ?? 1));
    const image = residual(embedded);
    return weights === null ? image : residual(image.map((value, i) => value * (weights[i] ?? 1)));
  };
}

/** The same without weights, where I - H is a symmetric projection, from the effects of the rows' projection. */
function localImage(fit: LinearFit, system: TwoWaySystem): (rows: Int32Array, column: Float64Array) => Float64Array {
  const { columns, bread } = fit;
  const image = new Float64Array(fit.n);
  return (rows, column) => {
    const part = Float64Array.from(rows, (row) => column[row] ?? 0);
    const effects = projectRows(system, rows, part);
    const loadings = columns.map((x) => rows.reduce((total, row, i) => total + (x[row] ?? 0) * (part[i] ?? 0), 0));
    const large = system.large.levels;
    const small = system.small.levels;
    for (let i = 0; i < image.length; i++) {
      image[i] = -(effects.large[large[i] ?? 0] ?? 0) - (effects.small[small[i] ?? 0] ?? 0);
    }
    columns.forEach((x, j) => {
      axpy(-loadings.reduce((total, loading, k) => total + bread.get(j, k) * loading, 0), x, image);
    });
    rows.forEach((row, i) => {
      image[row] = (image[row] ?? 0) + (part[i] ?? 0);
    });
    return image;
  };
}
