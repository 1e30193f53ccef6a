import type { Coefficient } from "../inference/coefficients.ts";
import type { JsonValue, Outcome } from "../outcome.ts";

/**
 * A tidy table: one row per unit and period. Columns that an estimator does not ask for may be absent. All columns have
 * `rows` entries; NaN is a missing number.
 */
export interface TidyData {
  readonly rows: number;
  /** Names as they stand in the file. */
  readonly unit: readonly string[] | null;
  /** Periods as numbers; equal distances are not assumed. */
  readonly time: Float64Array | null;
  readonly outcome: Float64Array;
  /** 0 or 1 per row: treated in this period. */
  readonly treatment: Float64Array | null;
  /** First treated period of the row's unit; 0, NaN or Infinity: never treated. */
  readonly firstTreated: Float64Array | null;
  /** Analytic weights. */
  readonly weights: Float64Array | null;
  readonly covariates: readonly { readonly name: string; readonly values: Float64Array }[];
  /** Cluster names; null: the unit. */
  readonly cluster: readonly string[] | null;
}

export type TidyColumn = "unit" | "time" | "treatment" | "firstTreated";

export interface EstimateOptions {
  /** Name of the variance or inference; null: the estimator's own default. */
  readonly vcov: string | null;
  /** Reference period relative to the first treated one. */
  readonly ref: number;
  readonly control: "never" | "notyet";
  readonly alpha: number;
  readonly seed: number;
  /** Estimator-specific settings as text, already checked against `settings` of the estimator. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface EstimateResult {
  readonly estimator: string;
  /** The inference that made the intervals, by name. */
  readonly inference: string;
  readonly coefficients: readonly Coefficient[];
  /** Rows used. */
  readonly nobs: number;
  readonly clusters: number | null;
  /** Dropped terms, units left out: sentences for a person. */
  readonly notes: readonly string[];
  /** Weights, decompositions, diagnostics: whatever belongs to this estimator, as plain data. */
  readonly details: Readonly<Record<string, JsonValue>>;
}

/** One estimator of `deploy-impact estimate`; listed in `estimators/index.ts`. */
export interface TidyEstimator {
  readonly id: string;
  readonly label: string;
  /** Paper or formula. */
  readonly reference: string;
  readonly needs: readonly TidyColumn[];
  /** Names accepted by --vcov; the first is the default. */
  readonly vcovs: readonly string[];
  /** Further settings (`--set name=value`): name, allowed values or a description, default. */
  readonly settings: readonly { readonly name: string; readonly description: string; readonly default: string }[];
  readonly estimate: (data: TidyData, options: EstimateOptions) => Outcome<EstimateResult>;
}
