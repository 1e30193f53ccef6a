import type { Kind } from "../plan.ts";
import { type CellCounts, type Grid, reductionOf, toCells } from "./cells.ts";
import { meanBetween } from "./panel.ts";
import type { Series } from "./series.ts";

/** Cells of one component of a unit; weights only where the series bring their own. */
export interface ComponentCells {
  readonly values: Float64Array;
  readonly weights: Float64Array | null;
}

/**
 * Cells of a unit whose component came as several series, one per subgroup: what the unit as a whole showed.
 *
 * Formula: amounts (counter, count, numerator, denominator) add up over the subgroups seen at the step, as
 * `sum by (unit)` would; a gauge or ready-made ratio is the mean of the subgroups' pre means plus the (weighted) mean
 * deviation of those seen, so that a subgroup that comes or goes does not move it.
 * Units: raw.
 */
export function mergedCells(series: readonly Series[], kind: Kind, grid: Grid, counts: CellCounts): ComponentCells {
  const component = series[0]?.component ?? "value";
  const reduce = reductionOf(kind, component);
  const cells = series.map((one) => toCells(one, grid, reduce, counts));
  const [only] = cells;
  if (cells.length === 1 && only !== undefined) return only;
  if (component === "value" && reduce === "mean") return meanOfLevels(cells, grid);
  return { values: sumSeen(cells, grid), weights: null };
}

function sumSeen(cells: readonly ComponentCells[], grid: Grid): Float64Array {
  const values = new Float64Array(grid.steps).fill(Number.NaN);
  for (const { values: part } of cells) {
    for (let t = 0; t < grid.steps; t++) {
      const value = part[t] as number;
      if (!Number.isFinite(value)) continue;
      const sum = values[t] as number;
      values[t] = Number.isNaN(sum) ? value : sum + value;
    }
  }
  return values;
}

/** Subgroups without a point before the deploy have no level to deviate from, so they do not count. */
function meanOfLevels(cells: readonly ComponentCells[], grid: Grid): ComponentCells {
  const parts = cells
    .map((part) => ({ ...part, level: meanBetween(part.values, 0, -grid.first, part.weights) }))
    .filter(({ level }) => Number.isFinite(level));
  const isWeighted = parts.length > 0 && parts.every(({ weights }) => weights !== null);
  const level = levelOf(parts, grid, isWeighted);
  const values = new Float64Array(grid.steps);
  const weights = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    let sum = 0;
    let total = 0;
    for (const part of parts) {
      const value = part.values[t] as number;
      if (!Number.isFinite(value)) continue;
      const weight = isWeighted ? (part.weights?.[t] ?? 0) : 1;
      sum += weight * (value - part.level);
      total += weight;
    }
    values[t] = total > 0 ? level + sum / total : Number.NaN;
    weights[t] = total;
  }
  return { values, weights: isWeighted ? weights : null };
}

function levelOf(
  parts: readonly (ComponentCells & { readonly level: number })[],
  grid: Grid,
  isWeighted: boolean,
): number {
  const masses = parts.map(({ weights }) => (isWeighted ? massBefore(weights, grid) : 1));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return parts.reduce((sum, { level }, i) => sum + level * (masses[i] ?? 0), 0) / total;
}

function massBefore(weights: Float64Array | null, grid: Grid): number {
  let mass = 0;
  for (let t = 0; t < -grid.first; t++) mass += weights?.[t] ?? 0;
  return mass;
}
