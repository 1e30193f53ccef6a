import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, groupBy } from "../../regression/effects.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import { checkTreatment } from "../adoption.ts";
import type { RegressionTable } from "../panel-ols/table.ts";
import { placeOf } from "../tidy-checks.ts";
import type { SplitUnits } from "./model.ts";

export interface CollapsedUnits {
  readonly units: SplitUnits;
  /** Rows of the comparison that have an outcome and a positive weight. */
  readonly nobs: number;
  /** Period from which sides are compared; null: all rows are. */
  readonly from: number | null;
  /** Mean of each unit before, as a covariate; null: not every unit has one. */
  readonly before: NamedColumn | null;
  readonly notes: readonly string[];
}

export interface CollapseRequest {
  /** Column of strata; null: none. */
  readonly strata: string | null;
  readonly useCovariates: boolean;
}

/**
 * One row per unit: its (weighted) mean from the first treated period on, its side, covariates, stratum and cluster.
 *
 * Assumes: a unit is on one side during the whole comparison; rows with a missing outcome or without a positive weight
 * do not count. Time and memory grow with the rows.
 */
export function collapseUnits(table: RegressionTable, request: CollapseRequest): Outcome<CollapsedUnits> {
  const { data, unit } = table;
  const { treatment, time } = data;
  if (unit === null || treatment === null) {
    return refuse("NOT_ESTIMABLE", "This estimator needs a unit and a treatment column.", "Name both columns.");
  }
  const valid = checkTreatment(data);
  if (!valid.ok) return valid;
  const from = startOf(treatment, time);
  const sides = sidesOf(table, unit, treatment, from);
  if (!sides.ok) return sides;
  const isAfter = (i: number): boolean => from === null || (time?.[i] ?? 0) >= from;
  const after = meansOf(table, unit, isAfter);
  const before = from === null ? null : meansOf(table, unit, (i) => !isAfter(i));
  const covariates = request.useCovariates
    ? data.covariates.map(({ name, values }) => ({ name, values: plainMeans(values, unit) }))
    : [];
  const known = (u: number): boolean => covariates.every(({ values }) => Number.isFinite(values[u] ?? Number.NaN));
  const kept = Array.from(after.values, (_, u) => u).filter((u) => after.mass[u] !== 0 && known(u));
  const strata = constantText(table, unit, request.strata, kept);
  if (!strata.ok) return strata;
  const clusters = data.cluster === null ? answer(null) : constantCluster(table, unit, kept);
  if (!clusters.ok) return clusters;
  const names = namesOf(table, unit);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (u) => values[u] ?? Number.NaN);
  const units: SplitUnits = {
    names: kept.map((u) => names[u] ?? ""),
    treated: kept.map((u) => sides.value[u] === 1),
    values: pick(after.values),
    weights: data.weights === null ? null : pick(after.mass),
    covariates: covariates.map(({ name, values }) => ({ name, values: pick(values) })),
    strata: strata.value?.grouping ?? null,
    strataNames: strata.value?.names ?? [],
    clusters: clusters.value?.grouping ?? null,
  };
  const hasBefore = before !== null && kept.some((u) => before.mass[u] !== 0);
  const allBefore = before !== null && kept.every((u) => before.mass[u] !== 0);
  const without = Array.from(after.mass, (mass, u) => mass !== 0 && !known(u)).filter(Boolean).length;
  return answer({
    units,
    nobs: kept.reduce((total, u) => total + (after.rows[u] ?? 0), 0),
    from: hasBefore ? from : null,
    before: allBefore && before !== null ? { name: "mean before", values: pick(before.values) } : null,
    notes: [
      without > 0 ? `${countOf(without, "unit")} without a covariate left out.` : "",
      hasBefore && !allBefore ? "Some units have no rows before the split, so these rows were not used." : "",
    ].filter((note) => note !== ""),
  });
}

