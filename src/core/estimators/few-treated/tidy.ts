import type { Coefficient } from "../../inference/coefficients.ts";
import { mean } from "../../linalg/kernels.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import { groupBy } from "../../regression/effects.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "../contract.ts";
import { type OneDate, oneDate } from "../one-date.ts";
import { openTable, type RegressionTable } from "../panel-ols/table.ts";
import { settingText } from "../setting.ts";
import { conleyTaber, fermanPinto, type ResidualTest } from "./control-residuals.ts";
import { donaldLang, type GroupChanges, ibragimovMueller, regionTest, signChangeTest } from "./group-tests.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "size",
    description: "ferman-pinto: column with the size (traffic) of each unit; rows: its number of rows",
    default: "rows",
    accepts: { type: "number-columns", also: ["rows"] },
  },
  {
    name: "region",
    description: "ibragimov-mueller-regions and sign-changes: column with the region of each unit",
    default: "none",
    accepts: { type: "text-columns", also: ["none"] },
  },
  {
    name: "draws",
    description: "random samples of control residuals, where there are more than 500,000",
    default: "9999",
    accepts: { type: "number", min: 99, max: 1_000_000, integer: true },
  },
];

type Method = (request: Request) => Outcome<Found>;

const METHODS: Readonly<Record<string, Method>> = {
  "ferman-pinto": rescaled,
  "conley-taber": ({ changes, options, draws }) => {
    const found = conleyTaber(changes, { alpha: options.alpha, seed: options.seed, draws });
    return found.ok ? answer(fromResiduals(found.value, {})) : found;
  },
  "donald-lang": ({ changes, options }) => tested(donaldLang(changes, options.alpha)),
  "ibragimov-mueller": ({ changes, options }) => tested(ibragimovMueller(changes, options.alpha)),
  "ibragimov-mueller-regions": byRegion,
  "sign-changes": signs,
};

/**
 * Difference-in-differences with few treated units: one change per unit, and errors that do not need many treated.
 *
 * Formula: att = mean change of treated units - mean change of control units; p and interval by the chosen method.
 * Assumes: as the method says (conleyTaber, fermanPinto, donaldLang, ibragimovMueller, regionTest, signChangeTest).
 * Units: those of the outcome. Time grows with the rows, plus at most 500,000 samples.
 * Source: Donald and Lang 2007; Conley and Taber 2011; Ferman and Pinto 2019; Ibragimov and Müller 2010, 2016; Canay,
 * Romano and Shaikh 2017.
 */
export const fewTreated: TidyEstimator = {
  id: "few-treated",
  label: "few treated units",
  reference:
    "Ferman and Pinto 2019; Conley and Taber 2011; Donald and Lang 2007; Ibragimov and Müller 2010, 2016; Canay, Romano and Shaikh 2017",
  needs: ["unit", "time", "treatment"],
  vcovs: Object.keys(METHODS),
  settings: SETTINGS,
  uses: ["weights", "seed"],
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const design = oneDate(opened.value);
    if (!design.ok) return design;
    const vcov = options.vcov ?? "ferman-pinto";
    const units = usableUnits(opened.value, design.value);
    const changes = split(units, (unit) => unit.change);
    const draws = Number(settingText(SETTINGS, options, "draws"));
    const method = METHODS[vcov] ?? rescaled;
    const found = method({ table: opened.value, units, changes, options, draws });
    if (!found.ok) return found;
    const { row, details, notes } = found.value;
    return answer({
      estimator: fewTreated.id,
      inference: vcov,
      coefficients: [row],
      nobs: data.outcome.filter((value, i) => !Number.isNaN(value) && (data.weights?.[i] ?? 1) > 0).length,
      clusters: units.length,
      notes: [...design.value.notes, ...notes],
      details: {
        firstTreated: design.value.firstTreated,
        changes: units.map(({ name, isTreated, change }) => ({ unit: name, treated: isTreated, change })),
        ...details,
      },
    });
  },
};

interface UnitChange {
  /** Number of the unit and its first row. */
  readonly unit: number;
  readonly row: number;
  readonly name: string;
  readonly isTreated: boolean;
  readonly change: number;
}

interface Request {
  readonly table: RegressionTable;
  readonly units: readonly UnitChange[];
  readonly changes: GroupChanges;
  readonly options: EstimateOptions;
  readonly draws: number;
}

interface Found {
  readonly row: Coefficient;
  readonly details: Readonly<Record<string, JsonValue>>;
  readonly notes: readonly string[];
}

/** Units with rows in both windows. */
function usableUnits({ data, unit }: RegressionTable, { changeOf, treated }: OneDate): UnitChange[] {
  const first = new Int32Array(changeOf.length).fill(-1);
  unit?.levels.forEach((u, i) => {
    if (first[u] === -1) first[u] = i;
  });
  return Array.from(changeOf, (change, u) => {
    const row = first[u] ?? 0;
    return { unit: u, row, name: data.unit?.[row] ?? "", isTreated: treated[u] ?? false, change };
  }).filter(({ change }) => !Number.isNaN(change));
}

function split(units: readonly UnitChange[], pick: (unit: UnitChange) => number): GroupChanges {
  const side = (wanted: boolean): Float64Array =>
    Float64Array.from(
      units.filter(({ isTreated }) => isTreated === wanted),
      pick,
    );
  return { treated: side(true), control: side(false) };
}

