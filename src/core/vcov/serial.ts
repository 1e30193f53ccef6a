import { Matrix } from "ml-matrix";
import { answer, type Outcome, refuse } from "../outcome.ts";
import type { LinearFit } from "../regression/ols.ts";
import { parameterFactor } from "./scores.ts";
import type { SmallSampleCorrection, VarianceContext } from "./variance.ts";

export interface TimeIndex {
  /** Position of every used row on the sorted distinct steps. */
  readonly positions: Int32Array;
  readonly count: number;
}

export interface SerialSetup {
  readonly time: TimeIndex;
  readonly lag: number;
}

/**
 * Time positions of the rows used, and the lag: as given, else floor(T^(1/4)).
 *
 * Source of the default: fixest, vcov_DK and vcov_NW.
 */
export function serialSetup(fit: LinearFit, context: VarianceContext): Outcome<SerialSetup> {
  const { time } = context;
  if (!time) {
    return refuse(
      "NOT_ESTIMABLE",
      "This error needs the time step of every row.",
      "Give the time of each observation.",
    );
  }
  const steps = Int32Array.from(fit.rows, (row) => time[row] ?? 0);
  const distinct = Int32Array.from(new Set(steps)).sort();
  const position = new Map(Array.from(distinct, (step, i) => [step, i] as const));
  const positions = steps.map((step) => position.get(step) ?? 0);
  const count = distinct.length;
  if (count < 2) return refuse("PRE_TOO_SHORT", "This error needs at least two time steps.", "Give longer windows.");
  return answer({ time: { positions, count }, lag: context.lag ?? Math.floor(count ** 0.25) });
}

/** Bartlett weight 1 - l / (L + 1). */
export function bartlett(lag: number, lags: number): number {
  return 1 - lag / (lags + 1);
}

/**
 * Weighted sum of autocovariances of rows of a T x k table (column-major): G_0 + sum w_l (G_l + G_l').
 */
export function bartlettMeat(columns: readonly Float64Array[], lags: number): Matrix {
  const size = columns.length;
  const meat = Matrix.zeros(size, size);
  const length = columns[0]?.length ?? 0;
  for (let lag = 0; lag <= Math.min(lags, length - 1); lag++) {
    const weight = bartlett(lag, lags);
    columns.forEach((a, j) => {
      columns.forEach((b, k) => {
        let product = 0;
        for (let t = lag; t < length; t++) product += (a[t] ?? 0) * (b[t - lag] ?? 0);
        meat.set(j, k, meat.get(j, k) + weight * product);
        if (lag > 0) meat.set(k, j, meat.get(k, j) + weight * product);
      });
    });
  }
  return meat;
}

/** (n - 1) / (n - K) T / (T - 1), each part as the correction says. */
export function serialFactor(fit: LinearFit, correction: SmallSampleCorrection, steps: number): number {
  return parameterFactor(fit, correction, []) * (correction.clusterFactor === "off" ? 1 : steps / (steps - 1));
}

/** Bartlett weights make a positive semidefinite matrix: a variance below zero is rounding, and zero. In place. */
export function withoutNegatives(matrix: Matrix): Matrix {
  for (let j = 0; j < matrix.rows; j++) matrix.set(j, j, Math.max(0, matrix.get(j, j)));
  return matrix;
}
