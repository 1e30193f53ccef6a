import { readFile } from "node:fs/promises";
import { appendLedger } from "../../app/ledger/append.ts";
import { markOf, OUTCOME_COLUMNS, outcomesFromLines } from "../../app/ledger/outcomes.ts";
import { type Ledger, parseLedger } from "../../app/ledger/parse.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { fitsCommit } from "../../core/ledger/deploys.ts";
import type { LedgerEntry, LedgerMark } from "../../core/ledger/entry.ts";
import { summarizeLedger } from "../../core/ledger/summary.ts";
import { positiveDurationFlag } from "./flags.ts";
import { destination, formatOf, writePage, writeStdout } from "./output.ts";

export interface LedgerReportFlags {
  readonly ledger?: string;
  readonly outcomes?: string;
  readonly fineAfter?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly format?: string;
  readonly out?: string;
}

/** `report --ledger`: how verdicts turned out. */
export async function reportLedger(file: string, flags: LedgerReportFlags, now = Date.now()): Promise<number> {
  const to = destination(flags);
  const fineAfter = positiveDurationFlag("--fine-after", flags.fineAfter);
  const ledger = await openLedger(file);
  const outcomes = flags.outcomes === undefined ? [] : await readOutcomes(flags.outcomes, new Date(now).toISOString());
  const summary = summarizeLedger(ledger.entries.filter(partOf(flags)), [...ledger.marks, ...outcomes], {
    fineBefore: fineAfter === undefined ? null : now - fineAfter * 1000,
  });
  const { ledgerPage } = await import("../../report/pages/ledger.ts");
  const origin = { damaged: damagedLines(ledger, file), only: onlyText(flags) };
  await writePage({ ...summary, damagedLines: ledger.damaged }, () => ledgerPage(summary, origin), {
    format: formatOf(to),
    out: to.out,
  });
  return 0;
}

function partOf({ environment, service }: LedgerReportFlags): (entry: LedgerEntry) => boolean {
  return (entry) =>
    (environment === undefined || entry.environment === environment) &&
    (service === undefined || entry.service === service);
}

function onlyText({ environment, service }: LedgerReportFlags): string | null {
  const parts = [
    ...(environment === undefined ? [] : [`environment ${environment}`]),
    ...(service === undefined ? [] : [`service ${service}`]),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

/** More of them than this are counted, not listed. */
const MOST_NAMED = 5;

function damagedLines({ damaged }: Ledger, file: string): string[] {
  const named = damaged
    .slice(0, MOST_NAMED)
    .map(({ line, problem }) => `Line ${line} of ${file} ${problem}; it is left out.`);
  return damaged.length > MOST_NAMED ? [...named, `${damaged.length - MOST_NAMED} more lines are left out.`] : named;
}

export interface LedgerMarkFlags {
  readonly ledger: string;
  readonly outcome: string;
  readonly sha?: string;
  readonly id?: string;
  readonly repository?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly at?: string;
  readonly note?: string;
}

/** `ledger mark`: writes how a deploy turned out into the same file, as a line of its own. */
export async function markLedger(flags: LedgerMarkFlags, now = Date.now()): Promise<number> {
  const mark = markOf(flags, new Date(now).toISOString(), "ledger mark");
  const { entries } = await openLedger(flags.ledger);
  const deploys = deploysOf(mark, entries);
  await appendLedger(flags.ledger, [mark]);
  await writeStdout([`Marked as ${mark.outcome}: ${deploys.map(deployText).join(", ")}.\n`]);
  return 0;
}

/** The deploys that a mark speaks of: it must be some, and of one environment. */
function deploysOf(mark: LedgerMark, entries: readonly LedgerEntry[]): LedgerEntry[] {
  const fitting = entries.filter((entry) => (mark.id === null ? fitsCommit(mark, entry) : entry.id === mark.id));
  const deploys = [...new Map(fitting.map((entry) => [deployText(entry), entry])).values()];
  if (deploys.length === 0) {
    const last = entries.at(-1);
    throw usage(
      `No verdict of this ledger is about ${mark.id ?? mark.sha}.`,
      last === undefined
        ? "The ledger holds no verdict."
        : `The last verdict is about ${deployText(last)}, id ${last.id}.`,
    );
  }
  const environments = [...new Set(deploys.map(({ environment }) => environment ?? "none"))];
  if (mark.id !== null || environments.length === 1) return deploys;
  throw usage(
    `The commit ${mark.sha} was judged in ${environments.length} environments.`,
    `Say in which it turned out ${mark.outcome}: --environment ${environments.join(" or --environment ")}.`,
  );
}

function deployText({ sha, service, environment, deployedAt }: LedgerEntry): string {
  const what = [sha?.slice(0, 7) ?? "a deploy", ...(service === null ? [] : [`of ${service}`])].join(" ");
  return `${what}${environment === null ? "" : ` to ${environment}`} at ${deployedAt.slice(0, 16).replace("T", " ")} UTC`;
}

async function openLedger(file: string): Promise<Ledger> {
  return parseLedger(await readText(file, "ledger", "--ledger"), file);
}

/** CSV (or TSV, Parquet) with a header, or JSON Lines; told apart by the first character. */
async function readOutcomes(file: string, time: string): Promise<LedgerMark[]> {
  const text = await readText(file, "outcomes file", "--outcomes");
  if (
    text
      .replace(/^\uFEFF/, "")
      .trimStart()
      .startsWith("{")
  )
    return outcomesFromLines(text, file, time);
  const { readTexts } = await import("../../sources/file/texts.ts");
  const rows = await readTexts({ path: file }, OUTCOME_COLUMNS, (columns) => requireColumns(columns, file));
  return rows.map((row, index) => markOf(row, time, `${file} row ${index + 1}`));
}

function requireColumns(columns: readonly string[], file: string): void {
  if (columns.includes("outcome") && (columns.includes("sha") || columns.includes("id"))) return;
  throw new DeployImpactError("MISSING_COLUMN", `${file} has the columns ${columns.join(", ")}.`, {
    hint: `It needs outcome, and sha or id; ${OUTCOME_COLUMNS.slice(3).join(", ")} may be there too.`,
  });
}

async function readText(file: string, what: string, flag: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw unreadable(file, what, flag, cause);
  }
}

function unreadable(file: string, what: string, flag: string, cause: unknown): DeployImpactError {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown cause";
  const made = flag === "--ledger" ? "; `check --ledger` makes it" : "";
  return new DeployImpactError("FILE_UNREADABLE", `The ${what} ${file} cannot be read (${code}).`, {
    hint: `Give ${flag} a file that exists${made}.`,
    cause,
  });
}

function usage(message: string, hint: string): DeployImpactError {
  return new DeployImpactError("USAGE", message, { hint });
}
