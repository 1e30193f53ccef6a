import { Matrix } from "ml-matrix";
import type { Estimates } from "../../inference/wald.ts";
import { dot } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { collinear } from "../../regression/concave.ts";
import type { Grouping } from "../../regression/effects.ts";
import { leastSquares } from "../../regression/ols.ts";
import { projectRows, type TwoWayEffects, type TwoWaySystem, twoWaySystem } from "../../regression/two-way.ts";
import { checkImputable } from "./imputable.ts";
import { type StaggeredTable, withoutUnits } from "./table.ts";

/** What untreated rows say about all rows. */
export interface Imputation {
  readonly table: StaggeredTable;
  readonly isTreated: Uint8Array;
  readonly treatedRows: Int32Array;
  readonly untreatedRows: Int32Array;
  /** Outcome less what it would be untreated: the effect of treated rows, the residual of the others. */
  readonly gap: Float64Array;
  /** Slopes of the covariates. */
  readonly slopes: readonly number[];
  /** Normal equations of the untreated rows. */
  readonly system: TwoWaySystem;
  /** Row weights, 0 for treated rows. */
  readonly weights: Float64Array;
  /** Inverse of the covariates' cross product among untreated rows, effects taken out; null without covariates. */
  readonly bread: Matrix | null;
}

/**
 * Imputes what treated rows would have been without the treatment.
 *
 * Formula: y_it = a_i + b_t + x_it'c + e_it fitted on the untreated rows; effect of a treated row: y_it - a_i - b_t - x_it'c.
 * Assumes: parallel trends, no anticipation; every treated row's unit and period are connected by untreated rows.
 * Units: the outcome's. Time O(rows x covariates + units x periods^2), memory O(rows + units x periods).
 * Source: Borusyak, Jaravel and Spiess 2024, Review of Economic Studies 91, theorem 2.
 */
export function impute(opened: StaggeredTable): Outcome<Imputation> {
  const start = opened.periods.values[0] ?? Number.NaN;
  const table = withoutUnits(
    opened,
    (u) => (opened.first[u] ?? Number.NaN) <= start,
    "treated from the first period on were left out",
  );
  if (table.cohorts.length === 0) {
    return refuse("NO_PRE_DATA", "Every treated unit is treated from the first period on.", "Give earlier periods.");
  }
  const { data, unit, time } = table;
  const isTreated = Uint8Array.from(unit.levels, (u, i) => Number((time[i] ?? 0) >= (table.first[u] ?? Number.NaN)));
  const identified = checkImputable(table, isTreated);
  if (!identified.ok) return identified;
  const weights = Float64Array.from(isTreated, (flag, i) => (flag === 1 ? 0 : (data.weights?.[i] ?? 1)));
  const periods = table.periods.grouping;
  const system =
    unit.count >= periods.count ? twoWaySystem(unit, periods, weights) : twoWaySystem(periods, unit, weights);
  const fitted = fitSlopes(table, weights);
  if (!fitted.ok) return fitted;
  const { slopes, bread } = fitted.value;
  const rowsWhere = (flag: number): Int32Array =>
    Int32Array.from(isTreated.keys()).filter((i) => isTreated[i] === flag);
  const untreatedRows = rowsWhere(0);
  const gap = Float64Array.from(data.outcome);
  data.covariates.forEach(({ values }, k) => {
    for (let i = 0; i < gap.length; i++) gap[i] = (gap[i] ?? 0) - (slopes[k] ?? 0) * (values[i] ?? 0);
  });
  // the second pass only removes rounding
  for (let pass = 0; pass < 2; pass++) removeEffects(system, untreatedRows, weights, gap);
  return answer({ table, isTreated, treatedRows: rowsWhere(1), untreatedRows, gap, slopes, system, weights, bread });
}

function removeEffects(system: TwoWaySystem, rows: Int32Array, weights: Float64Array, column: Float64Array): void {
  const weighted = Float64Array.from(rows, (row) => (weights[row] ?? 0) * (column[row] ?? 0));
  const effects = projectRows(system, rows, weighted);
  for (let i = 0; i < column.length; i++) column[i] = (column[i] ?? 0) - effectAt(system, effects, i);
}

function effectAt({ large, small }: TwoWaySystem, effects: TwoWayEffects, row: number): number {
  return (effects.large[large.levels[row] ?? 0] ?? 0) + (effects.small[small.levels[row] ?? 0] ?? 0);
}

function fitSlopes(
  table: StaggeredTable,
  weights: Float64Array,
): Outcome<{ readonly slopes: readonly number[]; readonly bread: Matrix | null }> {
  const { covariates, outcome } = table.data;
  if (covariates.length === 0) return answer({ slopes: [], bread: null });
  const effects = [table.unit, table.periods.grouping];
  const fit = leastSquares({ outcome, columns: covariates, effects, weights, singletons: "keep" });
  if (!fit.ok) return collinear(covariates[0]?.name ?? "");
  if (fit.value.dropped[0] !== undefined) return collinear(fit.value.dropped[0]);
  return answer({ slopes: fit.value.coefficients, bread: fit.value.bread });
}

/** An average of treated rows' effects. */
export interface ImputationTarget {
  readonly name: string;
  /** By entry of `treatedRows`, summing to one. */
  readonly weights: Float64Array;
}

