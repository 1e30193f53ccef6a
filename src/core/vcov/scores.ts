import { Matrix } from "ml-matrix";
import { dot } from "../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, isNested, selectRows } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import type { SmallSampleCorrection, VarianceContext } from "./variance.ts";

/** Columns w_i x_ij e_i; their sum is zero. `scale` multiplies each residual (HC2 to HC4). */
export function scoreColumns(fit: LinearFit, scale?: Float64Array): Float64Array[] {
  return fit.columns.map((column) => {
    const scores = new Float64Array(fit.n);
    for (let i = 0; i < fit.n; i++) {
      const weight = fit.weights === null ? 1 : (fit.weights[i] ?? 0);
      scores[i] = weight * (column[i] ?? 0) * (fit.residuals[i] ?? 0) * (scale ? (scale[i] ?? 0) : 1);
    }
    return scores;
  });
}

/** Sums of each column within the levels of a grouping of the rows used. */
export function groupSums(columns: readonly Float64Array[], grouping: Grouping): Float64Array[] {
  const { levels, count } = grouping;
  return columns.map((column) => {
    const sums = new Float64Array(count);
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] ?? 0;
      sums[level] = (sums[level] ?? 0) + (column[i] ?? 0);
    }
    return sums;
  });
}

/** `groupSums` of `scoreColumns` without making these columns. */
export function clusterScores(fit: LinearFit, grouping: Grouping): Float64Array[] {
  const { weights, residuals } = fit;
  const { levels, count } = grouping;
  return fit.columns.map((column) => {
    const sums = new Float64Array(count);
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] ?? 0;
      const weight = weights === null ? 1 : (weights[i] ?? 0);
      sums[level] = (sums[level] ?? 0) + weight * (column[i] ?? 0) * (residuals[i] ?? 0);
    }
    return sums;
  });
}

/** Columns' cross product, k x k. */
export function crossProduct(columns: readonly Float64Array[]): Matrix {
  const size = columns.length;
  const result = Matrix.zeros(size, size);
  columns.forEach((a, j) => {
    columns.forEach((b, k) => {
      if (k >= j) {
        const value = dot(a, b);
        result.set(j, k, value);
        result.set(k, j, value);
      }
    });
  });
  return result;
}

/** bread * meat * bread * factor. */
export function sandwich(fit: LinearFit, meat: Matrix, factor: number): Matrix {
  return fit.bread.mmul(meat).mmul(fit.bread).mul(factor);
}

export function sameDof(fit: LinearFit, dof: number): number[] {
  return fit.terms.map(() => dof);
}

/** The clusters of the rows used; refuses fewer than two. */
export function clustersOf(fit: LinearFit, context: VarianceContext): Outcome<Grouping[]> {
  const groupings = (context.clusters ?? []).map((grouping) => selectRows(grouping, fit.rows));
  if (groupings.length === 0) {
    return refuse("TOO_FEW_CLUSTERS", "A clustered error needs a cluster variable.", "Name the cluster of each unit.");
  }
  const few = groupings.find((grouping) => grouping.count < 2);
  if (few) {
    return refuse(
      "TOO_FEW_CLUSTERS",
      `A clustered error needs at least two clusters, ${few.name} has ${few.count}.`,
      "Give more clusters, or cluster by unit.",
      { cluster: few.name, clusters: few.count },
    );
  }
  return answer(groupings);
}

/** One grouping, for estimators that are defined for one only. */
export function singleClustering(fit: LinearFit, context: VarianceContext): Outcome<Grouping> {
  const groupings = clustersOf(fit, context);
  if (!groupings.ok) return groupings;
  const [first, second] = groupings.value;
  if (!first || second) {
    return refuse("NOT_ESTIMABLE", "This error is defined for one cluster variable.", "Name exactly one cluster.");
  }
  return answer(first);
}

/**
 * (n - 1) / (n - K).
 *
 * Formula: `nonnested`: K = all parameters - levels of nested effects + number of nested effects.
 * Source: fixest, vignette "On standard-errors".
 */
export function parameterFactor(
  fit: LinearFit,
  correction: SmallSampleCorrection,
  clusters: readonly Grouping[],
): number {
  if (correction.parameters === "off") return 1;
  return (fit.n - 1) / (fit.n - countedParameters(fit, correction.parameters, clusters));
}

function countedParameters(
  fit: LinearFit,
  rule: "nonnested" | "full" | "none" | number,
  clusters: readonly Grouping[],
): number {
  if (typeof rule === "number") return rule;
  if (rule === "none") return fit.terms.length;
  if (rule === "full") return fit.parameters;
  const nested = fit.effects.filter((effect) => clusters.some((cluster) => isNested(effect, cluster)));
  return fit.parameters - nested.reduce((total, effect) => total + effect.count - 1, 0);
}
