import { answer, type Outcome, refuse } from "../outcome.ts";
import type { TidyData } from "./contract.ts";
import { placeOf } from "./tidy-checks.ts";

/** Leads and lags of a table; `rel` counts steps from the first treated period. */
export interface EventTime {
  /** By row, binned; NaN for units that are never treated. */
  readonly ofRow: Float64Array;
  readonly ref: number;
  readonly step: number;
  /** All but the reference, ascending. */
  readonly terms: readonly { readonly name: string; readonly rel: number; readonly rows: number }[];
  readonly hasNever: boolean;
  readonly notes: readonly string[];
}

export interface EventTimeOptions {
  readonly ref: number;
  /** null: the smallest distance between periods. */
  readonly step: number | null;
  /** null: no binning. */
  readonly leads: number | null;
  readonly lags: number | null;
}

/** Times between two steps by more than this are not on the grid. */
const OFF_GRID = 1e-6;

/**
 * Event time of every row and the terms it makes.
 *
 * Formula: rel = (t - g) / step, at least -leads and at most lags. Rows without an outcome make no term.
 * Assumes: all periods lie on one grid; one that does not is refused by name.
 */
export function eventTimes(data: TidyData, first: Float64Array, options: EventTimeOptions): Outcome<EventTime> {
  const time = data.time ?? new Float64Array(0);
  const treated = first.findIndex((value) => !Number.isNaN(value));
  if (treated < 0) {
    return refuse("NO_TREATED_UNITS", "No unit is ever treated.", "Name the column of the first treated period.");
  }
  const step = options.step ?? smallestStep(time);
  if (!(step > 0)) return refuse("TOO_FEW_PERIODS", "There is only one period.", "Add periods before and after.");
  const raw = time.map((period, i) => (period - (first[i] ?? Number.NaN)) / step);
  const off = raw.findIndex((rel) => Math.abs(rel - Math.round(rel)) > OFF_GRID);
  if (off >= 0) return offGrid(data, off, step);
  const low = options.leads === null ? Number.NEGATIVE_INFINITY : -options.leads;
  const high = options.lags ?? Number.POSITIVE_INFINITY;
  const ofRow = raw.map((rel) => (Number.isNaN(rel) ? rel : Math.min(high, Math.max(low, Math.round(rel)))));
  const rows = countRows(data, ofRow);
  if (!rows.has(options.ref)) return noReference(options.ref, [...rows.keys()]);
  const rels = [...rows.keys()].filter((rel) => rel !== options.ref).sort((a, b) => a - b);
  if (rels.length === 0) {
    return refuse("TOO_FEW_PERIODS", "All treated rows are in the reference period.", "Add periods before and after.");
  }
  return answer({
    ofRow,
    ref: options.ref,
    step,
    terms: rels.map((rel) => ({ name: termName(rel, low, high), rel, rows: rows.get(rel) ?? 0 })),
    hasNever: first.some(Number.isNaN),
    notes: first.some(Number.isNaN)
      ? []
      : ["No unit is never treated: the terms rest on comparing units that are treated at different times."],
  });
}

function termName(rel: number, low: number, high: number): string {
  if (rel === low) return `rel::<=${rel}`;
  return rel === high ? `rel::>=${rel}` : `rel::${rel}`;
}

function countRows(data: TidyData, ofRow: Float64Array): Map<number, number> {
  const rows = new Map<number, number>();
  ofRow.forEach((rel, i) => {
    const isUsed = !Number.isNaN(data.outcome[i] ?? Number.NaN) && (data.weights?.[i] ?? 1) > 0;
    if (isUsed && !Number.isNaN(rel)) rows.set(rel, (rows.get(rel) ?? 0) + 1);
  });
  return rows;
}

function smallestStep(time: Float64Array): number {
  const distinct = Float64Array.from(new Set(time)).sort();
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < distinct.length; i++) {
    smallest = Math.min(smallest, (distinct[i] ?? 0) - (distinct[i - 1] ?? 0));
  }
  return Number.isFinite(smallest) ? smallest : Number.NaN;
}

function offGrid(data: TidyData, row: number, step: number): Outcome<never> {
  return refuse(
    "TIME_GAPS",
    `The row of ${placeOf(data, row)} is not a whole number of steps of ${step} away from its first treated period.`,
    "Round the periods to one grid, or give --set step=D.",
    { row: row + 1, place: placeOf(data, row), step },
  );
}

function noReference(ref: number, there: readonly number[]): Outcome<never> {
  const sorted = there.toSorted((a, b) => a - b);
  return refuse(
    "NO_PRE_DATA",
    `No treated unit has a row at the reference period ${ref}; rows are at ${sorted.slice(0, 12).join(", ")}${sorted.length > 12 ? ", ..." : ""}.`,
    "Choose one of these with --ref.",
    { ref, periods: sorted.slice(0, 100) },
  );
}
