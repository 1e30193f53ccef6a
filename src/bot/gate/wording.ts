import { formatDuration } from "../../config/duration.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Verdict } from "../../core/result.ts";
import { GATE_COMMENT_CHARACTERS } from "../../github/limits.ts";
import { codeMarkdown, escapeMarkdown, linkMarkdown } from "../../report/escape.ts";
import { dateOf, duration, instant, sentence } from "../../report/format.ts";
import type { AnswerReason, EndedHow, GateSight, Settled } from "./decide.ts";

/** What people read beside the waiting job. Every text exists in shorter variants; the first that fits is sent. */

export interface GateWords {
  /** The environment behind the gate. */
  readonly environment: string;
  /** null: not known. */
  readonly watches: string | null;
  readonly sha: string;
  /** Epoch seconds. */
  readonly now: number;
  /** When `on-error` applies if nothing comes; null: not known. */
  readonly until: number | null;
}

/** Counted in UTF-16 units, as GitHub does; never more than GATE_COMMENT_CHARACTERS, and nothing is cut. */
export function fitting(variants: readonly (readonly (string | null)[])[]): string {
  const texts = variants.map((parts) => parts.filter((part) => part !== null && part !== "").join(" "));
  return texts.find((text) => text.length <= GATE_COMMENT_CHARACTERS) ?? texts.at(-1) ?? "";
}

const link = (text: string, url: string | null): string | null => (url === null ? null : linkMarkdown(text, url));

const commit = (sha: string): string => codeMarkdown(sha.slice(0, 7));

/** Names of environments may have 255 characters, each of which may need five. */
const place = (name: string | null): string => {
  const shown = escapeMarkdown(name ?? "the environment before");
  return shown.length <= 200 ? shown : "the environment before";
};

function clock(seconds: number, now: number): string {
  const text = instant(Math.round(seconds / 60) * 60);
  return dateOf(seconds) === dateOf(now) ? text.slice(11) : text;
}

export function waitingText(sight: Extract<GateSight, { kind: "unknown" | "pending" }>, words: GateWords): string {
  const { watches, sha, now, until } = words;
  const end = until === null ? null : `This gate waits until ${clock(until, now)}.`;
  if (sight.kind === "unknown") {
    return fitting([
      [`Waiting: no deployment to ${place(watches)} that carries ${commit(sha)} is known yet.`, end],
      ["Waiting: the commit has not reached the environment before."],
    ]);
  }
  const when = missingData(sight.readyAt, now);
  return fitting([
    [`Waiting for the verdict on ${commit(sha)} in ${place(watches)}.`, when, end, link("The plan", sight.url)],
    ["Waiting for the verdict.", when],
  ]);
}

/** `readyAt`: null while the plan is being made. */
function missingData(readyAt: number | null, now: number): string {
  if (readyAt === null) return "Its plan is being made; it comes when the post window is over.";
  const left = readyAt - now;
  if (left <= 0) return "The data should be complete; it comes as soon as they can be read.";
  return `${duration(Math.max(60, Math.ceil(left / 60) * 60))} of data are missing; it comes about ${clock(readyAt, now)}.`;
}

const RULES: Readonly<Record<Exclude<AnswerReason, "verdict" | "unset">, string>> = {
  acknowledged: "a person answered for it",
  advisory: "the mode is advisory, so nothing is held back",
  "on-inconclusive": "the config says so for inconclusive verdicts",
  "on-invalid": "the config says so for invalid verdicts",
  "on-error": "the config says so when nothing could be assessed in time",
};

const ENDED: Readonly<Record<EndedHow, string>> = {
  overtaken: "A newer deploy came before the data were complete, so this one has no verdict.",
  "given-up": "The analysis failed and was given up.",
  cancelled: "There was nothing to judge.",
};

/** A decision, or why people have to take it. */
export function answerText(sight: GateSight, answer: Settled, words: GateWords): string {
  const verb = answer.kind === "leave" ? "Not decided" : answer.decision === "approved" ? "Approved" : "Rejected";
  const rule = answer.why === "verdict" || answer.why === "unset" ? null : RULES[answer.why];
  const because = rule === null || answer.kind === "leave" ? "" : ` (${rule})`;
  const found = finding(sight, words);
  const next = answer.kind === "leave" ? leftToPeople(sight, words) : null;
  return fitting([
    [`${verb}${because}.`, ...found.full, next],
    [`${verb}${because}.`, ...found.short, next],
    [`${verb}.`, ...found.short],
    [`${verb}.`],
  ]);
}

interface Finding {
  readonly full: readonly (string | null)[];
  readonly short: readonly (string | null)[];
}

function finding(sight: GateSight, words: GateWords): Finding {
  const { watches, sha, environment } = words;
  const where = `${commit(sha)} in ${place(watches)}`;
  switch (sight.kind) {
    case "unset":
      return sight.hasConfig
        ? only(`The config says nothing about this gate: write \`gate: { watches: ... }\` under ${place(environment)}.`)
        : only("The repository has no config on its default branch, so nothing can be assessed.");
    case "unknown":
      return only(`No deployment to ${place(watches)} that carries ${commit(sha)} came in time.`);
    case "pending":
      return {
        full: [`No verdict on ${where} came in time.`, link("The plan", sight.url)],
        short: ["No verdict came in time."],
      };
    case "ended":
      return { full: [`${where}:`, ENDED[sight.how], link("The check", sight.url)], short: [ENDED[sight.how]] };
    case "judged": {
      const by = sight.acknowledgedBy === null ? null : `Acknowledged by ${codeMarkdown(sight.acknowledgedBy)}.`;
      const report = link("The verdict", sight.url);
      return {
        full: [`${where}:`, sentence(escapeMarkdown(sight.title)), by, report],
        short: [`${WORDS[sight.verdict]}.`, report],
      };
    }
  }
}

const only = (text: string): Finding => ({ full: [text], short: [text] });

const WORDS: Readonly<Record<Verdict, string>> = {
  regression: "Regression",
  improvement: "Improvement",
  "no-impact": "No impact",
  inconclusive: "Inconclusive",
  invalid: "Invalid",
};

function leftToPeople(sight: GateSight, { watches }: GateWords): string {
  const decide = "People decide, in the workflow run.";
  return sight.kind === "unset" ? decide : `${decide} A later verdict on ${place(watches)} still counts.`;
}

export interface GateFailure {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** Our own failure, while it is tried again. */
export function failureText({ code, hint }: GateFailure, words: GateWords): string {
  const until = words.until === null ? "" : ` until ${clock(words.until, words.now)}`;
  const again = `It is tried again${until}.`;
  return fitting([
    [`Could not assess: ${code}.`, sentence(escapeMarkdown(hint)), again],
    [`Could not assess: ${code}.`, again],
  ]);
}

/** Our own failure, after the patience that the config grants. */
export function failureAnswerText({ code, hint }: GateFailure, answer: Settled, patience: number): string {
  const verb = answer.kind === "leave" ? "Not decided" : answer.decision === "approved" ? "Approved" : "Rejected";
  const next =
    answer.kind === "leave"
      ? "People decide, in the workflow run."
      : `The config says so when assessing fails for ${formatDuration(patience)}.`;
  return fitting([
    [`${verb}. Could not assess: ${code}.`, sentence(escapeMarkdown(hint)), next],
    [`${verb}. Could not assess: ${code}.`, next],
  ]);
}

export function expiredText(): string {
  return "Not decided. GitHub lets a job wait for 30 days; this gate stops looking now. People decide, in the workflow run.";
}
