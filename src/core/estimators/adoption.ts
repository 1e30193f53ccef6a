import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, groupBy } from "../regression/effects.ts";
import type { TidyData } from "./contract.ts";
import { placeOf } from "./tidy-checks.ts";

/** Distinct periods in ascending order; `levels` of the grouping are positions in them. */
export interface Periods {
  readonly grouping: Grouping;
  readonly values: Float64Array;
}

/** Numbers the distinct periods in their order. Time n + T log T, memory n. */
export function periodsOf(time: Float64Array): Periods {
  const found = numberPeriods(time);
  const values = new Float64Array(found.count);
  for (let i = 0; i < time.length; i++) values[found.levels[i] ?? 0] = time[i] ?? Number.NaN;
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const position = new Int32Array(found.count);
  order.forEach((level, i) => {
    position[level] = i;
  });
  const { levels } = found;
  for (let i = 0; i < levels.length; i++) levels[i] = position[levels[i] ?? 0] ?? 0;
  return { grouping: { ...found, levels }, values: Float64Array.from(order, (level) => values[level] ?? Number.NaN) };
}

/** Whole numbers within a range not much longer than the table are looked up in a list, which is faster than a map. */
function numberPeriods(time: Float64Array): Grouping {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let isWhole = true;
  for (let i = 0; i < time.length && isWhole; i++) {
    const value = time[i] ?? Number.NaN;
    low = Math.min(low, value);
    high = Math.max(high, value);
    isWhole = Number.isInteger(value);
  }
  if (!isWhole || !(high >= low && high - low <= 2 * time.length)) return groupBy("time", time);
  const numbers = new Int32Array(high - low + 1);
  const levels = new Int32Array(time.length);
  let count = 0;
  for (let i = 0; i < time.length; i++) {
    const key = (time[i] ?? 0) - low;
    if (numbers[key] === 0) {
      count++;
      numbers[key] = count;
    }
    levels[i] = (numbers[key] ?? 0) - 1;
  }
  return { name: "time", levels, count };
}

/** First treated period of every unit, in order of the unit grouping; NaN: never treated. */
export type FirstTreated = Float64Array;

/** 0, NaN and infinities stand for a unit that is never treated. */
export function isNever(firstTreated: number): boolean {
  return firstTreated === 0 || !Number.isFinite(firstTreated);
}

/** Refuses anything but 0, 1 and missing in the treatment column. */
export function checkTreatment(data: TidyData): Outcome<null> {
  const treatment = data.treatment ?? new Float64Array(0);
  let row = 0;
  while (row < treatment.length && isTreatment(treatment[row] as number)) row++;
  if (row === treatment.length) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `The treatment of ${placeOf(data, row)} is ${treatment[row]}; it is 0 or 1.`,
    "Write 1 for rows that are treated in their period and 0 for the others.",
    { row: row + 1, place: placeOf(data, row) },
  );
}

function isTreatment(value: number): boolean {
  return value === 0 || value === 1 || Number.isNaN(value);
}

/**
 * When each unit was first treated, from the column of first periods or else from the treatment column.
 *
 * Assumes: treatment never ends; a unit that goes back to untreated is refused by name.
 */
export function adoptionOf(data: TidyData, unit: Grouping, time: Float64Array): Outcome<FirstTreated> {
  return data.firstTreated === null ? fromTreatment(data, unit, time) : fromFirst(data, unit, data.firstTreated);
}

function fromFirst(data: TidyData, unit: Grouping, first: Float64Array): Outcome<FirstTreated> {
  const result = new Float64Array(unit.count).fill(Number.NaN);
  const seen = new Uint8Array(unit.count);
  for (let i = 0; i < data.rows; i++) {
    const u = unit.levels[i] ?? 0;
    const value = isNever(first[i] ?? Number.NaN) ? Number.NaN : (first[i] ?? Number.NaN);
    if (seen[u] === 0) result[u] = value;
    else if (!Object.is(result[u], value)) return twoFirstPeriods(data, i, result[u] ?? Number.NaN, value);
    seen[u] = 1;
  }
  return answer(result);
}

function twoFirstPeriods(data: TidyData, row: number, before: number, here: number): Outcome<never> {
  const name = (value: number): string => (Number.isNaN(value) ? "never" : String(value));
  return refuse(
    "TREATMENT_REVERSED",
    `The first treated period of ${placeOf(data, row)} is ${name(here)}, in an earlier row of the unit ${name(before)}.`,
    "Give every row of a unit the same first treated period.",
    { row: row + 1, place: placeOf(data, row) },
  );
}

function fromTreatment(data: TidyData, unit: Grouping, time: Float64Array): Outcome<FirstTreated> {
  const checked = checkTreatment(data);
  if (!checked.ok) return checked;
  const result = new Float64Array(unit.count).fill(Number.NaN);
  const treatment = data.treatment ?? new Float64Array(0);
  for (let i = 0; i < treatment.length; i++) {
    if (treatment[i] !== 1) continue;
    const u = unit.levels[i] ?? 0;
    const period = time[i] ?? Number.NaN;
    if (!((result[u] ?? Number.NaN) <= period)) result[u] = period;
  }
  const isReversed = (i: number): boolean =>
    treatment[i] === 0 && (time[i] ?? Number.NaN) > (result[unit.levels[i] ?? 0] ?? Number.NaN);
  let row = 0;
  while (row < treatment.length && !isReversed(row)) row++;
  if (row === treatment.length) return answer(result);
  const since = result[unit.levels[row] ?? 0] ?? null;
  return refuse(
    "TREATMENT_REVERSED",
    `The treatment of ${placeOf(data, row)} is 0 although the unit is treated since period ${since}.`,
    "Use a treatment that stays on, or leave out the rows after it ends.",
    { row: row + 1, place: placeOf(data, row), since },
  );
}

/**
 * The table with a treatment column where it has first treated periods (treated from then on), and, when `needsFirst`,
 * with first treated periods where it has a treatment column.
 */
export function completeTreatment(data: TidyData, needsFirst: boolean): Outcome<TidyData> {
  const { unit, time, treatment, firstTreated } = data;
  if (time === null) return answer(data);
  if (treatment === null && firstTreated !== null) {
    const isOn = (period: number, first: number): number => Number(!isNever(first) && period >= first);
    return answer({ ...data, treatment: time.map((period, i) => isOn(period, firstTreated[i] ?? Number.NaN)) });
  }
  if (!needsFirst || unit === null || treatment === null || firstTreated !== null) return answer(data);
  const units = groupBy("unit", unit);
  const first = adoptionOf(data, units, time);
  if (!first.ok) return first;
  return answer({ ...data, firstTreated: Float64Array.from(units.levels, (u) => first.value[u] ?? Number.NaN) });
}
