import { DeployImpactError } from "../core/errors.ts";
import type { TidyColumn, TidyData, TidyEstimator } from "../core/estimators/contract.ts";
import type { ColumnTable, WantedColumn } from "../sources/file/columns.ts";
import { nearestName } from "../sources/nearest.ts";
import { columnNames, requireUse } from "./estimate-options.ts";

/** Names of columns as given; null: the usual name where the table has it. `none` stands for no column. */
export interface ColumnChoice {
  readonly unit: string | null;
  readonly time: string | null;
  readonly outcome: string | null;
  readonly treatment: string | null;
  readonly firstTreated: string | null;
  readonly weights: string | null;
  readonly covariates: readonly string[];
  readonly clusters: readonly string[];
}

/** Which column plays which part. */
export interface ColumnPlan {
  readonly unit: string | null;
  readonly time: string | null;
  readonly outcome: string;
  readonly treatment: string | null;
  readonly firstTreated: string | null;
  readonly weights: string | null;
  readonly covariates: readonly string[];
  readonly clusters: readonly string[];
  readonly texts: readonly string[];
  readonly numbers: readonly string[];
  /** Parts that were taken by their usual name. */
  readonly taken: readonly string[];
}

const FLAGS = {
  unit: "--unit",
  time: "--time",
  outcome: "--outcome",
  treatment: "--treatment",
  firstTreated: "--first-treated",
  weights: "--weights",
} as const;

type Part = keyof typeof FLAGS;

const NO_COLUMN = "none";

export interface ColumnRequest {
  readonly estimator: TidyEstimator;
  readonly choice: ColumnChoice;
  readonly settings: Readonly<Record<string, string>>;
  readonly file: string;
}

/** Decides which column is what; throws MISSING_COLUMN with what is there. */
export function planColumns(columns: readonly string[], request: ColumnRequest): ColumnPlan {
  const { estimator, choice, file } = request;
  const taken: string[] = [];
  const part = (name: Part, usual: readonly string[]): string | null => {
    const given = choice[name];
    if (given === NO_COLUMN) return null;
    if (given !== null) return existing(given, FLAGS[name], columns, file);
    const found = usual.find((candidate) => columns.includes(candidate)) ?? null;
    if (found !== null) taken.push(`${FLAGS[name]} ${found}`);
    return found;
  };
  const unit = part("unit", ["unit"]);
  const time = part("time", ["time"]);
  const outcome = part("outcome", ["y"]);
  const hasPlain = choice.treatment !== null || columns.includes("d");
  const firstTreated = part("firstTreated", hasPlain && !wantsFirst(estimator) ? [] : ["first_treat"]);
  // `treat` often marks units that are ever treated; the first treated period says more than it
  const treatment = part("treatment", firstTreated === null ? ["d", "treat"] : ["d"]);
  const takesWeights = estimator.uses === undefined || estimator.uses.includes("weights");
  const weights = part("weights", takesWeights ? ["weights"] : []);
  if (choice.weights !== null && choice.weights !== NO_COLUMN) requireUse(estimator, "weights");
  if (outcome === null) throw missing("y", FLAGS.outcome, columns, file);
  requireParts({ unit, time, treatment, firstTreated }, request, columns);
  return {
    unit,
    time,
    outcome,
    treatment,
    firstTreated,
    weights,
    covariates: listed(choice.covariates, "--covariates", "covariates", request, columns),
    clusters: clusterColumns(request, columns),
    texts: settingColumns(request, "text-columns", columns),
    numbers: settingColumns(request, "number-columns", columns),
    taken,
  };
}

/** An estimator that asks for the treatment column only does with it. */
function wantsFirst({ needs }: TidyEstimator): boolean {
  return needs.includes("firstTreated") || !needs.includes("treatment");
}

const USUAL: Readonly<Record<TidyColumn, string>> = {
  unit: "unit",
  time: "time",
  treatment: "d",
  firstTreated: "first_treat",
};

/** Either form of the treatment stands for the other. */
function requireParts(
  parts: Readonly<Record<TidyColumn, string | null>>,
  { estimator, file }: ColumnRequest,
  columns: readonly string[],
): void {
  const isTreated = parts.treatment !== null || parts.firstTreated !== null;
  for (const need of estimator.needs) {
    const isThere = need === "treatment" || need === "firstTreated" ? isTreated : parts[need] !== null;
    if (!isThere) throw missing(USUAL[need], FLAGS[need], columns, file);
  }
}

