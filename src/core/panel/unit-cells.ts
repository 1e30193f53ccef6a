import type { SliPlan } from "../plan.ts";
import { type CellCounts, cellOf, type Grid, toCells } from "./cells.ts";
import { type Bucket, histogramQuantile, joinHistograms } from "./histogram.ts";
import type { Series } from "./series.ts";
import { mergedCells } from "./subgroups.ts";
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
  const find = (component: Series["component"]): Series[] => seriesOf(unit.series, component);
  const numerator = find("numerator");
  const denominator = find("denominator");
  if (numerator.length > 0 || denominator.length > 0) return ratioCells(numerator, denominator, grid, counts);
  const value = find("value");
  if (value.length === 0) return { values: new Float64Array(grid.steps).fill(Number.NaN), weights: null };
  const cells = mergedCells(value, sli.kind, grid, counts);
  return sli.kind === "ratio" ? cells : { values: cells.values, weights: null };
}

/** The series of one component: the first, or one per subgroup. */
function seriesOf(series: readonly Series[], component: Series["component"]): Series[] {
  const seen = new Set<string | undefined>();
  return series.filter((one) => {
    if (one.component !== component || seen.has(one.subgroup)) return false;
    seen.add(one.subgroup);
    return true;
  });
}

/**
 * numerator / denominator with the denominator as weight. No traffic (denominator 0) is a missing ratio. A numerator
 * series that is missing where the denominator has traffic counts as 0: a metric system returns no series for "no error
 * was ever counted", and leaving those steps out would keep only the bad ones.
 */
function ratioCells(
  numerator: readonly Series[],
  denominator: readonly Series[],
  grid: Grid,
  counts: CellCounts,
): Cells {
  const empty = new Float64Array(grid.steps).fill(Number.NaN);
  const top = numerator.length === 0 ? empty : mergedCells(numerator, "ratio", grid, counts).values;
  const bottom = denominator.length === 0 ? empty : mergedCells(denominator, "ratio", grid, counts).values;
  const unknown = cellsCalledUnknown(numerator, grid);
  const values = new Float64Array(grid.steps);
  const weights = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const traffic = bottom[t] as number;
    const counted = top[t] as number;
    const isKnown = unknown[t] !== 1 || (numerator.length === 1 && Number.isFinite(counted));
    const usable = traffic > 0 && isKnown;
    values[t] = usable ? (Number.isFinite(counted) ? counted / traffic : 0) : Number.NaN;
    weights[t] = usable ? traffic : 0;
  }
  return { values, weights };
}

/** 1 where the source itself returned a value that is no number: that is not "nothing was counted". */
function cellsCalledUnknown(series: readonly Series[], grid: Grid): Uint8Array {
  const unknown = new Uint8Array(grid.steps);
  for (const { times, values } of series) {
    for (let i = 0; i < times.length; i++) {
      if (Number.isFinite(values[i] as number)) continue;
      const cell = cellOf(times[i] as number, grid);
      if (cell >= 0 && cell < grid.steps) unknown[cell] = 1;
    }
  }
  return unknown;
}

/** Per step the histogram quantile of the unit's own buckets: approximate, and never averaged over units' raw buckets. */
function quantileCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): Cells {
  const parts = bucketColumns(unit.series, grid, counts);
  if (parts.length === 0) return plainCells(unit, { ...sli, kind: "gauge" }, grid, counts);
  const values = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const seen = parts.map((columns) => bucketsAt(columns, t));
    const [only] = seen;
    const buckets = seen.length === 1 && only !== undefined ? only : joinHistograms(seen);
    values[t] = histogramQuantile(sli.quantile ?? Number.NaN, buckets);
  }
  return { values, weights: null };
}

interface BucketColumn {
  readonly le: number;
  readonly values: Float64Array;
}

/** The buckets of each subgroup, or of the unit as a whole. */
function bucketColumns(series: readonly Series[], grid: Grid, counts: CellCounts): BucketColumn[][] {
  const parts = new Map<string | undefined, BucketColumn[]>();
  for (const one of series) {
    if (one.component !== "bucket" || one.le === undefined) continue;
    const column = { le: one.le, values: toCells(one, grid, "mean", counts).values };
    const known = parts.get(one.subgroup);
    if (known === undefined) parts.set(one.subgroup, [column]);
    else known.push(column);
  }
  return [...parts.values()];
}

function bucketsAt(columns: readonly BucketColumn[], t: number): Bucket[] {
  const buckets: Bucket[] = [];
  for (const { le, values } of columns) {
    const count = values[t] as number;
    if (Number.isFinite(count)) buckets.push({ le, count });
  }
  return buckets;
}
