import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, rowsByLevel, rowsOf } from "../regression/effects.ts";
import type { TidyData } from "./contract.ts";

/** Says where a row of a table is, for a person: `unit web-3, period 12`. */
export function placeOf(data: TidyData, row: number): string {
  const unit = data.unit === null ? null : `unit ${data.unit[row] ?? ""}`;
  const period = data.time === null ? null : `period ${data.time[row] ?? ""}`;
  return [unit, period].filter((part) => part !== null).join(", ") || `row ${row + 1}`;
}

/** Refuses the first number that is missing or infinite in a column that enters a sum, and negative weights. */
export function checkNumbers(data: TidyData): Outcome<null> {
  const columns = [
    { name: "outcome", values: data.outcome },
    ...(data.time === null ? [] : [{ name: "time", values: data.time }]),
    ...(data.weights === null ? [] : [{ name: "weights", values: data.weights }]),
    ...data.covariates,
  ];
  for (const { name, values } of columns) {
    const row = values.findIndex((value) => !Number.isFinite(value));
    if (row >= 0) return notFinite(data, name, row, values[row] ?? Number.NaN);
  }
  const negative = data.weights?.findIndex((weight) => weight < 0) ?? -1;
  if (negative >= 0) {
    return refuse(
      "NEGATIVE_WEIGHTS",
      `The weight of ${placeOf(data, negative)} is negative: ${data.weights?.[negative]}.`,
      "Give weights of zero or more.",
      { row: negative + 1, place: placeOf(data, negative) },
    );
  }
  return answer(null);
}

function notFinite(data: TidyData, column: string, row: number, value: number): Outcome<never> {
  const what = Number.isNaN(value) ? "no number" : "an infinite number";
  return refuse(
    "NOT_FINITE",
    `The column ${column} holds ${what} for ${placeOf(data, row)}.`,
    "Correct the value, or leave the row out.",
    { column, row: row + 1, place: placeOf(data, row) },
  );
}

/** Up to this many cells per row a list of all cells is shorter than the rows in order. */
const CELLS_PER_ROW = 16;

/** Refuses a second row for the same unit and period. Time and memory grow with the rows. */
export function checkUniqueRows(data: TidyData, unit: Grouping, period: Grouping): Outcome<null> {
  if (unit.count * period.count <= CELLS_PER_ROW * data.rows && isEveryCellOnce(unit, period)) return answer(null);
  const index = rowsByLevel(unit);
  /** Unit that was last seen in each period, plus one. */
  const seenBy = new Int32Array(period.count);
  for (let u = 0; u < unit.count; u++) {
    for (const row of rowsOf(index, u)) {
      const t = period.levels[row] ?? 0;
      if (seenBy[t] === u + 1) {
        return refuse(
          "DUPLICATE_ROWS",
          `There are two rows for ${placeOf(data, row)}.`,
          "Keep one row per unit and period, or average them.",
          { row: row + 1, place: placeOf(data, row) },
        );
      }
      seenBy[t] = u + 1;
    }
  }
  return answer(null);
}

function isEveryCellOnce(unit: Grouping, period: Grouping): boolean {
  const seen = new Uint8Array(unit.count * period.count);
  for (let i = 0; i < unit.levels.length; i++) {
    const cell = (unit.levels[i] as number) * period.count + (period.levels[i] as number);
    if (seen[cell] === 1) return false;
    seen[cell] = 1;
  }
  return true;
}
