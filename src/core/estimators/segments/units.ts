import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import { logistic, logit } from "../../regression/logit.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import type { TidyData } from "../contract.ts";
import { type OneDate, oneDate } from "../one-date.ts";
import { openTable, type RegressionTable } from "../panel-ols/table.ts";

/** One row per unit: its change, its side, and what was known about it before. */
export interface SegmentUnits {
  readonly names: readonly string[];
  readonly changes: Float64Array;
  readonly treated: Uint8Array;
  /** Standardised: mean 0 and standard deviation 1 over the units. */
  readonly covariates: readonly NamedColumn[];
  /** The same before standardising, for a person. */
  readonly raw: readonly NamedColumn[];
  /** Odds of being treated given the covariates; 1 where nothing is modelled. */
  readonly odds: Float64Array;
  readonly notes: readonly string[];
  readonly firstTreated: number;
}

/** Fewer on one side leave nothing to learn from after splitting. */
const LEAST_PER_SIDE = 20;
const LEAST_UNITS = 50;

/**
 * Units with their mean change (after less before) and their covariates as means of the rows before the treatment.
 *
 * Assumes: one date of treatment. Refuses fewer than 50 units or 20 on a side, and covariates that do not vary or that
 * tell the sides apart with certainty. Time grows with the rows.
 */
export function segmentUnits(data: TidyData, odds: "logit" | "constant"): Outcome<SegmentUnits> {
  if (data.covariates.length === 0) {
    return refuse(
      "NOT_ESTIMABLE",
      "Segments are made of covariates, and none is named.",
      "Name them: --covariates a,b.",
    );
  }
  const opened = openTable(data, true);
  if (!opened.ok) return opened;
  const design = oneDate(opened.value);
  if (!design.ok) return design;
  const raw = preMeans(opened.value, design.value);
  const kept = usable(design.value, raw);
  const enough = checkSize(design.value, kept);
  if (!enough.ok) return enough;
  const columns = raw.map(({ name, values }) => ({ name, values: values.filter((_, u) => kept[u] === 1) }));
  const flat = columns.find(({ values }) => spread(values) === 0);
  if (flat !== undefined) {
    return refuse("COLLINEAR", `The covariate ${flat.name} is the same for all units.`, "Leave it out.", {
      covariate: flat.name,
    });
  }
  const all = unitNames(opened.value);
  const names = all.filter((_, u) => kept[u] === 1);
  const treated = Uint8Array.from(design.value.treated, Number).filter((_, u) => kept[u] === 1);
  const covariates = columns.map(({ name, values }) => ({ name, values: standardized(values) }));
  const share =
    odds === "logit" ? treatmentOdds(treated, covariates, names) : answer(new Float64Array(names.length).fill(1));
  if (!share.ok) return share;
  const left = all.length - names.length;
  return answer({
    names,
    treated,
    changes: design.value.changeOf.filter((_, u) => kept[u] === 1),
    covariates,
    raw: columns,
    odds: share.value,
    notes: left === 0 ? [] : [`${left} of ${all.length} units lack a change or a covariate and were left out.`],
    firstTreated: design.value.firstTreated,
  });
}

function preMeans({ data, unit }: RegressionTable, { postRow }: OneDate): NamedColumn[] {
  const levels = unit?.levels ?? new Int32Array(0);
  const count = unit?.count ?? 0;
  return data.covariates.map(({ name, values }) => {
    const sums = new Float64Array(count);
    const rows = new Float64Array(count);
    values.forEach((value, i) => {
      if (postRow[i] === 1 || Number.isNaN(value)) return;
      const u = levels[i] ?? 0;
      sums[u] = (sums[u] ?? 0) + value;
      rows[u] = (rows[u] ?? 0) + 1;
    });
    // no row before is 0 / 0
    return { name, values: sums.map((sum, u) => sum / (rows[u] ?? 0)) };
  });
}

function usable({ changeOf }: OneDate, columns: readonly NamedColumn[]): Uint8Array {
  return Uint8Array.from(changeOf, (change, u) =>
    Number(Number.isFinite(change) && columns.every(({ values }) => Number.isFinite(values[u]))),
  );
}

function checkSize({ treated }: OneDate, kept: Uint8Array): Outcome<null> {
  const count = (side: boolean): number => treated.filter((one, u) => one === side && kept[u] === 1).length;
  const [treatedUnits, controlUnits] = [count(true), count(false)];
  if (Math.min(treatedUnits, controlUnits) >= LEAST_PER_SIDE && treatedUnits + controlUnits >= LEAST_UNITS) {
    return answer(null);
  }
  const facts: Record<string, JsonValue> = { treatedUnits, controlUnits };
  return refuse(
    "TOO_FEW_UNITS",
    `${treatedUnits} treated and ${controlUnits} control units are too few to learn which segments differ.`,
    `Give at least ${LEAST_PER_SIDE} of each and ${LEAST_UNITS} in all, or use the estimator subgroups with segments that you name.`,
    facts,
  );
}

function unitNames({ data, unit }: RegressionTable): string[] {
  const names = new Array<string>(unit?.count ?? 0).fill("");
  unit?.levels.forEach((u, row) => {
    names[u] = data.unit?.[row] ?? "";
  });
  return names;
}

/** The model of who is treated sees no outcome, so that fitting it on all units leaves the splits honest. */
function treatmentOdds(
  treated: Uint8Array,
  covariates: readonly NamedColumn[],
  names: readonly string[],
): Outcome<Float64Array> {
  const intercept = { name: "(Intercept)", values: new Float64Array(treated.length).fill(1) };
  const columns = [intercept, ...covariates];
  const fit = logit({
    outcome: Float64Array.from(treated),
    columns,
    weights: null,
    label: (row) => `unit ${names[row] ?? ""}`,
  });
  if (!fit.ok) return fit;
  return answer(
    Float64Array.from(treated, (_, u) => {
      const index = columns.reduce(
        (sum, { values }, j) => sum + (fit.value.coefficients[j] ?? 0) * (values[u] ?? 0),
        0,
      );
      const propensity = logistic(index);
      return propensity / (1 - propensity);
    }),
  );
}

function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = spread(values);
  return values.map((value) => (value - mean) / scale);
}

/** Standard deviation; 0 also for what is rounding of the level. */
function spread(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) > 1e-12 * Math.abs(mean) ? Math.sqrt(variance) : 0;
}
