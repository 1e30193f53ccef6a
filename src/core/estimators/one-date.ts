import { answer, type Outcome, refuse } from "../outcome.ts";
import type { Grouping } from "../regression/effects.ts";
import { adoptionOf } from "./adoption.ts";
import type { RegressionTable } from "./panel-ols/table.ts";

/** One date of treatment for all treated units. */
export interface OneDate {
  readonly firstTreated: number;
  /** By unit, in order of the unit grouping. */
  readonly treated: readonly boolean[];
  readonly treatedRow: Float64Array;
  readonly postRow: Float64Array;
  /** Mean after minus mean before, of units with rows in both windows. */
  readonly changes: { readonly treated: Float64Array; readonly control: Float64Array };
  /** The same by unit, NaN where a window is empty. */
  readonly changeOf: Float64Array;
  /** Mean before, by unit. */
  readonly levelOf: Float64Array;
  readonly notes: readonly string[];
}

/**
 * Groups and windows of a table in which all treated units start in the same period.
 *
 * Assumes: rows with a missing outcome or without a positive weight do not count. Refuses several starting periods, no
 * treated or control unit, and a window without rows. Time and memory grow with the rows.
 */
export function oneDate(table: RegressionTable): Outcome<OneDate> {
  const { data, unit } = table;
  const { time } = data;
  if (unit === null || time === null) {
    return refuse("NOT_ESTIMABLE", "This estimator needs a unit and a time column.", "Name both columns.");
  }
  const adopted = adoptionOf(data, unit, time);
  if (!adopted.ok) return adopted;
  const dates = [...new Set(adopted.value)].filter((date) => !Number.isNaN(date)).sort((a, b) => a - b);
  const [firstTreated, second] = dates;
  if (firstTreated === undefined) {
    return refuse("NO_TREATED_UNITS", "No unit is ever treated.", "Name the column of the treatment.");
  }
  if (second !== undefined) {
    return refuse(
      "NOT_ESTIMABLE",
      `The treatment starts in ${dates.length} different periods (${firstTreated}, ${second}, ...); this estimator takes one.`,
      "Use an estimator for staggered treatments, such as callaway-santanna.",
      { periods: dates.slice(0, 20) },
    );
  }
  const treated = Array.from(adopted.value, (date) => !Number.isNaN(date));
  if (treated.every(Boolean)) {
    return refuse("NO_CONTROL_UNITS", "Every unit is treated.", "Add units that are never treated.");
  }
  return windows(table, unit, { firstTreated, treated, time });
}

function windows(
  { data }: RegressionTable,
  unit: Grouping,
  { firstTreated, treated, time }: { firstTreated: number; treated: readonly boolean[]; time: Float64Array },
): Outcome<OneDate> {
  const treatedRow = Float64Array.from(unit.levels, (u) => Number(treated[u] ?? false));
  const postRow = time.map((period) => Number(period >= firstTreated));
  const before = windowMeans(data.outcome, data.weights, unit, (i) => postRow[i] === 0);
  const after = windowMeans(data.outcome, data.weights, unit, (i) => postRow[i] === 1);
  const changeOf = after.map((value, u) => value - (before[u] ?? Number.NaN));
  const of = (isTreated: boolean): Float64Array =>
    changeOf.filter((change, u) => treated[u] === isTreated && !Number.isNaN(change));
  const changes = { treated: of(true), control: of(false) };
  const empty = emptyWindow(treated, before, after, firstTreated);
  if (empty !== null) return empty;
  const halves = changeOf.filter(Number.isNaN).length;
  return answer({
    firstTreated,
    treated,
    treatedRow,
    postRow,
    changes,
    changeOf,
    levelOf: before,
    notes: halves === 0 ? [] : [`${halves} ${halves === 1 ? "unit has" : "units have"} rows in one window only.`],
  });
}

function emptyWindow(
  treated: readonly boolean[],
  before: Float64Array,
  after: Float64Array,
  firstTreated: number,
): Outcome<never> | null {
  const has = (means: Float64Array, group: boolean): boolean =>
    means.some((value, u) => treated[u] === group && !Number.isNaN(value));
  for (const group of [true, false]) {
    const name = group ? "treated" : "control";
    const hint = "Add rows with an outcome there.";
    if (!has(before, group)) {
      return refuse("NO_PRE_DATA", `No ${name} unit has an outcome before period ${firstTreated}.`, hint);
    }
    if (!has(after, group)) {
      return refuse("NO_POST_DATA", `No ${name} unit has an outcome from period ${firstTreated} on.`, hint);
    }
  }
  return null;
}

function windowMeans(
  outcome: Float64Array,
  weights: Float64Array | null,
  unit: Grouping,
  isIn: (row: number) => boolean,
): Float64Array {
  const totals = new Float64Array(unit.count);
  const masses = new Float64Array(unit.count);
  outcome.forEach((value, i) => {
    const weight = weights === null ? 1 : (weights[i] ?? 0);
    if (Number.isNaN(value) || !(weight > 0) || !isIn(i)) return;
    const u = unit.levels[i] ?? 0;
    totals[u] = (totals[u] ?? 0) + weight * value;
    masses[u] = (masses[u] ?? 0) + weight;
  });
  // an empty window is 0 / 0
  return totals.map((total, u) => total / (masses[u] ?? 0));
}
