import type { Matrix } from "ml-matrix";
import type { Outcome } from "../outcome.ts";
import type { Grouping } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";

/**
 * Small-sample factors in fixest's words.
 *
 * parameters: which parameters K counts in (n - 1) / (n - K): `nonnested` leaves out effects nested in a cluster,
 * `full` counts all, `none` only the slopes, a number is taken as it is.
 * clusterFactor: G / (G - 1); `min` uses the smallest G for every term of a multi-way error, `own` each its own.
 */
export interface SmallSampleCorrection {
  readonly parameters: "nonnested" | "full" | "none" | "off" | number;
  readonly clusterFactor: "min" | "own" | "off";
}

/** What an estimator may need besides the fit; all refer to the rows of the original input. */
export interface VarianceContext {
  /** One grouping, or several for multi-way clustering. */
  readonly clusters?: readonly Grouping[];
  readonly unit?: Grouping;
  /** Time step of every row, an integer that orders the rows. */
  readonly time?: Int32Array;
  readonly lag?: number;
  readonly smallSample?: SmallSampleCorrection;
}

export type VarianceNeed = "clusters" | "unit" | "time" | "lag";

export interface Variance {
  readonly matrix: Matrix;
  /** Degrees of freedom of Student's t, one per term. */
  readonly dof: readonly number[];
  /** Number of clusters (the smallest, if several groupings); null when the error does not cluster. */
  readonly clusters: number | null;
}

export interface VarianceEstimator {
  readonly id: string;
  readonly label: string;
  readonly needs: readonly VarianceNeed[];
  estimate(fit: LinearFit, context: VarianceContext): Outcome<Variance>;
}
