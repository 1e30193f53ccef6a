import type { Kind } from "../plan.ts";
import type { Series } from "./series.ts";

/** Grid steps relative to deployedAt: step index k covers [deployedAt + k step, deployedAt + (k + 1) step). */
export interface Grid {
  readonly deployedAt: number;
  readonly step: number;
  /** First relative step index (<= 0 when there is a pre window). */
  readonly first: number;
  readonly steps: number;
}

export interface CellCounts {
  /** Rows with a stamp that an earlier row of the same unit already had; the last one counts. */
  duplicates: number;
  /** Those of them whose value is another one: several series under one name, of which all but one are lost. */
  conflicts: number;
  /** Rows read. */
  rows: number;
  /** Falls of a counter, taken as restarts from zero. */
  resets: number;
  /** Values that are +-Infinity, treated as missing. */
  infinite: number;
}

/** How several points of one step become one cell. */
type Reduce = "mean" | "sum" | "increase";

const REDUCTIONS: Readonly<Record<Kind, Reduce>> = {
  gauge: "mean",
  counter: "increase",
  ratio: "mean",
  count: "sum",
  quantile: "mean",
};

export function reductionOf(kind: Kind, component: Series["component"]): Reduce {
  if (component === "numerator" || component === "denominator") return "sum";
  return REDUCTIONS[kind];
}

/**
 * Puts the points of one unit into grid cells; cells without a finite point are NaN.
 *
 * mean: the (weighted) mean of the step's points; sum: their sum; increase: what a counter gained during the step, where
 * a fall means a restart from zero (docs/method.md section 5). An increase across a missing step is unknown, not spread.
 */
export function toCells(
  series: Series,
  grid: Grid,
  reduce: Reduce,
  counts: CellCounts,
): { readonly values: Float64Array; readonly weights: Float64Array | null } {
  const rows = cleanRows(series, counts);
  if (reduce === "increase") return { values: increases(series, rows, grid, counts), weights: null };
  return reducePoints(series, rows, grid, reduce);
}

/** Row indexes in time order, one per stamp (the last), finite values only. */
function cleanRows(series: Series, counts: CellCounts): Int32Array {
  const order = timeOrder(series.times);
  const kept = new Int32Array(order.length);
  counts.rows += order.length;
  let n = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i] as number;
    const next = order[i + 1];
    if (next !== undefined && series.times[next] === series.times[row]) {
      counts.duplicates++;
      if (series.values[next] !== series.values[row]) counts.conflicts++;
      continue;
    }
    const value = series.values[row] as number;
    if (!Number.isFinite(series.times[row] as number)) continue;
    if (Number.isFinite(value)) kept[n++] = row;
    else if (!Number.isNaN(value)) counts.infinite++;
  }
  return kept.subarray(0, n);
}

function timeOrder(times: Float64Array): Int32Array {
  const order = new Int32Array(times.length);
  let sorted = true;
  for (let i = 0; i < times.length; i++) {
    order[i] = i;
    if (i > 0 && (times[i] as number) < (times[i - 1] as number)) sorted = false;
  }
  return sorted ? order : order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
}

/** Grid cell of an instant; outside 0..steps-1 when it is not on the grid. */
export function cellOf(time: number, grid: Grid): number {
  return Math.floor((time - grid.deployedAt) / grid.step) - grid.first;
}

function reducePoints(
  series: Series,
  rows: Int32Array,
  grid: Grid,
  reduce: "mean" | "sum",
): { readonly values: Float64Array; readonly weights: Float64Array | null } {
  const sums = new Float64Array(grid.steps);
  const totals = new Float64Array(grid.steps);
  for (const row of rows) {
    const cell = cellOf(series.times[row] as number, grid);
    if (cell < 0 || cell >= grid.steps) continue;
    const weight = series.weights === undefined ? 1 : (series.weights[row] as number);
    if (!(weight > 0)) continue;
    const value = series.values[row] as number;
    sums[cell] = (sums[cell] as number) + (reduce === "sum" ? value : weight * value);
    totals[cell] = (totals[cell] as number) + weight;
  }
  const values = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const total = totals[t] as number;
    if (total === 0) values[t] = Number.NaN;
    else values[t] = reduce === "sum" ? (sums[t] as number) : (sums[t] as number) / total;
  }
  return { values, weights: series.weights === undefined ? null : totals };
}

function increases(series: Series, rows: Int32Array, grid: Grid, counts: CellCounts): Float64Array {
  const values = new Float64Array(grid.steps).fill(Number.NaN);
  for (let i = 1; i < rows.length; i++) {
    const row = rows[i] as number;
    const before = rows[i - 1] as number;
    const cell = cellOf(series.times[row] as number, grid);
    if (cell < 0 || cell >= grid.steps) continue;
    const distance = cell - cellOf(series.times[before] as number, grid);
    if (distance > 1) continue;
    const rise = (series.values[row] as number) - (series.values[before] as number);
    if (rise < 0) counts.resets++;
    const gained = rise < 0 ? (series.values[row] as number) : rise;
    // Within one step the gains add up; they stay unknown when the step's first gain was (NaN + x is NaN).
    values[cell] = distance === 0 ? (values[cell] as number) + gained : gained;
  }
  return values;
}
