import type { Coefficient } from "../inference/coefficients.ts";
import type { JsonValue, Outcome } from "../outcome.ts";
import type { NamedColumn } from "../regression/sample.ts";

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
  /** Further cluster variables of a multi-way error; only estimators with `multiwayClusters` get any. */
  readonly furtherClusters?: readonly TextColumn[];
  /** Columns of names that a setting of the kind `text-columns` asks for. */
  readonly texts?: readonly TextColumn[];
  /** Columns of numbers that a setting of the kind `number-columns` asks for. */
  readonly numbers?: readonly NamedColumn[];
}

export interface TextColumn {
  readonly name: string;
  readonly values: readonly string[];
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

/**
 * What a setting accepts, so that a wrong text is refused before anything is computed. Column kinds take names separated
 * by commas; the columns are read from the file into `texts` or `numbers` (`unit`, `time` and `cluster` stand for
 * the columns that have that part). `also` lists words that stand beside the numbers or columns, such as `auto`.
 */
export type SettingKind =
  | { readonly type: "choice"; readonly values: readonly string[] }
  | {
      readonly type: "number";
      readonly min?: number;
      readonly max?: number;
      readonly integer?: boolean;
      readonly also?: readonly string[];
    }
  | { readonly type: "text-columns" | "number-columns"; readonly also?: readonly string[] };

/** Inputs that not every estimator takes. */
export type EstimateInput = "weights" | "covariates" | "cluster" | "ref" | "control" | "seed";

export interface EstimatorSetting {
  readonly name: string;
  readonly description: string;
  readonly default: string;
  /** Left out: any text. */
  readonly accepts?: SettingKind;
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
  readonly settings: readonly EstimatorSetting[];
  /** What else changes the answer; left out: unknown, so that nothing is refused. */
  readonly uses?: readonly EstimateInput[];
  /** True: takes several cluster variables (`--cluster a,b`). */
  readonly multiwayClusters?: boolean;
  readonly estimate: (data: TidyData, options: EstimateOptions) => Outcome<EstimateResult>;
}
