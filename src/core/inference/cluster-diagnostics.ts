import { mean, weightedDot } from "../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, selectRows } from "../regression/effects.ts";
import { leverages } from "../regression/hat.ts";
import type { LinearFit } from "../regression/ols.ts";
import { leaveOneClusterOut } from "../vcov/jackknife.ts";
import { contrastColumn } from "../vcov/leave-cluster.ts";
import { groupSums } from "../vcov/scores.ts";

/** How much one coefficient hangs on single clusters; lists are in order of the clusters' first rows. */
export interface ClusterDiagnostics {
  readonly sizes: readonly number[];
  /** Trace of each cluster's block of the hat matrix; sums to the number of parameters. */
  readonly leverage: readonly number[];
  /** Share of the term's own variation that lies in the cluster; sums to 1. */
  readonly partialLeverage: readonly number[];
  /** The coefficient without each cluster. */
  readonly leaveOneOut: readonly number[];
  /** Effective number of clusters when errors within a cluster are uncorrelated, and when they are equal. */
  readonly effectiveClusters: number;
  /** null when the term sums to zero within every cluster (effects nested in clusters), where it is not defined. */
  readonly effectiveClustersCorrelated: number | null;
}

/**
 * Diagnostics of cluster-robust inference for one term.
 *
 * Formula: leverage tr(H_gg); partial leverage x_g'W x_g / x'W x with x the term after all others are taken out;
 * effective clusters G / (1 + mean squared relative deviation of gamma_g), gamma_g = c'(X'X)^-1 X_g'Omega X_g (X'X)^-1 c.
 * Source: MacKinnon, Nielsen and Webb 2023, Journal of Econometrics 232; Carter, Schnepel and Steigerwald 2017.
 */
export function clusterDiagnostics(fit: LinearFit, term: string, clusters: Grouping): Outcome<ClusterDiagnostics> {
  const index = fit.terms.indexOf(term);
  if (index < 0) return refuse("NOT_ESTIMABLE", `The model has no estimable term ${term}.`, "Check the term's name.");
  const used = selectRows(clusters, fit.rows);
  const hats = leverages(fit);
  if (!hats.ok) return hats;
  const jackknife = leaveOneClusterOut(fit, used);
  if (!jackknife.ok) return jackknife;
  const contrast = contrastColumn(fit, index);
  const ones = new Float64Array(fit.n).fill(1);
  const squares = contrast.map((value, i) => value ** 2 / (fit.weights?.[i] ?? 1));
  const [sizes, leverage, partial, independent, totals] = groupSums(
    [ones, hats.value, squares, contrast.map((value) => value ** 2), contrast],
    used,
  );
  const whole = weightedDot(contrast, contrast, fit.weights?.map((weight) => 1 / weight) ?? null);
  return answer({
    sizes: Array.from(sizes ?? []),
    leverage: Array.from(leverage ?? []),
    partialLeverage: Array.from(partial ?? [], (value) => value / whole),
    leaveOneOut: Array.from(jackknife.value[index] ?? []),
    effectiveClusters: effectiveCount(independent ?? new Float64Array(0)),
    effectiveClustersCorrelated: correlatedCount(totals ?? new Float64Array(0), whole),
  });
}

function effectiveCount(gamma: Float64Array): number {
  const centre = mean(gamma);
  const deviation = gamma.reduce((total, value) => total + (value - centre) ** 2, 0) / gamma.length;
  return gamma.length / (1 + deviation / centre ** 2);
}

function correlatedCount(totals: Float64Array, whole: number): number | null {
  const gamma = totals.map((value) => value ** 2);
  const negligible = gamma.every((value) => value <= 1e-20 * whole);
  return negligible ? null : effectiveCount(gamma);
}

/** Standard deviation over mean, with divisor n: how unequal sizes or leverages are. */
export function coefficientOfVariation(values: readonly number[]): number {
  const column = Float64Array.from(values);
  const centre = mean(column);
  const squares = column.reduce((total, value) => total + (value - centre) ** 2, 0);
  return Math.sqrt(squares / column.length) / centre;
}
