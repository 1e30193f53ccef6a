import { answer, type Outcome, refuse } from "../../outcome.ts";
import { groupBy } from "../../regression/effects.ts";
import type { TidyData } from "../contract.ts";
import { placeOf } from "../tidy-checks.ts";
import type { Side } from "./local-fit.ts";

/** Rule-of-thumb windows are not to be trusted below. */
const FEWEST_ROWS = 20;

export interface SidesRequest {
  readonly running: string;
  readonly cutoff: number;
  readonly treatedSide: "above" | "below";
  readonly isClustered: boolean;
}

export interface Sides {
  readonly below: Side;
  readonly above: Side;
  readonly covariateNames: readonly string[];
  readonly left: number;
  readonly clusters: number | null;
}

/**
 * The rows of a table by side of the cut-off, each ascending. Rows at the cut-off are above it.
 *
 * Refuses a missing or infinite running variable column, the time of the table as one, a cut-off outside the data, fewer than 20 rows, and a treatment
 * column that does not follow the cut-off. Time n log n, memory n.
 */
export function sidesOf(data: TidyData, request: SidesRequest): Outcome<Sides> {
  const running = data.numbers?.find((column) => column.name === request.running)?.values;
  if (running === undefined) {
    return refuse(
      "NO_DATA",
      "No column of the running variable is named.",
      "Use --set running=COLUMN with the number that decided who was treated.",
    );
  }
  const infinite = running.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (infinite >= 0) {
    return refuse(
      "NOT_FINITE",
      `The column ${request.running} holds an infinite number for ${placeOf(data, infinite)}.`,
      "Correct the value, or leave the cell empty.",
      { column: request.running, row: infinite + 1, place: placeOf(data, infinite) },
    );
  }
  if (data.time !== null && running.every((value, i) => Object.is(value, data.time?.[i]))) return isTime(request);
  const rows = usable(data, running);
  const fuzzy = disobedient(data, running, rows, request);
  if (fuzzy !== null) return fuzzy;
  const cluster = request.isClustered ? groupBy("cluster", data.cluster ?? data.unit ?? []) : null;
  const order = rows.sort((a, b) => (running[a] ?? 0) - (running[b] ?? 0));
  const sideOf = (name: Side["name"], picked: Int32Array): Side => ({
    name,
    x: Float64Array.from(picked, (row) => (running[row] ?? 0) - request.cutoff),
    y: Float64Array.from(picked, (row) => data.outcome[row] ?? 0),
    covariates: data.covariates.map(({ values }) => Float64Array.from(picked, (row) => values[row] ?? 0)),
    weights: data.weights === null ? null : Float64Array.from(picked, (row) => data.weights?.[row] ?? 0),
    cluster: cluster === null ? null : Int32Array.from(picked, (row) => cluster.levels[row] ?? 0),
  });
  const below = sideOf(
    "below",
    order.filter((row) => (running[row] ?? 0) < request.cutoff),
  );
  const above = sideOf(
    "above",
    order.filter((row) => (running[row] ?? 0) >= request.cutoff),
  );
  const checked = checkSides(below, above, request);
  if (!checked.ok) return checked;
  return answer({
    below,
    above,
    covariateNames: data.covariates.map(({ name }) => name),
    left: data.rows - rows.length,
    clusters: cluster === null ? null : new Set([...(below.cluster ?? []), ...(above.cluster ?? [])]).size,
  });
}

/** Moments next to each other are alike: with AR(1) of 0.5 the error for independent rows gives 31 % alarms. */
function isTime({ running }: SidesRequest): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The running variable ${running} is the time of the table, and rows next to each other in time are not independent.`,
    "Use same-hours or its for a change in time, or a running variable that decided which units were treated.",
    { running },
  );
}

function usable(data: TidyData, running: Float64Array): Int32Array {
  const columns = [data.outcome, running, ...data.covariates.map(({ values }) => values)];
  const rows: number[] = [];
  for (let i = 0; i < data.rows; i++) {
    if (data.weights !== null && !((data.weights[i] ?? 0) > 0)) continue;
    if (!columns.some((values) => Number.isNaN(values[i] ?? Number.NaN))) rows.push(i);
  }
  return Int32Array.from(rows);
}

function disobedient(
  { treatment, ...data }: TidyData,
  running: Float64Array,
  rows: Int32Array,
  { cutoff, treatedSide }: SidesRequest,
): Outcome<never> | null {
  if (treatment === null) return null;
  const wanted = (row: number): number => Number((running[row] ?? 0) >= cutoff === (treatedSide === "above"));
  const odd = rows.filter((row) => !Number.isNaN(treatment[row] ?? Number.NaN) && treatment[row] !== wanted(row));
  const [first] = odd;
  if (first === undefined) return null;
  const place = placeOf({ ...data, treatment }, first);
  return refuse(
    "NOT_ESTIMABLE",
    `The treatment does not follow the cut-off: ${place} has ${running[first]} and treatment ${treatment[first]} (${odd.length} such rows).`,
    "Use --set treated=below when low values are treated; when units did not obey, use iv with rows near the cut-off.",
    { row: first + 1, place, rows: odd.length },
  );
}

function checkSides(below: Side, above: Side, { cutoff, treatedSide }: SidesRequest): Outcome<null> {
  const empty = [below, above].find((side) => side.x.length === 0);
  if (empty !== undefined) {
    return refuse(
      empty.name === treatedSide ? "NO_TREATED_UNITS" : "NO_CONTROL_UNITS",
      `No row lies ${empty.name} the cut-off ${cutoff}.`,
      "Check the cut-off and the column of the running variable.",
      { cutoff, side: empty.name },
    );
  }
  const rows = below.x.length + above.x.length;
  if (rows < FEWEST_ROWS) {
    return refuse("TOO_FEW_UNITS", `There are ${rows} rows; a window needs at least ${FEWEST_ROWS}.`, "Add rows.", {
      rows,
      needed: FEWEST_ROWS,
    });
  }
  for (const side of [below, above]) {
    const clusters = side.cluster === null ? 2 : new Set(side.cluster).size;
    if (clusters >= 2) continue;
    return refuse(
      side.name === treatedSide ? "ONE_TREATED_CLUSTER" : "TOO_FEW_CLUSTERS",
      `All rows ${side.name} the cut-off are in one cluster, so its error cannot be seen.`,
      "Give more clusters, or use --vcov nn where rows are independent.",
      { side: side.name },
    );
  }
  return answer(null);
}