function countOf(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

/** The first period in which anybody is treated. */
function startOf(treatment: Float64Array, time: Float64Array | null): number | null {
  if (time === null) return null;
  let first = Number.POSITIVE_INFINITY;
  for (let i = 0; i < treatment.length; i++) if (treatment[i] === 1) first = Math.min(first, time[i] ?? first);
  return Number.isFinite(first) ? first : null;
}

/** 1 for treated units; refuses a unit that was on both sides during the comparison. */
function sidesOf(
  { data }: RegressionTable,
  unit: Grouping,
  treatment: Float64Array,
  from: number | null,
): Outcome<Int8Array> {
  const side = new Int8Array(unit.count).fill(-1);
  for (let i = 0; i < treatment.length; i++) {
    const here = treatment[i] ?? Number.NaN;
    if (Number.isNaN(here) || (from !== null && (data.time?.[i] ?? 0) < from)) continue;
    const u = unit.levels[i] ?? 0;
    if (side[u] === -1) side[u] = here;
    if (side[u] !== here) {
      return refuse(
        "TREATMENT_REVERSED",
        `${placeOf(data, i)} is ${here === 1 ? "treated" : "not treated"}, but the unit was on the other side of the split before.`,
        "Give every unit one side; for units that join later use callaway-santanna.",
        { row: i + 1, place: placeOf(data, i) },
      );
    }
  }
  return answer(side);
}

interface UnitMeans {
  readonly values: Float64Array;
  /** Sum of weights, without weights the number of rows. */
  readonly mass: Float64Array;
  readonly rows: Int32Array;
}

function meansOf({ data }: RegressionTable, unit: Grouping, isIn: (row: number) => boolean): UnitMeans {
  const totals = new Float64Array(unit.count);
  const mass = new Float64Array(unit.count);
  const rows = new Int32Array(unit.count);
  for (let i = 0; i < data.rows; i++) {
    const value = data.outcome[i] ?? Number.NaN;
    const weight = data.weights === null ? 1 : (data.weights[i] ?? Number.NaN);
    if (Number.isNaN(value) || !(weight > 0) || Number.isNaN(data.treatment?.[i] ?? Number.NaN) || !isIn(i)) continue;
    const u = unit.levels[i] ?? 0;
    totals[u] = (totals[u] ?? 0) + weight * value;
    mass[u] = (mass[u] ?? 0) + weight;
    rows[u] = (rows[u] ?? 0) + 1;
  }
  return { values: totals.map((total, u) => total / (mass[u] ?? 0)), mass, rows };
}

/** Means over all rows of a unit that have a number. */
function plainMeans(column: Float64Array, unit: Grouping): Float64Array {
  const totals = new Float64Array(unit.count);
  const counts = new Float64Array(unit.count);
  for (let i = 0; i < column.length; i++) {
    const value = column[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const u = unit.levels[i] ?? 0;
    totals[u] = (totals[u] ?? 0) + value;
    counts[u] = (counts[u] ?? 0) + 1;
  }
  return totals.map((total, u) => total / (counts[u] ?? 0));
}

function namesOf({ data }: RegressionTable, unit: Grouping): string[] {
  const names = new Array<string>(unit.count).fill("");
  unit.levels.forEach((u, i) => {
    names[u] = data.unit?.[i] ?? "";
  });
  return names;
}

interface NamedGrouping {
  readonly grouping: Grouping;
  readonly names: readonly string[];
}

function constantText(
  table: RegressionTable,
  unit: Grouping,
  name: string | null,
  kept: readonly number[],
): Outcome<NamedGrouping | null> {
  if (name === null) return answer(null);
  const values =
    name === "cluster" ? table.data.cluster : table.data.texts?.find((column) => column.name === name)?.values;
  if (values === undefined || values === null) {
    return refuse("NOT_ESTIMABLE", `The table has no column ${name} of strata.`, "Name a column of the table.", {
      column: name,
    });
  }
  return constantOf(table, unit, { name, values }, kept);
}

function constantCluster(table: RegressionTable, unit: Grouping, kept: readonly number[]): Outcome<NamedGrouping> {
  return constantOf(table, unit, { name: "cluster", values: table.data.cluster ?? [] }, kept);
}

/** One name per unit; refuses a unit with two. */
function constantOf(
  { data }: RegressionTable,
  unit: Grouping,
  { name, values }: { readonly name: string; readonly values: readonly string[] },
  kept: readonly number[],
): Outcome<NamedGrouping> {
  const own = new Array<string | undefined>(unit.count);
  for (let i = 0; i < values.length; i++) {
    const u = unit.levels[i] ?? 0;
    const here = values[i] ?? "";
    if (own[u] === undefined) own[u] = here;
    if (own[u] !== here) {
      const place = data.unit?.[i] ?? "";
      return refuse("NOT_ESTIMABLE", `The unit ${place} has more than one ${name}.`, "Give every unit one.", {
        unit: place,
        column: name,
      });
    }
  }
  const keys = kept.map((u) => own[u] ?? "");
  return answer({ grouping: groupBy(name, keys), names: [...new Set(keys)] });
}
