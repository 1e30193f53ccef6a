import type { Coefficient } from "../../inference/coefficients.ts";
import { studentInference } from "../../inference/coefficients.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type LinearFit, leastSquares } from "../../regression/ols.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import { type ArModel, contrastCovariance, fitAr, impulseResponse, shockLoadingsOf } from "../did-ar.ts";
import { effectiveDof } from "../did-time-variance.ts";
import type { TableSeries } from "./table-series.ts";

export const SEASONS = ["none", "hour-of-day", "day-of-week", "hour-and-day", "hour-of-week"] as const;
export type Season = (typeof SEASONS)[number];

/** What the regression holds beside the level change. */
export interface Segments {
  readonly trend: boolean;
  readonly slope: boolean;
  readonly season: Season;
  /** Length of a day in the table's units of time. */
  readonly day: number;
}

/**
 * A fitted segmented regression. `average` is the same fit with the slope centred on the post window, so that its `level`
 * is the average effect over the window.
 */
export interface SegmentedFit {
  readonly fit: LinearFit;
  readonly average: LinearFit;
}

/**
 * Segmented regression of an interrupted time series.
 *
 * Formula: y_t = a + b (t - T) + season_t + level post_t + slope post_t (t - T) + e_t, ordinary least squares on the steps
 * that were seen; T the first treated period, t in the table's units of time. The average effect is
 * level + slope (mean of post t - T).
 * Assumes: without the treatment level, trend and season would have gone on. Units: those of the outcome.
 * Source: Box and Tiao 1975; Wagner, Soumerai, Zhang and Ross-Degnan 2002.
 */
export function segmentedRegression(series: TableSeries, segments: Segments): Outcome<SegmentedFit> {
  const { periods, values, firstTreated } = series;
  const seen = Array.from(values, (_, t) => t).filter((t) => Number.isFinite(values[t] as number));
  const post = seen.filter((t) => (periods[t] as number) >= firstTreated);
  const centre = post.reduce((sum, t) => sum + (periods[t] as number) - firstTreated, 0) / post.length;
  const plain = fitAround(series, segments, 0);
  if (!plain.ok) return plain;
  const average = segments.slope ? fitAround(series, segments, centre) : plain;
  return average.ok ? answer({ fit: plain.value, average: average.value }) : average;
}

function fitAround(series: TableSeries, segments: Segments, centre: number): Outcome<LinearFit> {
  const { periods, values, firstTreated } = series;
  const after = periods.map((period) => Number(period >= firstTreated));
  const since = periods.map((period) => period - firstTreated);
  const fitted = leastSquares({
    outcome: values,
    columns: [
      { name: "(Intercept)", values: new Float64Array(values.length).fill(1) },
      ...(segments.trend ? [{ name: "trend", values: since }] : []),
      ...seasonColumns(periods, segments),
      { name: "level", values: after },
      ...(segments.slope ? [{ name: "slope", values: since.map((t, i) => (after[i] ?? 0) * (t - centre)) }] : []),
    ],
    effects: [],
    singletons: "keep",
    ...(series.weights === null ? {} : { weights: series.weights }),
  });
  if (!fitted.ok) return fitted;
  const lost = ["level", "slope"].find((name) => fitted.value.dropped.includes(name));
  if (lost !== undefined) {
    return refuse(
      "COLLINEAR",
      `The ${lost} change is a combination of trend and season: no earlier period has these hours.`,
      "Add history, or choose a smaller `season`, `trend=no` or `slope=no`.",
      { term: lost },
    );
  }
  if (fitted.value.n > fitted.value.terms.length) return fitted;
  return refuse(
    "TOO_FEW_PERIODS",
    `There are ${fitted.value.n} periods for ${fitted.value.terms.length} terms.`,
    "Add periods, or choose a smaller `season`.",
    { periods: fitted.value.n, terms: fitted.value.terms.length },
  );
}

/** One column per hour, weekday or both, the first of each left out. */
function seasonColumns(periods: Float64Array, { season, day }: Segments): NamedColumn[] {
  const hourOf = (period: number): number => Math.floor((period / day - Math.floor(period / day)) * 24 + 1e-9) % 24;
  const weekdayOf = (period: number): number => ((Math.floor(period / day + 1e-9) % 7) + 7) % 7;
  const parts: ((period: number) => string)[] = [];
  if (season === "hour-of-day" || season === "hour-and-day") parts.push((period) => `hour ${hourOf(period)}`);
  if (season === "day-of-week" || season === "hour-and-day") parts.push((period) => `day ${weekdayOf(period)}`);
  if (season === "hour-of-week") parts.push((period) => `day ${weekdayOf(period)} hour ${hourOf(period)}`);
  return parts.flatMap((nameOf) => {
    const names = Array.from(periods, nameOf);
    const levels = [...new Set(names)].sort().slice(1);
    return levels.map((level) => ({ name: level, values: Float64Array.from(names, (name) => Number(name === level)) }));
  });
}

/** Row of a term by the exact variance of its weights under an autoregression of the residuals before the treatment. */
export function arRow(
  series: TableSeries,
  fit: LinearFit,
  term: string,
  alpha: number,
): { readonly row: Coefficient; readonly model: ArModel } | null {
  const residuals = onGrid(series, fit, fit.residuals);
  const size = series.values.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), 0);
  const model = fitAr(residuals, series.preEnd, size);
  if (model === null) return null;
  const response = impulseResponse(model, series.values.length);
  const loadings = shockLoadingsOf(
    response,
    onGrid(series, fit, termWeights(fit, term)).map((w) => (Number.isNaN(w) ? 0 : w)),
  );
  const variance = contrastCovariance(response, loadings, loadings);
  if (!(variance > 0)) return null;
  const dof = effectiveDof(model, response, series.values.length);
  const estimate = fit.coefficients[fit.terms.indexOf(term)] ?? Number.NaN;
  return { row: studentInference(term, estimate, Math.sqrt(variance), { dof, alpha }), model };
}

/** What each row counts in a coefficient: row j of (X'WX)^-1 X'W. */
export function termWeights(fit: LinearFit, term: string): Float64Array {
  const j = fit.terms.indexOf(term);
  return Float64Array.from({ length: fit.n }, (_, i) => {
    const weight = fit.weights === null ? 1 : (fit.weights[i] as number);
    return weight * fit.columns.reduce((sum, column, k) => sum + fit.bread.get(j, k) * (column[i] as number), 0);
  });
}

function onGrid(series: TableSeries, fit: LinearFit, of: Float64Array): Float64Array {
  const grid = new Float64Array(series.values.length).fill(Number.NaN);
  fit.rows.forEach((row, i) => {
    grid[row] = of[i] as number;
  });
  return grid;
}
