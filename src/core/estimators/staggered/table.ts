import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import { groupBy } from "../../regression/effects.ts";
import { adoptionOf, type FirstTreated, type Periods, periodsOf } from "../adoption.ts";
import type { TidyData } from "../contract.ts";
import { openTable } from "../panel-ols/table.ts";

/** A table of units that are treated from some period on, each in its own. */
export interface StaggeredTable {
  /** Rows that can be used. */
  readonly data: TidyData;
  readonly time: Float64Array;
  readonly unit: Grouping;
  readonly unitNames: readonly string[];
  readonly periods: Periods;
  /** By unit; NaN: not treated up to the last period. */
  readonly first: FirstTreated;
  /** Starting periods that occur, ascending. */
  readonly cohorts: readonly number[];
  readonly notes: readonly string[];
}

/**
 * Opens a table for an estimator of staggered treatments.
 *
 * Rows with a missing number or a weight of zero are left out and counted. Refuses infinite numbers, negative weights, two
 * rows for a unit and period, a treatment that ends, and a table in which nobody is treated. Time n log n, memory n.
 */
export function openStaggered(data: TidyData): Outcome<StaggeredTable> {
  if (data.unit === null || data.time === null || (data.firstTreated === null && data.treatment === null)) {
    return refuse(
      "NOT_ESTIMABLE",
      "This estimator needs a unit, a time and the first treated period (or the treatment) of every row.",
      "Name these columns.",
    );
  }
  const opened = openTable(data, true);
  if (!opened.ok) return opened;
  const known = withoutMissing(data);
  if (known.kept.rows === 0) return refuse("NO_DATA", "No row has an outcome and covariates.", "Check the columns.");
  const { kept } = known;
  const unit = groupBy("unit", kept.unit ?? []);
  const time = kept.time ?? new Float64Array(0);
  const periods = periodsOf(time);
  const adopted = adoptionOf(kept, unit, time);
  if (!adopted.ok) return adopted;
  const last = periods.values.at(-1) ?? Number.NaN;
  const first = adopted.value.map((period) => (period <= last ? period : Number.NaN));
  const cohorts = [...new Set(first)].filter((period) => !Number.isNaN(period)).sort((a, b) => a - b);
  if (cohorts.length === 0) {
    return refuse(
      "NO_TREATED_UNITS",
      `No unit is treated up to the last period, ${last}.`,
      "Name the column with the first treated period of every unit.",
      { lastPeriod: last },
    );
  }
  if (periods.values.length < 2) {
    return refuse("TOO_FEW_PERIODS", "The table has one period.", "Give periods before and after the treatment.");
  }
  return answer({
    data: kept,
    time,
    unit,
    unitNames: namesOf(unit, kept.unit ?? []),
    periods,
    first,
    cohorts,
    notes: known.notes,
  });
}

/** Name of every level of a grouping made from these keys. */
export function namesOf(grouping: Grouping, keys: readonly string[]): string[] {
  const names = new Array<string>(grouping.count).fill("");
  grouping.levels.forEach((level, i) => {
    names[level] = keys[i] ?? "";
  });
  return names;
}

function withoutMissing(data: TidyData): { readonly kept: TidyData; readonly notes: readonly string[] } {
  const columns = [data.outcome, ...data.covariates.map((covariate) => covariate.values)];
  const rows: number[] = [];
  for (let i = 0; i < data.rows; i++) {
    if (data.weights !== null && !((data.weights[i] ?? 0) > 0)) continue;
    if (columns.some((values) => Number.isNaN(values[i] ?? Number.NaN))) continue;
    rows.push(i);
  }
  const left = data.rows - rows.length;
  if (left === 0) return { kept: data, notes: [] };
  const notes = [`${left} of ${data.rows} rows have a missing number or no weight and were left out.`];
  return { kept: selectTidyRows(data, rows), notes };
}

/** The table of the given rows. */
export function selectTidyRows(data: TidyData, rows: readonly number[]): TidyData {
  const numbers = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
  const texts = (values: readonly string[]): string[] => rows.map((row) => values[row] ?? "");
  return {
    rows: rows.length,
    unit: data.unit === null ? null : texts(data.unit),
    time: data.time === null ? null : numbers(data.time),
    outcome: numbers(data.outcome),
    treatment: data.treatment === null ? null : numbers(data.treatment),
    firstTreated: data.firstTreated === null ? null : numbers(data.firstTreated),
    weights: data.weights === null ? null : numbers(data.weights),
    covariates: data.covariates.map(({ name, values }) => ({ name, values: numbers(values) })),
    cluster: data.cluster === null ? null : texts(data.cluster),
  };
}

/** The table without some units; `why` becomes a note with their number. */
export function withoutUnits(table: StaggeredTable, isLeftOut: (unit: number) => boolean, why: string): StaggeredTable {
  let count = 0;
  for (let u = 0; u < table.unit.count; u++) count += Number(isLeftOut(u));
  if (count === 0) return table;
  const rows: number[] = [];
  table.unit.levels.forEach((u, i) => {
    if (!isLeftOut(u)) rows.push(i);
  });
  const kept = rowsOfTable(table, rows);
  return { ...kept, notes: [...table.notes, `${count} ${count === 1 ? "unit" : "units"} ${why}.`] };
}

/** The table of the given rows: its units, periods and cohorts are those that still occur. */
export function rowsOfTable(table: StaggeredTable, rows: readonly number[]): StaggeredTable {
  const data = selectTidyRows(table.data, rows);
  const unit = groupBy("unit", data.unit ?? []);
  const time = data.time ?? new Float64Array(0);
  const first = new Float64Array(unit.count);
  rows.forEach((row, i) => {
    first[unit.levels[i] ?? 0] = table.first[table.unit.levels[row] ?? 0] ?? Number.NaN;
  });
  return {
    data,
    time,
    unit,
    unitNames: namesOf(unit, data.unit ?? []),
    periods: periodsOf(time),
    first,
    cohorts: [...new Set(first)].filter((period) => !Number.isNaN(period)).sort((a, b) => a - b),
    notes: table.notes,
  };
}
