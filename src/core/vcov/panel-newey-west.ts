import { Matrix } from "ml-matrix";
import { answer, refuse } from "../outcome.ts";
import { type Grouping, rowsByLevel, rowsOf, selectRows } from "../regression/effects.ts";
import { sameDof, sandwich, scoreColumns } from "./scores.ts";
import { bartlettMeat, serialFactor, serialSetup, type TimeIndex, withoutNegatives } from "./serial.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Errors correlated over time within a unit up to a lag, independent between units.
 *
 * Formula: sum over units of Bartlett-weighted autocovariances of scores, times (n - 1) / (n - K) T / (T - 1); t with
 * T - 1 degrees of freedom. Missing steps keep their place, so lags are distances on the grid of observed steps.
 * Source: Newey and West 1987, Econometrica 55; fixest, vcov_NW.
 */
export const panelNeweyWest: VarianceEstimator = {
  id: "panel-newey-west",
  label: "Newey-West within units",
  needs: ["unit", "time"],
  estimate(fit, context) {
    const setup = serialSetup(fit, context);
    if (!setup.ok) return setup;
    if (!context.unit)
      return refuse("NOT_ESTIMABLE", "This error needs the unit of every row.", "Name the unit column.");
    const { time, lag } = setup.value;
    const meat = withinUnitMeat(scoreColumns(fit), selectRows(context.unit, fit.rows), time, lag);
    const correction = context.smallSample ?? { parameters: "full", clusterFactor: "min" };
    const matrix = withoutNegatives(sandwich(fit, meat, serialFactor(fit, correction, time.count)));
    return answer({ matrix, dof: sameDof(fit, time.count - 1), clusters: null });
  },
};

function withinUnitMeat(scores: readonly Float64Array[], units: Grouping, time: TimeIndex, lag: number): Matrix {
  const meat = Matrix.zeros(scores.length, scores.length);
  const index = rowsByLevel(units);
  for (let unit = 0; unit < units.count; unit++) {
    const rows = rowsOf(index, unit);
    const paths = scores.map((column) => {
      const path = new Float64Array(time.count);
      for (const row of rows) path[time.positions[row] ?? 0] = column[row] ?? 0;
      return path;
    });
    meat.add(bartlettMeat(paths, lag));
  }
  return meat;
}
