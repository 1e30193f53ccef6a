import { orthogonalize } from "../../linalg/gram-schmidt.ts";
import { axpy, weightedDot } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { withinTransform } from "../../regression/within.ts";
import type { StaggeredTable } from "./table.ts";

/** Weights with which two-way fixed effects averages the effects of treated rows. */
export interface CellWeights {
  /** Rows that are treated. */
  readonly rows: Int32Array;
  /** By entry of `rows`, summing to one. */
  readonly weights: Float64Array;
  readonly negative: number;
  readonly negativeSum: number;
  readonly smallest: number;
  readonly largest: number;
}

/** Weights this close to zero are rounding. */
const ZERO = 1e-14;

/**
 * Weights of treated rows in the two-way fixed effects coefficient.
 *
 * Formula: w_it = residual of the treatment on unit effects, time effects and covariates, over its sum on treated rows; the
 * coefficient estimates sum w_it tau_it. Negative weights: it may have the opposite sign of every single effect.
 * Time and memory grow with the rows.
 * Source: de Chaisemartin and D'Haultfoeuille 2020, American Economic Review 110, theorem 1.
 */
export function cellWeights({ data, unit, periods, first, time }: StaggeredTable): Outcome<CellWeights> {
  const treatment = time.map((t, i) => Number(t >= (first[unit.levels[i] ?? 0] ?? Number.NaN)));
  const within = withinTransform([unit, periods.grouping], data.weights);
  const residual = within(treatment);
  const covariates = data.covariates.map(({ values }) => within(values));
  const scales = data.covariates.map(({ values }) =>
    Math.max(weightedDot(values, values, data.weights), Number.MIN_VALUE),
  );
  const { basis, norms } = orthogonalize(covariates, data.weights, scales, 1e-10);
  basis.forEach((vector, i) => {
    axpy(-weightedDot(vector, residual, data.weights) / (norms[i] ?? 1) ** 2, vector, residual);
  });
  const rows = Int32Array.from(treatment.keys()).filter((i) => treatment[i] === 1);
  const parts = Float64Array.from(rows, (row) => (residual[row] ?? 0) * (data.weights?.[row] ?? 1));
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (!(total > 1e-10 * rows.length)) {
    return refuse(
      "NOT_ESTIMABLE",
      "Unit and time effects take the whole treatment away.",
      "Give units that are treated at different times, or never.",
    );
  }
  const weights = parts.map((part) => part / total);
  const negatives = weights.filter((weight) => weight < -ZERO);
  return answer({
    rows,
    weights,
    negative: negatives.length,
    negativeSum: negatives.reduce((sum, weight) => sum + weight, 0),
    smallest: weights.reduce((least, weight) => Math.min(least, weight), Number.POSITIVE_INFINITY),
    largest: weights.reduce((most, weight) => Math.max(most, weight), Number.NEGATIVE_INFINITY),
  });
}