function tested(row: Outcome<Coefficient>): Outcome<Found> {
  return row.ok ? answer({ row: row.value, details: {}, notes: [] }) : row;
}

/** Tests over residuals or signs have neither a standard error nor degrees of freedom. */
function plainRow(
  values: Pick<Coefficient, "estimate" | "statistic" | "pValue" | "confLow" | "confHigh">,
): Coefficient {
  const { estimate, statistic, pValue, confLow, confHigh } = values;
  return { term: "att", estimate, stdError: Number.NaN, statistic, dof: Number.NaN, pValue, confLow, confHigh };
}

function fromResiduals(found: ResidualTest, details: Readonly<Record<string, JsonValue>>): Found {
  const { estimate, pValue, confLow, confHigh, samples, exact } = found;
  return {
    row: plainRow({ estimate, statistic: estimate, pValue, confLow, confHigh }),
    details: { samples, exact, ...details },
    notes: [],
  };
}

function rescaled({ table, units, changes, options, draws }: Request): Outcome<Found> {
  const name = settingText(SETTINGS, options, "size");
  const column = table.data.numbers?.find((one) => one.name === name);
  if (name !== "rows" && column === undefined) {
    return refuse("NOT_ESTIMABLE", `The table has no column ${name} of sizes.`, "Name a column of the table.");
  }
  const totals = new Float64Array(table.unit?.count ?? 0);
  const counts = new Float64Array(totals.length);
  table.unit?.levels.forEach((u, i) => {
    totals[u] = (totals[u] ?? 0) + (column?.values[i] ?? 0);
    counts[u] = (counts[u] ?? 0) + 1;
  });
  const sizes = column === undefined ? counts : totals.map((total, u) => total / (counts[u] ?? 1));
  const sizeOf = split(units, ({ unit }) => sizes[unit] ?? Number.NaN);
  const found = fermanPinto(changes, sizeOf, { alpha: options.alpha, seed: options.seed, draws });
  if (!found.ok) return found;
  const { constant, slope, constrained } = found.value.sizeVariance;
  return answer(fromResiduals(found.value, { sizeVariance: { constant, slope, constrained } }));
}

interface Region {
  readonly name: string;
  readonly estimate: number;
}

/** Regions with treated and control units; others are named in the notes. */
function regionsOf({
  table,
  units,
  options,
}: Request): Outcome<{ regions: readonly Region[]; left: readonly string[] }> {
  const name = settingText(SETTINGS, options, "region");
  const column = table.data.texts?.find((one) => one.name === name);
  if (column === undefined) {
    return refuse(
      "NOT_ESTIMABLE",
      "This test compares regions, and no column of regions is named.",
      "Use --set region=COLUMN with a column that says where each unit is.",
    );
  }
  const numbers = groupBy(
    name,
    units.map(({ row }) => column.values[row] ?? ""),
  );
  const names = units.map(({ row }) => column.values[row] ?? "");
  const regions = Array.from({ length: numbers.count }, (_, r) => {
    const inside = split(
      units.filter((_, i) => numbers.levels[i] === r),
      ({ change }) => change,
    );
    return { name: names[numbers.levels.indexOf(r)] ?? "", estimate: mean(inside.treated) - mean(inside.control) };
  });
  const isUsable = ({ estimate }: Region): boolean => !Number.isNaN(estimate);
  return answer({
    regions: regions.filter(isUsable),
    left: regions.filter((one) => !isUsable(one)).map((one) => one.name),
  });
}

function regionFacts({ regions, left }: { regions: readonly Region[]; left: readonly string[] }) {
  return {
    details: { regions: Object.fromEntries(regions.map(({ name, estimate }) => [name, estimate])) },
    notes: left.length === 0 ? [] : [`Without treated and control units, left out: ${left.join(", ")}.`],
  };
}

function byRegion(request: Request): Outcome<Found> {
  const found = regionsOf(request);
  if (!found.ok) return found;
  const row = regionTest(
    Float64Array.from(found.value.regions, ({ estimate }) => estimate),
    request.options.alpha,
  );
  return row.ok ? answer({ row: row.value, ...regionFacts(found.value) }) : row;
}

function signs(request: Request): Outcome<Found> {
  const found = regionsOf(request);
  if (!found.ok) return found;
  const { alpha } = request.options;
  const { regions } = found.value;
  const smallestP = 2 / 2 ** regions.length;
  if (regions.length >= 2 && smallestP > alpha) {
    return refuse(
      "TOO_FEW_CLUSTERS",
      `With ${regions.length} regions the smallest p-value that sign changes can give is ${smallestP}, above ${alpha}.`,
      "Use ibragimov-mueller-regions, or a column with more regions.",
      { regions: regions.length, smallestP, alpha },
    );
  }
  const test = signChangeTest(
    Float64Array.from(regions, ({ estimate }) => estimate),
    alpha,
  );
  if (!test.ok) return test;
  const { details, notes } = regionFacts(found.value);
  const { assignments, pOfMean } = test.value;
  return answer({ row: plainRow(test.value), details: { ...details, assignments, pOfMean }, notes });
}
