import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, groupBy, interact } from "../../regression/effects.ts";
import { type Periods, periodsOf } from "../adoption.ts";
import type { TidyData } from "../contract.ts";
import { checkUniqueRows, placeOf } from "../tidy-checks.ts";

/** A table whose units and periods are numbered; null where the table has no such column. */
export interface RegressionTable {
  readonly data: TidyData;
  readonly unit: Grouping | null;
  readonly periods: Periods | null;
}

/**
 * Numbers units and periods and refuses what no regression can use: infinite numbers, rows without a period, negative
 * weights, an outcome that never moves and, with `unique`, a second row for the same unit and period. Missing numbers
 * stay; their rows are left out by the regression.
 */
export function openTable(data: TidyData, unique: boolean): Outcome<RegressionTable> {
  for (const checked of [checkInfinite(data), checkOutcome(data)]) if (!checked.ok) return checked;
  const unit = data.unit === null ? null : groupBy("unit", data.unit);
  const periods = data.time === null ? null : periodsOf(data.time);
  if (unique && unit !== null && periods !== null) {
    const distinct = checkUniqueRows(data, unit, periods.grouping);
    if (!distinct.ok) return distinct;
  }
  return answer({ data, unit, periods });
}

function checkOutcome({ outcome }: TidyData): Outcome<null> {
  let at = 0;
  while (at < outcome.length && Number.isNaN(outcome[at] as number)) at++;
  const first = outcome[at];
  if (first === undefined) {
    return refuse("NO_DATA", "No row has an outcome.", "Name the column that holds the outcome.");
  }
  while (at < outcome.length && (outcome[at] === first || Number.isNaN(outcome[at] as number))) at++;
  if (at < outcome.length) return answer(null);
  return refuse("NO_VARIATION", `The outcome is ${first} in every row.`, "Name a column that varies.", {
    outcome: first,
  });
}

function checkInfinite(data: TidyData): Outcome<null> {
  const { time, weights } = data;
  const row = time === null ? -1 : firstWhere(time, isNotFinite);
  if (row >= 0) return notFinite(data, "time", row, "no period");
  const columns = [
    { name: "outcome", values: data.outcome },
    ...(weights === null ? [] : [{ name: "weights", values: weights }]),
    ...data.covariates,
  ];
  for (const { name, values } of columns) {
    const infinite = firstWhere(values, isInfinite);
    if (infinite >= 0) return notFinite(data, name, infinite, "an infinite number");
  }
  const negative = weights === null ? -1 : firstWhere(weights, isNegative);
  if (negative < 0) return answer(null);
  return refuse(
    "NEGATIVE_WEIGHTS",
    `The weight of ${placeOf(data, negative)} is negative: ${weights?.[negative]}.`,
    "Give weights of zero or more.",
    { row: negative + 1, place: placeOf(data, negative) },
  );
}

const isNotFinite = (value: number): boolean => !Number.isFinite(value);
const isInfinite = (value: number): boolean => Math.abs(value) === Number.POSITIVE_INFINITY;
const isNegative = (value: number): boolean => value < 0;

/** Index of the first value that fits, -1 without one; a plain loop, ten times as fast as `findIndex` on long columns. */
function firstWhere(values: Float64Array, fits: (value: number) => boolean): number {
  for (let i = 0; i < values.length; i++) if (fits(values[i] as number)) return i;
  return -1;
}

function notFinite(data: TidyData, column: string, row: number, what: string): Outcome<never> {
  // the period itself may be what is missing
  const place = column === "time" ? placeOf({ ...data, time: null }, row) : placeOf(data, row);
  return refuse(
    "NOT_FINITE",
    `The column ${column} holds ${what} for ${place}, row ${row + 1}.`,
    "Correct the value, or leave the cell empty.",
    { column, row: row + 1, place },
  );
}

/** The grouping that a name means: `unit`, `time`, `cluster`, a column of names, or `a^b` for their interaction. */
export function groupingOf(table: RegressionTable, name: string): Outcome<Grouping> {
  const parts = name.split("^").map((part) => part.trim());
  let result: Grouping | null = null;
  for (const part of parts) {
    const grouping = plainGrouping(table, part);
    if (grouping === null) {
      return refuse(
        "NOT_ESTIMABLE",
        `The table has no column ${part} to take effects of.`,
        "Name a column of the table.",
        {
          column: part,
        },
      );
    }
    result = result === null ? grouping : interact(result, grouping);
  }
  return result === null ? refuse("NOT_ESTIMABLE", "An effect has no name.", "Name a column.") : answer(result);
}

function plainGrouping({ data, unit, periods }: RegressionTable, name: string): Grouping | null {
  if (name === "unit" && unit !== null) return unit;
  if (name === "time" && periods !== null) return periods.grouping;
  if (name === "cluster" && data.cluster !== null) return groupBy("cluster", data.cluster);
  const column = data.texts?.find((text) => text.name === name);
  return column === undefined ? null : groupBy(name, column.values);
}

/** The cluster variables of a clustered error: those of the table, else the unit. */
export function clusterGroupings({ data, unit }: RegressionTable): Grouping[] {
  const first = data.cluster === null ? unit : groupBy("cluster", data.cluster);
  const further = (data.furtherClusters ?? []).map(({ name, values }) => groupBy(name, values));
  return first === null ? further : [first, ...further];
}
