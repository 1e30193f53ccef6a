import type { Grouping } from "../../regression/effects.ts";

/**
 * What a bootstrap sample is made of, as sums: with weights v per group, estimate - null = `effects` v and the cluster
 * scores of its variance are `scores` v (rows: clusters, columns: groups).
 */
export interface ScoreMap {
  readonly effects: Float64Array;
  readonly scores: readonly Float64Array[];
}

export interface ScoreOptions {
  readonly term: number;
  /** Clusters of the variance. */
  readonly clusters: Grouping;
  /** Groups that share one bootstrap weight; each lies within one cluster. */
  readonly groups: Grouping;
  readonly variance: "cr1" | "cv3";
  readonly residuals: "plain" | "leave-out";
}

/** The maps of the residuals e = base + (estimate - null) shift; no shift in the unrestricted bootstrap. */
export interface BootstrapScores {
  readonly base: ScoreMap;
  readonly shift: ScoreMap | null;
  /** Scores of the estimate's own variance, by cluster. */
  readonly observed: Float64Array;
}
