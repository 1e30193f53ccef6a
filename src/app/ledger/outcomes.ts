import { parseTime } from "../../config/time.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { SHORTEST_SHA } from "../../core/ledger/deploys.ts";
import { type DeployOutcome, LEDGER_VERSION, type LedgerMark, OUTCOMES } from "../../core/ledger/entry.ts";
import { nearestName } from "../../sources/nearest.ts";

/** What somebody says about a deploy, as text: flags of `ledger mark`, or a row of an outcomes file. */
export interface StatedOutcome {
  readonly outcome?: string | undefined;
  readonly sha?: string | undefined;
  readonly id?: string | undefined;
  readonly repository?: string | undefined;
  readonly environment?: string | undefined;
  readonly service?: string | undefined;
  readonly at?: string | undefined;
  readonly note?: string | undefined;
}

export const OUTCOME_COLUMNS = ["outcome", "sha", "id", "repository", "environment", "service", "at", "note"] as const;

/** @param time when it was marked, ISO 8601. @param where begins the error: `--outcome`, `outcomes.csv line 3`. */
export function markOf(stated: StatedOutcome, time: string, where: string): LedgerMark {
  const text = (value: string | undefined): string | null =>
    value === undefined || value.trim() === "" ? null : value.trim();
  const sha = text(stated.sha)?.toLowerCase() ?? null;
  const id = text(stated.id);
  if (sha === null && id === null) {
    throw unusable(where, "names no deploy", "Say which: the commit (`sha`), or the `id` of a line of the ledger.");
  }
  if (sha !== null && !(/^[0-9a-f]+$/.test(sha) && sha.length >= SHORTEST_SHA)) {
    throw unusable(where, `"${sha}" is not a commit`, `Write ${SHORTEST_SHA} or more hexadecimal digits.`);
  }
  return {
    schemaVersion: LEDGER_VERSION,
    type: "outcome",
    time,
    outcome: outcomeOf(text(stated.outcome), where),
    sha,
    id,
    repository: text(stated.repository),
    environment: text(stated.environment),
    service: text(stated.service),
    at: instantOf(text(stated.at), where),
    note: text(stated.note) ?? "",
  };
}

function outcomeOf(text: string | null, where: string): DeployOutcome {
  const found = OUTCOMES.find((one) => one === text);
  if (found !== undefined) return found;
  const meant = text === null ? null : nearestName(text, OUTCOMES);
  const guess = meant === null ? "" : `Did you mean "${meant}"? `;
  const problem = text === null ? "says no outcome" : `"${text}" is not an outcome`;
  throw unusable(where, problem, `${guess}Write one of ${OUTCOMES.join(", ")}.`);
}

function instantOf(text: string | null, where: string): string | null {
  if (text === null) return null;
  const time = parseTime(text);
  if (time.ok) return new Date(time.value * 1000).toISOString();
  throw unusable(where, `at: ${time.problem}`, "Write for example 2026-03-01T14:05:00Z.");
}

function unusable(where: string, problem: string, hint: string, cause?: unknown): DeployImpactError {
  return new DeployImpactError("USAGE", `${where}: ${problem}.`, { hint, cause });
}

/** JSON Lines: one map per line with the keys of `OUTCOME_COLUMNS`. */
export function outcomesFromLines(text: string, file: string, time: string): LedgerMark[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const where = `${file} line ${index + 1}`;
    return [markOf(statedIn(line, where), timeIn(line) ?? time, where)];
  });
}

function statedIn(line: string, where: string): StatedOutcome {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw unusable(where, "is not JSON", "Write one JSON map per line.", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unusable(where, "is not a map", 'Write for example {"sha": "a1b2c3d", "outcome": "reverted"}.');
  }
  const cells = Object.entries(value).filter(([, cell]) => cell !== null);
  return Object.fromEntries(cells.map(([key, cell]) => [key, typeof cell === "string" ? cell : JSON.stringify(cell)]));
}

/** Lines that `ledger mark` wrote keep the time at which they were written. */
function timeIn(line: string): string | null {
  const { time } = JSON.parse(line) as { readonly time?: unknown };
  return typeof time === "string" && !Number.isNaN(Date.parse(time)) ? time : null;
}
