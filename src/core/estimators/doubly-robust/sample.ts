import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { NamedColumn } from "../../regression/sample.ts";

/** Units (or rows) of one comparison of two groups. */
export interface GroupSample {
  /** 1: treated group, 0: comparison group. */
  readonly treated: Float64Array;
  /** Without a column of ones; the estimators add it. */
  readonly covariates: readonly NamedColumn[];
  /** null: all equal. */
  readonly weights: Float64Array | null;
  /** Name of a unit, for refusals. */
  readonly label: (row: number) => string;
}

/** Two outcomes per unit, as their difference. */
export interface PanelSample extends GroupSample {
  /** Outcome after minus outcome before. */
  readonly change: Float64Array;
}

/** One outcome per row; different units before and after. */
export interface CrossSectionSample extends GroupSample {
  readonly outcome: Float64Array;
  /** 1: after, 0: before. */
  readonly post: Float64Array;
}

/** A number that is a smooth function of means, with every row's influence on it. */
export interface InfluenceEstimate {
  readonly estimate: number;
  /** Mean zero; the estimate's error is about the mean of these. */
  readonly influence: Float64Array;
}

/** The sample in the shape the estimators compute with. */
export interface Prepared {
  readonly n: number;
  readonly treated: Float64Array;
  /** With mean one. */
  readonly weights: Float64Array;
  /** A column of ones and the covariates. */
  readonly columns: readonly NamedColumn[];
  readonly design: readonly Float64Array[];
  readonly label: (row: number) => string;
}

export function prepare(sample: GroupSample): Outcome<Prepared> {
  const n = sample.treated.length;
  let [total, treatedWeight] = [0, 0];
  const raw = sample.weights;
  for (let i = 0; i < n; i++) {
    const weight = raw === null ? 1 : (raw[i] ?? 0);
    total += weight;
    if (sample.treated[i] === 1) treatedWeight += weight;
  }
  if (!(treatedWeight > 0)) {
    return refuse("NO_TREATED_UNITS", "No unit with a positive weight was treated.", "Name the treated units.");
  }
  if (!(total - treatedWeight > 0)) {
    return refuse("NO_CONTROL_UNITS", "Every unit with a positive weight was treated.", "Keep some units untreated.");
  }
  const weights = raw === null ? new Float64Array(n).fill(1) : raw.map((weight) => (weight * n) / total);
  const columns = [{ name: "(Intercept)", values: new Float64Array(n).fill(1) }, ...sample.covariates];
  const design = columns.map((column) => column.values);
  return answer({ n, treated: sample.treated, weights, columns, design, label: sample.label });
}

/** Standard error of an estimate from its influences: independent rows, or clusters whose rows' influences add up. */
export function influenceError(influence: Float64Array): number {
  let squares = 0;
  for (const value of influence) squares += value * value;
  return Math.sqrt(squares) / influence.length;
}
