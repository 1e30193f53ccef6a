import type { Verdict } from "../../core/result.ts";
import type { Access, AccessLevel } from "../../github/people.ts";
import { codeMarkdown, escapeMarkdown, linkMarkdown } from "../../report/escape.ts";
import { instant, listing } from "../../report/format.ts";
import { VERDICT_WORDING } from "../../report/wording/verdicts.ts";
import type { AnalysisState } from "../store/analyses.ts";
import { COMMAND_NAMES, type CommandName, DURATION_HINT, LONGEST_REASON, type Mistake } from "./grammar.ts";

/** What we answer, one line where one is enough. Names of environments are escaped; other words of people are not here. */

const SAY = "`/deploy-impact";

const known = listing(
  COMMAND_NAMES.map((name) => `\`${name}\``),
  COMMAND_NAMES.length,
);

export function mistakeAnswer(mistake: Mistake): string {
  switch (mistake.kind) {
    case "missing-word":
      return `Say what to do: ${known}.`;
    case "unknown-word":
      return mistake.meant === null
        ? `That is no command. Known: ${known}.`
        : `That is no command; did you mean ${SAY} ${mistake.meant}\`? Known: ${known}.`;
    case "no-duration":
      return `Say how much longer: \`${DURATION_HINT}\`.`;
    case "no-reason":
      return `Say why: ${SAY} ack the reason in a few words\`. It is shown with the verdict.`;
    case "long-reason":
      return `A reason may have ${LONGEST_REASON} characters; write the rest into the conversation.`;
    case "no-environment":
      return `\`--env\` needs the name of an environment, in quotation marks when it has spaces.`;
    case "left-over":
      return `${SAY} ${mistake.name}\` takes ${TAKES[mistake.name]}.`;
  }
}

const TAKES: Readonly<Record<CommandName, string>> = {
  status: "only `--env NAME`",
  rerun: "only `--env NAME`",
  extend: "a duration and `--env NAME`",
  ack: "a reason, and `--env NAME` before it",
  explain: "only `--env NAME`",
  help: "nothing else",
};

export function refusalAnswer(what: CommandName, needed: AccessLevel, { level, role }: Access): string {
  const own = level === "none" ? "you have none here" : `yours is ${codeMarkdown(role)}`;
  return `${SAY} ${what}\` needs ${needed} access to this repository; ${own}.`;
}

export const UNKNOWN_HERE = "No deployment of this conversation is known to deploy-impact.";

export function whichEnvironment(name: CommandName, environments: readonly string[]): string {
  const shown = listing(environments.map(codeMarkdown), 8);
  return `Several environments are meant (${shown}); add \`--env NAME\` to ${SAY} ${name}\`.`;
}

export function otherEnvironment(environments: readonly string[]): string {
  return `Nothing of this conversation is known in that environment; known: ${listing(environments.map(codeMarkdown), 8)}.`;
}

export function failureAnswer(code: string, hint: string): string {
  return `That could not be done: ${code}. ${escapeMarkdown(hint)}`;
}

/** After the last of many tries. */
export function failedAnswer(code: string): string {
  return `That could not be done: ${code}. It was tried many times; whoever runs the bot finds ${codeMarkdown(code)} in its log.`;
}

export interface Standing {
  readonly environment: string;
  readonly sha: string;
  readonly state: AnalysisState;
  /** Epoch seconds; null: not known. */
  readonly nextAt: number | null;
  /** The newest; null: none yet. */
  readonly verdict: { readonly verdict: Verdict; readonly title: string } | null;
  readonly url: string | null;
}

const ENDS: Readonly<Record<Exclude<AnalysisState, "announced" | "waiting" | "done">, string>> = {
  overtaken: "not judged, a newer deploy came inside the window",
  "given-up": "not judged, the analysis failed",
  cancelled: "not judged, there is nothing to judge",
};

/** One line per environment. */
export function statusAnswer(standings: readonly Standing[]): string {
  return standings.map((standing) => `- ${standingLine(standing)}`).join("\n");
}

function standingLine({ environment, sha, state, nextAt, verdict, url }: Standing): string {
  const where = `**${escapeMarkdown(environment)}**, ${codeMarkdown(sha.slice(0, 7))}`;
  const link = url === null ? "" : ` ${linkMarkdown("details", url)}`;
  if (state === "announced") return `⏳ ${where}: the plan is being made.${link}`;
  if (state === "waiting") {
    const when = nextAt === null ? "" : `; the next look is at ${instant(Math.round(nextAt))}`;
    const before = verdict === null ? "" : ` The last verdict was: ${escapeMarkdown(verdict.title)}.`;
    return `⏳ ${where}: waiting for data${when}.${before}${link}`;
  }
  if (state !== "done") return `⚪ ${where}: ${ENDS[state]}.${link}`;
  if (verdict === null) return `⚪ ${where}: judged; the verdict is no longer kept.${link}`;
  return `${VERDICT_WORDING[verdict.verdict].symbol} ${where}: ${escapeMarkdown(verdict.title)}.${link}`;
}

export const NOT_JUDGED_YET = "There is no verdict to explain yet; the plan is on the check.";

export function helpAnswer(): string {
  return [
    "| Command | What it does | Needs |",
    "|---|---|---|",
    `| ${SAY} status\` | says how every environment stands | triage |`,
    `| ${SAY} rerun\` | analyses again with the same plan | write |`,
    `| ${SAY} extend 60m\` | judges a longer post window; the change is shown | write |`,
    `| ${SAY} ack REASON\` | keeps the verdict, which no longer fails the check | write |`,
    `| ${SAY} explain\` | posts the whole method once | triage |`,
    `| ${SAY} help\` | this list | read |`,
    "",
    "Add `--env NAME` where several environments are meant. Only the first line of a new comment is read.",
  ].join("\n");
}
