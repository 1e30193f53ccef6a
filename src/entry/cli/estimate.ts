import type { EstimateDocument, EstimateRequest } from "../../app/estimate.ts";
import { jsonPieces } from "../../app/json.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { EstimateResult } from "../../core/estimators/contract.ts";
import { TIDY_ESTIMATORS } from "../../core/estimators/index.ts";
import type { Refusal } from "../../core/outcome.ts";
import { roundSignificant } from "../../core/round.ts";
import { escapeTerminal } from "../../report/escape.ts";
import { VERSION } from "../../version.ts";
import { estimateText, estimatorsText } from "./estimate-text.ts";
import { alphaFlag, choiceFlag, listFlag, seedFlag } from "./flags.ts";
import { writeStdout } from "./output.ts";

/** Flags of `estimate` as text. */
export interface EstimateFlags {
  readonly list?: boolean;
  readonly data?: string;
  readonly estimator?: string;
  readonly unit?: string;
  readonly time?: string;
  readonly outcome?: string;
  readonly treatment?: string;
  readonly firstTreated?: string;
  readonly weights?: string;
  readonly covariates?: string;
  readonly cluster?: string;
  readonly vcov?: string;
  readonly ref?: string;
  readonly control?: string;
  readonly seed?: string;
  readonly alpha?: string;
  readonly set?: readonly string[];
  readonly format?: string;
}

/** The data do not allow what was asked for. */
const REFUSED = 2;

/** `estimate`: 0 with a table of coefficients, 2 when the data do not allow one. */
export async function estimate(flags: EstimateFlags): Promise<number> {
  const format = choiceFlag("--format", flags.format, ["text", "json"] as const) ?? "text";
  if (flags.list === true) {
    const list = TIDY_ESTIMATORS.map(({ estimate: _, ...described }) => described);
    await writeStdout(format === "json" ? json({ version: VERSION, estimators: list }) : [estimatorsText()]);
    return 0;
  }
  const request = requestFrom(flags);
  const { runEstimate } = await import("../../app/estimate.ts");
  const document = await runEstimate(request, { version: VERSION });
  const { outcome } = document;
  // Known before the first byte is written, so that a reader that stops early does not change it.
  process.exitCode = outcome.ok ? 0 : REFUSED;
  if (format === "json") await writeStdout(json(plainDocument(document)));
  else if (outcome.ok) await writeStdout([estimateText(document, outcome.value)]);
  if (!outcome.ok) process.stderr.write(refusalText(outcome.refusal));
  return outcome.ok ? 0 : REFUSED;
}

function requestFrom(flags: EstimateFlags): EstimateRequest {
  const { data, estimator } = flags;
  if (data === undefined)
    throw usage("--data is missing.", "Name a CSV, TSV or Parquet file, or - for standard input.");
  if (estimator === undefined) {
    throw usage("--estimator is missing.", `There are: ${TIDY_ESTIMATORS.map(({ id }) => id).join(", ")}.`);
  }
  return {
    data,
    estimator,
    columns: {
      unit: flags.unit ?? null,
      time: flags.time ?? null,
      outcome: flags.outcome ?? null,
      treatment: flags.treatment ?? null,
      firstTreated: flags.firstTreated ?? null,
      weights: flags.weights ?? null,
      covariates: listFlag("--covariates", flags.covariates),
      clusters: listFlag("--cluster", flags.cluster),
    },
    vcov: flags.vcov ?? null,
    ref: wholeFlag("--ref", flags.ref),
    control: choiceFlag("--control", flags.control, ["never", "notyet"] as const) ?? null,
    alpha: alphaFlag(flags.alpha) ?? null,
    seed: seedFlag(flags.seed) ?? null,
    settings: settingsFrom(flags.set ?? []),
  };
}

function wholeFlag(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[+-]?\d{1,9}$/.test(text)) return Number(text);
  throw usage(`${name}: "${text}" is not a whole number.`, `Write for example ${name} -1.`);
}

function settingsFrom(pairs: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    if (at < 1 || name === "") throw usage(`--set: "${pair}" is not name=value.`, "Write for example --set lag=4.");
    if (Object.hasOwn(settings, name)) throw usage(`--set ${name} is given twice.`, "Give each setting once.");
    settings[name] = pair.slice(at + 1).trim();
  }
  return settings;
}

function usage(message: string, hint: string): DeployImpactError {
  return new DeployImpactError("USAGE", message, { hint });
}

function refusalText({ code, message, hint }: Refusal): string {
  return `refused: ${escapeTerminal(message)} (${code})\nhint: ${escapeTerminal(hint)}\n`;
}

/** Flat: what was computed, from what, and either the result or the refusal. */
function plainDocument({ outcome, ...provenance }: EstimateDocument): unknown {
  if (!outcome.ok) return { ...provenance, refusal: outcome.refusal };
  const { estimator: _, ...result }: EstimateResult = outcome.value;
  return { ...provenance, ...result };
}

function* json(value: unknown): Generator<string> {
  yield* jsonPieces(plain(value));
  yield "\n";
}

/** Numbers with 12 digits; infinities as text and NaN as null, because JSON has neither. */
function plain(value: unknown): unknown {
  if (typeof value === "number") {
    if (Number.isNaN(value)) return null;
    return Number.isFinite(value) ? roundSignificant(value) : String(value);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
