import type { EstimateDocument } from "../../app/estimate.ts";
import type { ColumnPlan } from "../../app/estimate-columns.ts";
import type { EstimateResult } from "../../core/estimators/contract.ts";
import { TIDY_ESTIMATORS } from "../../core/estimators/index.ts";
import type { Coefficient } from "../../core/inference/coefficients.ts";
import type { JsonValue } from "../../core/outcome.ts";
import { escapeTerminal, shorten } from "../../report/escape.ts";
import { wrap } from "../../report/views/text.ts";

/** A terminal of the usual width shows every line whole. */
const WIDTH = 80;
const GAP = "  ";

/** Significant digits of estimates; fewer when the table would be too wide. */
const DIGITS = [6, 5, 4];

/** Longest term that stands whole. */
const LONGEST_TERM = 22;

/** The coefficient table and what it was made from, for a person. */
export function estimateText(document: EstimateDocument, result: EstimateResult): string {
  const { label, inference, reference, options } = document;
  const clusters = result.clusters === null ? "" : ` (${result.clusters} clusters${clusterNames(document, result)})`;
  return `${[
    lines(`${document.estimator}: ${label}`),
    lines(`${result.nobs} of ${document.data.rows} rows of ${document.data.file}; errors: ${inference}${clusters}`),
    "",
    ...coefficientLines(result.coefficients, options.alpha),
    "",
    ...jointTests(result.details),
    ...result.notes.map((note) => lines(`note: ${note}`)),
    lines(`columns: ${columnText(document.data.columns)}`),
    lines(`data ${document.dataHash.slice(0, 12)}, deploy-impact ${document.version}; ${reference}`),
  ].join("\n")}\n`;
}

function lines(text: string): string {
  return wrap(escapeTerminal(text), WIDTH).join("\n");
}

/** Parts are called by the columns that play them. */
function clusterNames({ data }: EstimateDocument, { details }: EstimateResult): string {
  const { clusteredBy } = details;
  if (!Array.isArray(clusteredBy) || clusteredBy.length === 0) return "";
  const columns: Record<string, string | null | undefined> = {
    unit: data.columns.unit,
    cluster: data.columns.clusters[0],
  };
  const names = clusteredBy.filter((name) => typeof name === "string");
  return ` of ${names.map((name) => columns[name] ?? name).join(" and ")}`;
}

function coefficientLines(rows: readonly Coefficient[], alpha: number): string[] {
  const level = `${Number((100 * (1 - alpha)).toPrecision(6))}%`;
  const header = ["term", "estimate", "std. error", "t", "p", `${level} from`, "to"];
  for (const digits of DIGITS) {
    const table = aligned([header, ...rows.map((row) => cellsOf(row, digits))]);
    if (digits === DIGITS.at(-1) || table.every((line) => line.length <= WIDTH)) return table;
  }
  return [];
}

function cellsOf(row: Coefficient, digits: number): string[] {
  const number = (value: number): string => numberText(value, digits);
  return [
    shorten(escapeTerminal(row.term), LONGEST_TERM),
    number(row.estimate),
    number(row.stdError),
    numberText(row.statistic, 4),
    numberText(row.pValue, 3),
    number(row.confLow),
    number(row.confHigh),
  ];
}

/** `-` where there is no such number (a permutation test has no standard error). */
function numberText(value: number, digits: number): string {
  if (Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const rounded = Number(value.toPrecision(digits));
  const plain = String(rounded);
  return plain.length <= digits + 4
    ? plain
    : rounded.toExponential().length < plain.length
      ? rounded.toExponential()
      : plain;
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
}

const JOINT = { leadsTest: "leads", lagsTest: "lags" } as const;

/** Joint tests that an estimator put into its details. */
function jointTests(details: Readonly<Record<string, JsonValue>>): string[] {
  return Object.entries(JOINT).flatMap(([key, name]) => {
    const test = details[key];
    if (typeof test !== "object" || test === null || Array.isArray(test)) return [];
    if (typeof test.refused === "string") return [lines(`${name} jointly zero: ${test.refused}`)];
    const { fStatistic, dof1, dof2, pF } = test;
    return [
      lines(
        `${name} jointly zero: F(${Number(dof1)}, ${numberText(Number(dof2), 6)}) = ${numberText(Number(fStatistic), 4)}, p = ${numberText(Number(pF), 3)}`,
      ),
    ];
  });
}

function columnText(plan: ColumnPlan): string {
  const parts = [
    ["outcome", plan.outcome],
    ["unit", plan.unit],
    ["time", plan.time],
    ["treatment", plan.treatment ?? (plan.firstTreated === null ? null : `from ${plan.firstTreated} on`)],
    ["first-treated", plan.firstTreated],
    ["weights", plan.weights],
    ["covariates", plan.covariates.join(" ")],
    ["cluster", plan.clusters.join(" ")],
  ];
  const said = parts.filter(([, name]) => name !== null && name !== "").map(([part, name]) => `${part} ${name}`);
  const usual = plan.taken.length === 0 ? "" : ` (by their usual names: ${plan.taken.join(", ")})`;
  return `${said.join(", ")}${usual}`;
}

/** What `--list` shows. */
export function estimatorsText(): string {
  const blocks = TIDY_ESTIMATORS.map((estimator) => {
    const { id, label, reference, needs, vcovs, settings } = estimator;
    const indented = (text: string, indent: string): string =>
      wrap(text, WIDTH - indent.length)
        .map((line) => indent + line)
        .join("\n");
    return [
      wrap(`${id}: ${label}`, WIDTH).join(`\n${GAP}`),
      indented(`source: ${reference}`, GAP),
      indented(`needs: ${["outcome", ...needs].join(", ")}`, GAP),
      indented(`vcov: ${vcovs.join(", ")}`, GAP),
      ...settings.map((one) => indented(`--set ${one.name}=${one.default}: ${one.description}`, GAP)),
    ].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}
