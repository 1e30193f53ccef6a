import { DURATION_EXAMPLES, parseDuration } from "../../config/duration.ts";
import { nearestName } from "../../sources/nearest.ts";

/** What a comment asks for. Pure: whatever is written, there is an answer and nothing happens. Spans are seconds. */
export type Command =
  | DeploymentCommand
  | { readonly name: "status"; readonly environment: string | null }
  | { readonly name: "help" };

/** About one deployment. */
export type DeploymentCommand =
  | { readonly name: "rerun"; readonly environment: string | null }
  | { readonly name: "extend"; readonly environment: string | null; readonly by: number }
  | { readonly name: "ack"; readonly environment: string | null; readonly reason: string }
  | { readonly name: "explain"; readonly environment: string | null };

export type CommandName = Command["name"];

export const COMMAND_NAMES = ["status", "rerun", "extend", "ack", "explain", "help"] as const satisfies CommandName[];

export type Parsed =
  | { readonly kind: "none" }
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "mistake"; readonly mistake: Mistake };

/** Never holds the words of the comment, only what was made of them, so that an answer cannot echo them. */
export type Mistake =
  | { readonly kind: "unknown-word"; readonly meant: CommandName | null }
  | { readonly kind: "missing-word" }
  | { readonly kind: "no-duration" }
  | { readonly kind: "no-reason" }
  | { readonly kind: "long-reason" }
  | { readonly kind: "no-environment" }
  | { readonly kind: "left-over"; readonly name: CommandName };

/** Longer reasons belong into the conversation itself. */
export const LONGEST_REASON = 500;

const LONGEST_ENVIRONMENT = 255;

/** The prefix is a word of its own at the very start; four spaces would make the line code, `>` a quotation. */
const PREFIX = /^ {0,3}\/deploy-impact(?=[\s\u00a0]|$)/i;

/** Reads the first line of a comment and nothing else: quoted, fenced and later lines are not spoken to us. */
export function parseCommand(body: string): Parsed {
  const [line = ""] = body.split(/\r\n|[\n\r\u2028\u2029]/, 1);
  const prefix = PREFIX.exec(line);
  if (prefix === null) return { kind: "none" };
  const { word, rest } = firstWord(line.slice(prefix[0].length));
  if (word === "") return mistaken({ kind: "missing-word" });
  const name = COMMAND_NAMES.find((one) => one === word.toLowerCase());
  if (name === undefined) return mistaken({ kind: "unknown-word", meant: meantBy(word) });
  const flag = environmentFlag(rest);
  if (flag === null) return mistaken({ kind: "no-environment" });
  return argumentsOf(name, flag.environment, flag.rest);
}

const mistaken = (mistake: Mistake): Parsed => ({ kind: "mistake", mistake });

/** Longer words are no misspellings; comparing them would only cost time. */
const LONGEST_WORD = 20;

function meantBy(word: string): CommandName | null {
  if (word.length > LONGEST_WORD) return null;
  const near = nearestName(word, COMMAND_NAMES);
  return COMMAND_NAMES.find((one) => one === near) ?? null;
}

function firstWord(text: string): { readonly word: string; readonly rest: string } {
  const trimmed = text.trim();
  const end = trimmed.search(/\s/);
  return end < 0 ? { word: trimmed, rest: "" } : { word: trimmed.slice(0, end), rest: trimmed.slice(end).trim() };
}

interface Flagged {
  readonly environment: string | null;
  readonly rest: string;
}

/** Phones turn two hyphens into a dash. */
const FLAG = /^(?:--|[\u2013\u2014])env(?:ironment)?(?:[=\s]\s*|$)(.*)$/i;

/** `--env x`, `--env=x` or `--env "with spaces"` right after the word, or at the end of it all. null: it names nothing. */
function environmentFlag(text: string): Flagged | null {
  const leading = FLAG.exec(text);
  if (leading !== null) return environmentIn(leading[1] ?? "");
  return { environment: null, rest: text };
}

function environmentIn(text: string): Flagged | null {
  const quoted = /^(?:"([^"]*)"|“([^”]*)”)(?:\s+(.*))?$/.exec(text);
  const { word, rest } =
    quoted === null ? firstWord(text) : { word: quoted[1] ?? quoted[2] ?? "", rest: quoted[3] ?? "" };
  const environment = word.trim();
  if (environment === "" || environment.length > LONGEST_ENVIRONMENT) return null;
  return { environment, rest: rest.trim() };
}

function argumentsOf(name: CommandName, environment: string | null, rest: string): Parsed {
  switch (name) {
    case "ack":
      return acknowledged(environment, rest);
    case "extend":
      return extended(environment, rest);
    case "help":
      return rest === "" && environment === null
        ? { kind: "command", command: { name } }
        : mistaken({ kind: "left-over", name });
    case "status":
    case "rerun":
    case "explain":
      return rest === "" ? { kind: "command", command: { name, environment } } : mistaken({ kind: "left-over", name });
  }
}

function acknowledged(environment: string | null, reason: string): Parsed {
  if (!/[\p{L}\p{N}]/u.test(reason)) return mistaken({ kind: "no-reason" });
  if (reason.length > LONGEST_REASON) return mistaken({ kind: "long-reason" });
  return { kind: "command", command: { name: "ack", environment, reason } };
}

function extended(before: string | null, text: string): Parsed {
  const { word, rest } = firstWord(text);
  // `extend 60m --env x` is as natural as the other way round.
  const flag = before === null ? environmentFlag(rest) : { environment: before, rest };
  if (flag === null) return mistaken({ kind: "no-environment" });
  if (flag.rest !== "") return mistaken({ kind: "left-over", name: "extend" });
  const by = /^\d+(?:\.\d+)?[smhd]$/i.test(word) ? parseDuration(word.toLowerCase()) : null;
  if (by === null || by <= 0) return mistaken({ kind: "no-duration" });
  return { kind: "command", command: { name: "extend", environment: flag.environment, by } };
}

export const DURATION_HINT = `/deploy-impact extend 60m (${DURATION_EXAMPLES})`;