/** The weighted average of the treated rows that are selected; null when there are none. */
export function targetOf(
  { table, treatedRows }: Imputation,
  name: string,
  isIn: (relative: number, cohort: number) => boolean,
): ImputationTarget | null {
  const weights = Float64Array.from(treatedRows, (row) => {
    const cohort = table.first[table.unit.levels[row] ?? 0] ?? Number.NaN;
    return isIn((table.time[row] ?? Number.NaN) - cohort, cohort) ? (table.data.weights?.[row] ?? 1) : 0;
  });
  const total = weights.reduce((sum, w) => sum + w, 0);
  return total > 0 ? { name, weights: weights.map((w) => w / total) } : null;
}

/** Times since treatment that treated rows have, ascending. */
export function horizons({ table, treatedRows }: Imputation): number[] {
  const found = new Set<number>();
  for (const row of treatedRows) {
    found.add((table.time[row] ?? Number.NaN) - (table.first[table.unit.levels[row] ?? 0] ?? Number.NaN));
  }
  return [...found].sort((a, b) => a - b);
}

/**
 * Averages of imputed effects with their conservative covariance.
 *
 * Formula: estimate = sum w tau. Every row's weight v: w for treated rows, minus its share in the imputations for the others;
 * covariance = sum over clusters of (sum v r)(sum v r)', r the residual of untreated rows and, for treated rows, the effect
 * less its average (by v^2) over the rows of the same cohort (or of all cohorts) and time since treatment.
 * Assumes: errors independent between clusters. The averages overfit: groups with one row add nothing to the error.
 * Source: Borusyak, Jaravel and Spiess 2024, theorem 3 and equation 8; conventions of didimputation.
 */
export function imputationEstimates(
  imputation: Imputation,
  targets: readonly ImputationTarget[],
  options: { readonly cluster: Grouping; readonly average: "cohort" | "horizon" },
): Estimates {
  const groups = effectGroups(imputation, options.average);
  const sums = targets.map((target) => clusterSums(imputation, target, options.cluster, groups));
  return {
    terms: targets.map((target) => target.name),
    coefficients: targets.map(({ weights }) =>
      imputation.treatedRows.reduce((sum, row, i) => sum + (weights[i] ?? 0) * (imputation.gap[row] ?? 0), 0),
    ),
    covariance: new Matrix(sums.map((a) => sums.map((b) => dot(a, b)))),
  };
}

/** Group of every treated row, by entry of `treatedRows`. */
function effectGroups({ table, treatedRows }: Imputation, average: "cohort" | "horizon"): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(treatedRows, (row) => {
    const cohort = table.first[table.unit.levels[row] ?? 0] ?? Number.NaN;
    const relative = (table.time[row] ?? Number.NaN) - cohort;
    const key = average === "cohort" ? `${cohort},${relative}` : String(relative);
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
}

function clusterSums(
  imputation: Imputation,
  { weights }: ImputationTarget,
  cluster: Grouping,
  groups: Int32Array,
): Float64Array {
  const { treatedRows, untreatedRows, gap } = imputation;
  const sums = new Float64Array(cluster.count);
  const add = (row: number, value: number): void => {
    const c = cluster.levels[row] ?? 0;
    sums[c] = (sums[c] ?? 0) + value;
  };
  const own = imputationWeights(imputation, weights);
  untreatedRows.forEach((row, i) => {
    add(row, (own[i] ?? 0) * (gap[row] ?? 0));
  });
  const averages = groupAverages(imputation, weights, groups);
  treatedRows.forEach((row, i) => {
    const w = weights[i] ?? 0;
    if (w !== 0) add(row, w * ((gap[row] ?? 0) - (averages[groups[i] ?? 0] ?? 0)));
  });
  return sums;
}

/** Average effect of each group, by squared weights. */
function groupAverages({ treatedRows, gap }: Imputation, weights: Float64Array, groups: Int32Array): Float64Array {
  const count = groups.reduce((largest, group) => Math.max(largest, group), -1) + 1;
  const totals = new Float64Array(count);
  const masses = new Float64Array(count);
  treatedRows.forEach((row, i) => {
    const g = groups[i] ?? 0;
    const square = (weights[i] ?? 0) ** 2;
    totals[g] = (totals[g] ?? 0) + square * (gap[row] ?? 0);
    masses[g] = (masses[g] ?? 0) + square;
  });
  return totals.map((total, g) => total / (masses[g] ?? 1));
}

/** Weight of every untreated row in the estimate: -W Z (Z'WZ)^-1 times the treated rows' weighted sum of z. */
function imputationWeights(imputation: Imputation, target: Float64Array): Float64Array {
  const { system, treatedRows, untreatedRows, weights, bread, table } = imputation;
  const effects = projectRows(system, treatedRows, target);
  const columns = table.data.covariates.map(({ values }) => values);
  const at = (row: number): number => effectAt(system, effects, row);
  if (bread === null) return Float64Array.from(untreatedRows, (row) => -(weights[row] ?? 0) * at(row));
  const rest = columns.map((values) => {
    let sum = 0;
    treatedRows.forEach((row, i) => {
      sum += (target[i] ?? 0) * (values[row] ?? 0);
    });
    for (const row of untreatedRows) sum -= (weights[row] ?? 0) * (values[row] ?? 0) * at(row);
    return sum;
  });
  const loadings = bread.mmul(Matrix.columnVector(rest)).to1DArray();
  const along = Float64Array.from(untreatedRows, (row) =>
    columns.reduce((sum, values, k) => sum + (loadings[k] ?? 0) * (values[row] ?? 0), 0),
  );
  const weighted = along.map((value, i) => (weights[untreatedRows[i] ?? 0] ?? 0) * value);
  const correction = projectRows(system, untreatedRows, weighted);
  return Float64Array.from(
    untreatedRows,
    (row, i) => -(weights[row] ?? 0) * (at(row) - effectAt(system, correction, row) + (along[i] ?? 0)),
  );
}
