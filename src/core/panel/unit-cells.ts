import type { SliPlan } from "../plan.ts";
import { type CellCounts, cellOf, type Grid, reductionOf, toCells } from "./cells.ts";
import { type Bucket, histogramQuantile } from "./histogram.ts";
import type { Series } from "./series.ts";
import type { UnitSeries } from "./unit-series.ts";

/** One unit on the grid. */
export interface UnitCells {
  readonly unit: string;
  readonly treated: boolean;
  readonly values: Float64Array;
  readonly weights: Float64Array | null;
}

/** The cells of one unit by the kind of its SLI (docs/method.md section 5). */
export function unitCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): UnitCells {
  const { values, weights } =
    sli.kind === "quantile" ? quantileCells(unit, sli, grid, counts) : plainCells(unit, sli, grid, counts);
  return { unit: unit.unit, treated: unit.treated, values, weights };
}

type Cells = { readonly values: Float64Array; readonly weights: Float64Array | null };

function plainCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): Cells {
  const find = (component: Series["component"]): Series | undefined =>
    unit.series.find((one) => one.component === component);
  const numerator = find("numerator");
  const denominator = find("denominator");
  if (numerator !== undefined || denominator !== undefined) return ratioCells(numerator, denominator, grid, counts);
  const value = find("value");
  if (value === undefined) return { values: new Float64Array(grid.steps).fill(Number.NaN), weights: null };
  const cells = toCells(value, grid, reductionOf(sli.kind, "value"), counts);
  return sli.kind === "ratio" ? cells : { values: cells.values, weights: null };
}

/**
 * numerator / denominator with the denominator as weight. No traffic (denominator 0) is a missing ratio. A numerator
 * series that is missing where the denominator has traffic counts as 0: a metric system returns no series for "no error
 * was ever counted", and leaving those steps out would keep only the bad ones.
 */
function ratioCells(
  numerator: Series | undefined,
  denominator: Series | undefined,
  grid: Grid,
  counts: CellCounts,
): Cells {
  const empty = new Float64Array(grid.steps).fill(Number.NaN);
  const top = numerator === undefined ? empty : toCells(numerator, grid, "sum", counts).values;
  const bottom = denominator === undefined ? empty : toCells(denominator, grid, "sum", counts).values;
  const unknown = numerator === undefined ? null : cellsCalledUnknown(numerator, grid);
  const values = new Float64Array(grid.steps);
  const weights = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const traffic = bottom[t] as number;
    const counted = top[t] as number;
    const isKnown = Number.isFinite(counted) || unknown?.[t] !== 1;
    const usable = traffic > 0 && isKnown;
    values[t] = usable ? (Number.isFinite(counted) ? counted / traffic : 0) : Number.NaN;
    weights[t] = usable ? traffic : 0;
  }
  return { values, weights };
}

/** 1 where the source itself returned a value that is no number: that is not "nothing was counted". */
function cellsCalledUnknown(series: Series, grid: Grid): Uint8Array {
  const unknown = new Uint8Array(grid.steps);
  for (let i = 0; i < series.times.length; i++) {
    if (Number.isFinite(series.values[i] as number)) continue;
    const cell = cellOf(series.times[i] as number, grid);
    if (cell >= 0 && cell < grid.steps) unknown[cell] = 1;
  }
  return unknown;
}

/** Per step the histogram quantile of the unit's own buckets: approximate, and never averaged over units' raw buckets. */
function quantileCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): Cells {
  const columns = unit.series
    .filter((one) => one.component === "bucket" && one.le !== undefined)
    .map((one) => ({ le: one.le as number, values: toCells(one, grid, "mean", counts).values }));
  if (columns.length === 0) return plainCells(unit, { ...sli, kind: "gauge" }, grid, counts);
  const values = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const buckets: Bucket[] = [];
    for (const { le, values: column } of columns) {
      const count = column[t] as number;
      if (Number.isFinite(count)) buckets.push({ le, count });
    }
    values[t] = histogramQuantile(sli.quantile ?? Number.NaN, buckets);
  }
  return { values, weights: null };
}
