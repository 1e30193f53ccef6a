import { Matrix } from "ml-matrix";
import { answer, type Outcome } from "../outcome.ts";
import type { Grouping } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { restsOnOneCluster } from "./bell-mccaffrey.ts";
import { adjustedContrasts, clusterContributions } from "./leave-cluster.ts";
import { crossProduct, sameDof, singleClustering } from "./scores.ts";
import type { Variance, VarianceContext } from "./variance.ts";

/**
 * Coefficients without each cluster in turn, fixed effects re-estimated; per term, one value per cluster.
 *
 * Formula: b_(g) = b - (X'WX)^-1 X_g'W_g (I - H_gg)^-1 e_g, exact, no refit.
 * Source: MacKinnon, Nielsen and Webb 2023, Journal of Applied Econometrics 38.
 */
export function leaveOneClusterOut(fit: LinearFit, clusters: Grouping): Outcome<Float64Array[]> {
  const result: Float64Array[] = [];
  for (const [term, name] of fit.terms.entries()) {
    const contrasts = adjustedContrasts(fit, clusters, term, "full");
    if (contrasts.nullShare > 1e-6) return restsOnOneCluster(name);
    const estimate = fit.coefficients[term] ?? Number.NaN;
    result.push(clusterContributions(fit, clusters, contrasts).map((part) => estimate - part));
  }
  return answer(result);
}

/** (G - 1) / G times the sum of squares of the leave-one-out coefficients around `centre`; t with G - 1. */
export function jackknifeVariance(
  fit: LinearFit,
  context: VarianceContext,
  centre: "estimate" | "mean",
): Outcome<Variance> {
  const clusters = singleClustering(fit, context);
  if (!clusters.ok) return clusters;
  const coefficients = leaveOneClusterOut(fit, clusters.value);
  if (!coefficients.ok) return coefficients;
  const count = clusters.value.count;
  const deviations = coefficients.value.map((values, term) => {
    const total = values.reduce((sum, value) => sum + value, 0);
    const middle = centre === "mean" ? total / count : (fit.coefficients[term] ?? 0);
    return values.map((value) => value - middle);
  });
  const matrix = Matrix.mul(crossProduct(deviations), (count - 1) / count);
  return answer({ matrix, dof: sameDof(fit, count - 1), clusters: count });
}
