import { DeployImpactError } from "../../core/errors.ts";
import { LEDGER_VERSION, type LedgerEntry, type LedgerMark, OUTCOMES } from "../../core/ledger/entry.ts";
import { ROLES } from "../../core/plan.ts";
import { VERDICTS } from "../../core/result.ts";

/** A line that cannot be read, and why. */
export interface DamagedLine {
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly marks: readonly LedgerMark[];
  /** Left out: a writer that was interrupted leaves half a line behind, which must not hide the others. */
  readonly damaged: readonly DamagedLine[];
}

/** Reads a ledger; `file` is for messages. A file of which no line can be read is none. */
export function parseLedger(text: string, file: string): Ledger {
  const entries: LedgerEntry[] = [];
  const marks: LedgerMark[] = [];
  const damaged: DamagedLine[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const read = readLine(line);
    if (typeof read === "string") damaged.push({ line: index + 1, problem: read });
    else if (read.type === "verdict") entries.push(read);
    else marks.push(read);
  }
  const [first] = damaged;
  if (first !== undefined && entries.length + marks.length === 0) {
    throw new DeployImpactError("FILE_MALFORMED", `${file} is not a ledger: line ${first.line} ${first.problem}.`, {
      hint: "Give the file that `check --ledger` wrote: JSON Lines, one verdict each.",
      position: { file, line: first.line },
    });
  }
  return { entries, marks, damaged };
}

/** The line, or what is wrong with it. */
function readLine(line: string): LedgerEntry | LedgerMark | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not whole JSON";
  }
  if (!isMap(value)) return "is not a map";
  if (value.schemaVersion !== LEDGER_VERSION) {
    const found = value.schemaVersion === undefined ? "no" : JSON.stringify(value.schemaVersion);
    return `has ${found} schemaVersion; this release reads ${LEDGER_VERSION}`;
  }
  if (value.type === "verdict")
    return problemOf(value, ENTRY) ?? sliProblem(value) ?? (value as unknown as LedgerEntry);
  if (value.type === "outcome") return problemOf(value, MARK) ?? (value as unknown as LedgerMark);
  return `has the type ${JSON.stringify(value.type)}, not "verdict" or "outcome"`;
}

type Field = (value: unknown) => boolean;

const isText: Field = (value) => typeof value === "string";
const isTime: Field = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const isNumber: Field = (value) => typeof value === "number";
const orNull =
  (field: Field): Field =>
  (value) =>
    value === null || field(value);
const oneOf =
  (allowed: readonly string[]): Field =>
  (value) =>
    typeof value === "string" && allowed.includes(value);

/** What the summary reads; the rest is for people and other programs. */
const ENTRY: Readonly<Record<string, Field>> = {
  id: isText,
  time: isTime,
  repository: orNull(isText),
  environment: orNull(isText),
  service: orNull(isText),
  sha: orNull(isText),
  deployedAt: isTime,
  verdict: oneOf(VERDICTS),
  alpha: isNumber,
  slis: Array.isArray,
};

const SLI: Readonly<Record<string, Field>> = { id: isText, role: oneOf(ROLES), pMarginAdjusted: orNull(isNumber) };

const MARK: Readonly<Record<string, Field>> = {
  time: isTime,
  outcome: oneOf(OUTCOMES),
  sha: orNull(isText),
  id: orNull(isText),
  repository: orNull(isText),
  environment: orNull(isText),
  service: orNull(isText),
};

function problemOf(value: Readonly<Record<string, unknown>>, fields: Readonly<Record<string, Field>>): string | null {
  const wrong = Object.entries(fields).find(([key, field]) => !field(value[key]));
  if (wrong === undefined) return null;
  return value[wrong[0]] === undefined ? `has no \`${wrong[0]}\`` : `has a \`${wrong[0]}\` that is not what it must be`;
}

function sliProblem({ slis }: Readonly<Record<string, unknown>>): string | null {
  const list: readonly unknown[] = Array.isArray(slis) ? slis : [];
  for (const sli of list) {
    const problem = isMap(sli) ? problemOf(sli, SLI) : "is no map";
    if (problem !== null) return `has an SLI that ${problem}`;
  }
  return null;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