function clusterColumns(request: ColumnRequest, columns: readonly string[]): readonly string[] {
  const { estimator, choice } = request;
  const clusters = listed(choice.clusters, "--cluster", "cluster", request, columns);
  if (clusters.length > 1 && estimator.multiwayClusters !== true) {
    throw new DeployImpactError("USAGE", `The estimator ${estimator.id} takes one cluster variable.`, {
      hint: `Name one column, for example --cluster ${clusters[0]}.`,
    });
  }
  return clusters;
}

function listed(
  names: readonly string[],
  flag: string,
  input: "covariates" | "cluster",
  { estimator, file }: ColumnRequest,
  columns: readonly string[],
): readonly string[] {
  if (names.length > 0) requireUse(estimator, input);
  return names.map((name) => existing(name, flag, columns, file));
}

/** Parts of the table that a setting may name instead of a column. */
const PARTS = ["unit", "time", "cluster"];

function settingColumns(
  { estimator, settings, file }: ColumnRequest,
  type: "text-columns" | "number-columns",
  columns: readonly string[],
): string[] {
  const found = estimator.settings.flatMap(({ name, accepts, default: usual }) => {
    if (accepts?.type !== type) return [];
    const text = settings[name] ?? usual;
    if (text === "" || accepts.also?.includes(text)) return [];
    return columnNames(text)
      .filter((column) => type === "number-columns" || !PARTS.includes(column))
      .map((column) => existing(column, `--set ${name}`, columns, file));
  });
  return [...new Set(found)];
}

function existing(name: string, flag: string, columns: readonly string[], file: string): string {
  if (columns.includes(name)) return name;
  throw missing(name, flag, columns, file);
}

/** Most columns that an error lists. */
const LISTED = 20;
/** Every name is near to a shorter one. */
const SHORTEST_GUESSED = 3;

function missing(name: string, flag: string, columns: readonly string[], file: string): DeployImpactError {
  const meant = name.length < SHORTEST_GUESSED ? null : nearestName(name, columns);
  const more = columns.length > LISTED ? ` and ${columns.length - LISTED} more` : "";
  const there = columns.slice(0, LISTED).join(", ");
  return new DeployImpactError("MISSING_COLUMN", `${file} has no column "${name}"; it has ${there}${more}.`, {
    hint:
      meant === null
        ? `Name the column with ${flag}${flag.startsWith("--set") ? "" : " <column>"}.`
        : `Name the column with ${flag}${flag.startsWith("--set") ? "" : ` ${meant}`}; the nearest name is "${meant}".`,
    position: { file, line: 1 },
  });
}

/** What the reader has to bring. A column that plays several parts is read once per kind. */
export function wantedColumns(plan: ColumnPlan): WantedColumn[] {
  const kinds: readonly (readonly [WantedColumn["kind"], readonly (string | null)[]])[] = [
    ["name", [plan.unit, ...plan.clusters, ...plan.texts]],
    ["period", [plan.time, plan.firstTreated]],
    ["number", [plan.outcome, plan.treatment, plan.weights, ...plan.covariates, ...plan.numbers]],
  ];
  return kinds.flatMap(([kind, names]) =>
    [...new Set(names.filter((name) => name !== null))].map((name) => ({ name, kind })),
  );
}

/** The table with its columns in their parts. */
export function tidyData(plan: ColumnPlan, table: ColumnTable): TidyData {
  const name = (column: string | null): readonly string[] | null =>
    column === null ? null : (table.names.get(column) ?? null);
  const number = (column: string | null): Float64Array | null =>
    column === null ? null : (table.numbers.get(column) ?? null);
  const period = (column: string | null): Float64Array | null =>
    column === null ? null : (table.periods.get(column) ?? null);
  const texts = (names: readonly string[]) => names.map((one) => ({ name: one, values: name(one) ?? [] }));
  const numbers = (names: readonly string[]) =>
    names.map((one) => ({ name: one, values: number(one) ?? new Float64Array(0) }));
  return {
    rows: table.rows,
    unit: name(plan.unit),
    time: period(plan.time),
    outcome: number(plan.outcome) ?? new Float64Array(0),
    treatment: number(plan.treatment),
    firstTreated: period(plan.firstTreated),
    weights: number(plan.weights),
    covariates: numbers(plan.covariates),
    cluster: name(plan.clusters[0] ?? null),
    furtherClusters: texts(plan.clusters.slice(1)),
    texts: texts(plan.texts),
    numbers: numbers(plan.numbers),
  };
}
