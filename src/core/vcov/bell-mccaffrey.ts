import { answer, type Outcome, refuse } from "../outcome.ts";
import type { LinearFit } from "../regression/ols.ts";
import { type Adjustment, adjustedContrasts, clusterContributions } from "./leave-cluster.ts";
import { satterthwaiteDof } from "./satterthwaite.ts";
import { crossProduct, singleClustering } from "./scores.ts";
import type { Variance, VarianceContext } from "./variance.ts";

/** A term whose identification rests on one cluster has no error of this kind. */
const IDENTIFIED_BY_ONE = 1e-6;

/** Clustered variance with adjusted residuals and Satterthwaite degrees of freedom; one cluster variable. */
export function adjustedVariance(
  fit: LinearFit,
  context: VarianceContext,
  adjustment: Adjustment,
  factor: (clusters: number) => number,
): Outcome<Variance> {
  const clusters = singleClustering(fit, context);
  if (!clusters.ok) return clusters;
  const parts: Float64Array[] = [];
  const dof: number[] = [];
  for (const [term, name] of fit.terms.entries()) {
    const contrasts = adjustedContrasts(fit, clusters.value, term, adjustment);
    if (contrasts.nullShare > IDENTIFIED_BY_ONE) return restsOnOneCluster(name);
    parts.push(clusterContributions(fit, clusters.value, contrasts));
    dof.push(satterthwaiteDof(fit, clusters.value, contrasts));
  }
  const matrix = crossProduct(parts).mul(factor(clusters.value.count));
  return answer({ matrix, dof, clusters: clusters.value.count });
}

export function restsOnOneCluster(term: string): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `Without one of the clusters the term ${term} cannot be estimated, so its error cannot be judged from clusters.`,
    "Treat at least two clusters, or use permutation inference.",
    { term },
  );
}
