import { completeTreatment } from "../core/estimators/adoption.ts";
import type { EstimateOptions, EstimateResult, TidyData } from "../core/estimators/contract.ts";
import { type Outcome, refuse } from "../core/outcome.ts";
import { readColumns } from "../sources/file/columns.ts";
import { inputName } from "../sources/file/open.ts";
import { tableHash } from "./data-hash.ts";
import { type ColumnChoice, type ColumnPlan, planColumns, tidyData, wantedColumns } from "./estimate-columns.ts";
import { type EstimateChoice, estimateOptions, findEstimator } from "./estimate-options.ts";

/** One estimate from one file. */
export interface EstimateRequest extends EstimateChoice {
  /** Path as given; `-` is standard input. */
  readonly data: string;
  readonly estimator: string;
  readonly columns: ColumnChoice;
}

/** What was computed from what, as plain data. */
export interface EstimateDocument {
  readonly version: string;
  readonly estimator: string;
  readonly label: string;
  readonly reference: string;
  readonly inference: string;
  readonly options: EstimateOptions;
  readonly data: { readonly file: string; readonly rows: number; readonly columns: ColumnPlan };
  /** SHA-256 of the columns that were read. */
  readonly dataHash: string;
  readonly outcome: Outcome<EstimateResult>;
}

/** `estimate`: reads the columns that the estimator needs and runs it. Wrong names throw, a refusal is an answer. */
export async function runEstimate(
  request: EstimateRequest,
  { version }: { readonly version: string },
): Promise<EstimateDocument> {
  const estimator = findEstimator(request.estimator);
  const options = estimateOptions(estimator, request);
  const file = inputName({ path: request.data });
  const state: { plan: ColumnPlan | null } = { plan: null };
  const table = await readColumns({ path: request.data }, (columns) => {
    const { settings } = options;
    state.plan = planColumns(columns, { estimator, choice: request.columns, settings, file });
    return wantedColumns(state.plan);
  });
  const { plan } = state;
  if (plan === null) throw new RangeError("the header was not read");
  const outcome = estimateFrom(tidyData(plan, table), request.estimator, options);
  return {
    version,
    estimator: estimator.id,
    label: estimator.label,
    reference: estimator.reference,
    inference: outcome.ok ? outcome.value.inference : (options.vcov ?? estimator.vcovs[0] ?? ""),
    options,
    data: { file, rows: table.rows, columns: plan },
    dataHash: tableHash(table),
    outcome,
  };
}

function estimateFrom(data: TidyData, name: string, options: EstimateOptions): Outcome<EstimateResult> {
  if (data.rows === 0) return refuse("NO_DATA", "The table has no row.", "Give a file with rows below its header.");
  const estimator = findEstimator(name);
  const complete = completeTreatment(data, estimator.needs.includes("firstTreated"));
  return complete.ok ? estimator.estimate(complete.value, options) : complete;
}

/**
 * Runs an estimator on a table in memory. A wrong name of an estimator, an error or a setting throws; what the data do
 * not allow is a refusal. The table is not changed.
 */
export function estimate(data: TidyData, name: string, choice: EstimateChoice = {}): Outcome<EstimateResult> {
  return estimateFrom(data, name, estimateOptions(findEstimator(name), choice));
}
