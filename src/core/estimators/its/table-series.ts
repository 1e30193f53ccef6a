import { answer, type Outcome, refuse } from "../../outcome.ts";
import { adoptionOf } from "../adoption.ts";
import type { RegressionTable } from "../panel-ols/table.ts";

/** The mean of the treated units of a table on an even grid; NaN where a period is missing. */
export interface TableSeries {
  readonly values: Float64Array;
  /** Total weight per step; null without weights. */
  readonly weights: Float64Array | null;
  /** Period of each step, in the table's units of time. */
  readonly periods: Float64Array;
  /** Distance of two steps. */
  readonly step: number;
  readonly firstTreated: number;
  /** Steps before the treatment. */
  readonly preEnd: number;
  readonly units: number;
  readonly notes: readonly string[];
}

/** Distances that differ from a multiple of the smallest one by more than this share are not even. */
const EVEN = 1e-6;
const FEWEST = 4;
/** More steps than this many per row are a stray period, not a series. */
const MOST_STEPS_PER_ROW = 1000;

/**
 * Level of the treated units before the treatment plus their mean deviation from their own level at each period.
 *
 * Assumes: one date of treatment. Units that are never treated are left out and counted in the notes. Refuses several
 * dates, no treated unit, one-sided units and periods that do not lie on an even grid. Time and memory grow with the rows.
 */
export function tableSeries(table: RegressionTable): Outcome<TableSeries> {
  const { data, unit, periods } = table;
  const { time } = data;
  if (unit === null || time === null || periods === null) {
    return refuse("NOT_ESTIMABLE", "This estimator needs a unit and a time column.", "Name both columns.");
  }
  const adopted = adoptionOf(data, unit, time);
  if (!adopted.ok) return adopted;
  const date = oneDateOf(adopted.value);
  if (!date.ok) return date;
  const isTreated = Array.from(adopted.value, (value) => !Number.isNaN(value));
  const grid = evenGrid(periods.values, data.rows);
  if (!grid.ok) return grid;
  const { step, first, steps } = grid.value;
  const at = periods.values.map((period) => Math.round((period - first) / step));
  const levels = levelsBefore(table, isTreated, date.value);
  if (!levels.ok) return levels;
  const sums = new Float64Array(steps);
  const masses = new Float64Array(steps);
  data.outcome.forEach((value, i) => {
    const deviation = value - (levels.value.of[unit.levels[i] ?? 0] ?? Number.NaN);
    const weight = data.weights === null ? 1 : (data.weights[i] ?? 0);
    if (Number.isNaN(deviation) || !(weight > 0)) return;
    const t = at[periods.grouping.levels[i] ?? 0] ?? 0;
    sums[t] = (sums[t] ?? 0) + weight * deviation;
    masses[t] = (masses[t] ?? 0) + weight;
  });
  const preEnd = Math.ceil((date.value - first) / step - EVEN);
  const others = isTreated.filter((treated) => !treated).length;
  const values = sums.map((sum, t) => levels.value.mean + sum / (masses[t] ?? 0));
  const after = values.subarray(preEnd).filter(Number.isFinite).length;
  if (after === 0) {
    return refuse("NO_POST_DATA", `No treated unit has an outcome from period ${date.value} on.`, "Add rows there.");
  }
  return answer({
    values,
    weights: data.weights === null ? null : masses,
    periods: Float64Array.from({ length: steps }, (_, t) => first + t * step),
    step,
    firstTreated: date.value,
    preEnd,
    units: isTreated.length - others,
    notes:
      others === 0 ? [] : [`${others} ${others === 1 ? "unit that is" : "units that are"} never treated left out.`],
  });
}

function oneDateOf(adopted: Float64Array): Outcome<number> {
  const dates = [...new Set(adopted)].filter((date) => !Number.isNaN(date)).sort((a, b) => a - b);
  const [first, second] = dates;
  if (first === undefined) {
    return refuse("NO_TREATED_UNITS", "No unit is ever treated.", "Name the column of the treatment.");
  }
  if (second === undefined) return answer(first);
  return refuse(
    "NOT_ESTIMABLE",
    `The treatment starts in ${dates.length} different periods (${first}, ${second}, ...); this estimator takes one.`,
    "Use an estimator for staggered treatments, such as callaway-santanna.",
    { periods: dates.slice(0, 20) },
  );
}

interface EvenGrid {
  readonly first: number;
  readonly step: number;
  readonly steps: number;
}

function evenGrid(periods: Float64Array, rows: number): Outcome<EvenGrid> {
  const distances = periods.subarray(1).map((period, i) => period - (periods[i] ?? 0));
  if (periods.length < FEWEST) {
    return refuse("TOO_FEW_PERIODS", `There are ${periods.length} periods; a series needs ${FEWEST}.`, "Add periods.", {
      periods: periods.length,
    });
  }
  const step = distances.reduce((least, distance) => Math.min(least, distance));
  const uneven = distances.findIndex(
    (distance) => Math.abs(distance / step - Math.round(distance / step)) > EVEN * (distance / step),
  );
  const first = periods[0] ?? 0;
  const steps = Math.round(((periods.at(-1) ?? 0) - first) / step) + 1;
  if (uneven < 0 && steps <= MOST_STEPS_PER_ROW * rows) return answer({ first, step, steps });
  const place = Math.max(0, uneven);
  return refuse(
    "TIME_GAPS",
    `The periods are not on an even grid: ${periods[place]} is followed by ${periods[place + 1]}, elsewhere ${step} lies between two.`,
    "Round the times to one step; periods may be missing, but not lie between others.",
    { period: periods[place] ?? null, step },
  );
}

/** Mean before the treatment of each treated unit (NaN for the others), and their (weighted) mean. */
function levelsBefore(
  { data, unit }: RegressionTable,
  isTreated: readonly boolean[],
  firstTreated: number,
): Outcome<{ readonly of: Float64Array; readonly mean: number }> {
  const sums = new Float64Array(isTreated.length);
  const masses = new Float64Array(isTreated.length);
  data.outcome.forEach((value, i) => {
    const u = unit?.levels[i] ?? 0;
    const weight = data.weights === null ? 1 : (data.weights[i] ?? 0);
    if (!isTreated[u] || Number.isNaN(value) || !(weight > 0) || !((data.time?.[i] ?? 0) < firstTreated)) return;
    sums[u] = (sums[u] ?? 0) + weight * value;
    masses[u] = (masses[u] ?? 0) + weight;
  });
  const of = sums.map((sum, u) => sum / (masses[u] ?? 0));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  if (total === 0) {
    const hint = "Add rows from before the treatment.";
    return refuse("NO_PRE_DATA", `No treated unit has an outcome before period ${firstTreated}.`, hint);
  }
  return answer({ of, mean: sums.reduce((sum, value) => sum + value, 0) / total });
}
