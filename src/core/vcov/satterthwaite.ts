import { type Grouping, rowsByLevel, rowsOf } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { type AdjustedContrasts, residualMaker } from "./leave-cluster.ts";

/**
 * Degrees of freedom of one term's clustered variance.
 *
 * Formula: (sum_g p_g'p_g)^2 / sum_gh (p_g'p_h)^2 with p_g = (I - H)' a_g, working covariance identity.
 * Source: Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, equation 12.
 */
export function satterthwaiteDof(fit: LinearFit, clusters: Grouping, contrasts: AdjustedContrasts): number {
  const residual = residualMaker(fit);
  const index = rowsByLevel(clusters);
  const { weights } = fit;
  const embedded = new Float64Array(fit.n);
  let trace = 0;
  let squares = 0;
  for (let h = 0; h < clusters.count; h++) {
    embedded.fill(0);
    for (const row of rowsOf(index, h)) {
      embedded[row] = (contrasts.column[row] ?? 0) / (weights === null ? 1 : (weights[row] ?? 1));
    }
    let image = residual(embedded);
    if (weights !== null) image = residual(image.map((value, i) => value * (weights[i] ?? 1)));
    const products = new Float64Array(clusters.count);
    clusters.levels.forEach((g, i) => {
      products[g] = (products[g] ?? 0) + (contrasts.column[i] ?? 0) * (image[i] ?? 0);
    });
    trace += products[h] ?? 0;
    for (const value of products) squares += value * value;
  }
  return (trace * trace) / squares;
}
