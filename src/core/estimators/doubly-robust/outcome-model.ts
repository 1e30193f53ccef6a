import type { Matrix } from "ml-matrix";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { collinear, linearIndex } from "../../regression/concave.ts";
import { leastSquares } from "../../regression/ols.ts";
import type { Nuisance } from "./parts.ts";
import type { Prepared } from "./sample.ts";

/** A linear model of the outcome, fitted on the rows with positive weight and predicted for all. */
export interface OutcomeModel extends Nuisance {
  readonly fitted: Float64Array;
}

/**
 * Weighted least squares of an outcome on the covariates.
 *
 * Formula: influence of row i on d'b: w_i e_i x_i' (X'WX / n)^-1 d.
 * Assumes: enough rows with weight to tell the covariates apart there; refused by name otherwise.
 */
export function outcomeModel(
  sample: Prepared,
  outcome: Float64Array,
  weights: Float64Array,
  group: string,
): Outcome<OutcomeModel> {
  const rows = weights.reduce((count, w) => count + Number(w > 0), 0);
  if (rows < sample.columns.length) {
    return refuse(
      "TOO_FEW_UNITS",
      `${rows} ${group} are too few for ${sample.columns.length - 1} covariates.`,
      "Use fewer covariates, or add units.",
      { units: rows, covariates: sample.columns.length - 1 },
    );
  }
  const fit = leastSquares({ outcome, columns: sample.columns, effects: [], weights, singletons: "keep" });
  if (!fit.ok) return fit;
  const { dropped, coefficients, bread } = fit.value;
  if (dropped[0] !== undefined) return collinear(dropped[0]);
  const fitted = linearIndex(sample.design, coefficients);
  const scores = weights.map((w, i) => (w > 0 ? w * ((outcome[i] ?? 0) - (fitted[i] ?? 0)) : 0));
  return answer({ coefficients, fitted, influence: (direction) => linearInfluence(sample, scores, bread, direction) });
}

/** n * score_i * x_i' bread d for every row. */
export function linearInfluence(
  sample: Prepared,
  scores: Float64Array,
  bread: Matrix,
  direction: readonly number[],
): Float64Array {
  const loading = bread.to2DArray().map((row) => row.reduce((sum, b, j) => sum + b * (direction[j] ?? 0), 0));
  const projected = linearIndex(sample.design, loading);
  return projected.map((value, i) => sample.n * (scores[i] ?? 0) * value);
}
