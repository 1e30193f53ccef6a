import { escapeMarkdown, linkMarkdown, plain, shorten } from "../escape.ts";
import { capitaliseWord, sentence } from "../format.ts";
import { withoutAddresses } from "../redact.ts";
import { ERROR_TITLES } from "../wording/errors.ts";
import { paragraphs } from "./blocks.ts";
import type { CheckTitle, ReportableError } from "./contract.ts";

const LONGEST_REASON = 200;
/** Errors quote servers; a page of HTML is not a message. */
const LONGEST_MESSAGE = 2000;

/** The least config that works, for the repository that has none. */
const FIRST_CONFIG = `version: 1
source: { type: prometheus, url: https://prometheus.example.com, token-env: PROM_TOKEN }
units: { label: zone, treated: { match: { zone: [eu-1] } }, control: { match: { zone: [us-1, us-2] } } }
slis:
  - { id: error-rate, kind: gauge, query: "my_error_ratio", worse: up, margin: 5% }`;

/** Messages made from what a metric source said: they can hold names of units, which a public page must not. */
function mayNameUnits(error: ReportableError): boolean {
  if (error.code.startsWith("SOURCE_") || error.code === "UNKNOWN_LABEL") return true;
  return error.code === "CONFIG_INVALID" && error.position === undefined;
}

export interface ErrorContext {
  readonly publicRepository: boolean;
  readonly runUrl: string | null;
  readonly issueUrl?: string | null;
  /** What to do about a failure that passes by itself; left out: run the workflow again. */
  readonly again?: string;
}

/** Our own failure, never dressed up as a finding about the deploy. */
export function renderErrorCheck(error: ReportableError, context: ErrorContext): CheckTitle {
  const shown = (text: string): string =>
    shorten(plain(context.publicRepository ? withoutAddresses(text) : text), LONGEST_MESSAGE);
  const title = ERROR_TITLES[error.code];
  const isBug = error.code === "INTERNAL";
  return {
    title: isBug ? `${title} ${errorReference(error.message)}` : title,
    summary: paragraphs([
      `⚪ **${title}.** The deploy was not judged; this says nothing about the deploy itself.`,
      context.publicRepository && mayNameUnits(error)
        ? null
        : escapeMarkdown(sentence(capitaliseWord(shown(error.message)))),
      position(error),
      `**Next:** ${escapeMarkdown(sentence(capitaliseWord(shown(error.hint))))}`,
      error.code === "CONFIG_MISSING" ? `\`\`\`yaml\n# .github/deploy-impact.yml\n${FIRST_CONFIG}\n\`\`\`` : null,
      error.retryable ? (context.again ?? "Running the workflow again may be enough.") : null,
      links(context, isBug),
      `<sub>${error.code}</sub>`,
    ]),
  };
}

function position({ position: at }: ReportableError): string | null {
  if (at === undefined) return null;
  const line =
    at.line === undefined ? "" : `, line ${at.line}${at.column === undefined ? "" : `, column ${at.column}`}`;
  return `In ${escapeMarkdown(at.file)}${line}.`;
}

function links(
  context: { readonly runUrl: string | null; readonly issueUrl?: string | null },
  isBug: boolean,
): string | null {
  const all = [
    ...(context.runUrl === null ? [] : [linkMarkdown("log of the run", context.runUrl)]),
    ...(isBug && context.issueUrl != null ? [linkMarkdown("report this", context.issueUrl)] : []),
  ];
  return all.length === 0 ? null : all.join(" · ");
}

/**
 * Short name of a bug without any data in it: the one in its message, else FNV-1a over the message, so that the same
 * bug has the same name.
 */
export function errorReference(message: string): string {
  const named = /\bDI-[0-9a-f]{4}\b/.exec(message)?.[0];
  if (named !== undefined) return named;
  let hash = 0x811c9dc5;
  for (const character of message) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return `DI-${((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, "0")}`;
}

/** A check must never stay silent: concluded `skipped` where there is nothing to judge. */
export function renderNotApplicable(reason: string): CheckTitle {
  const shown = shorten(plain(reason), LONGEST_REASON);
  return {
    title: `Not applicable: ${shown}`,
    summary: `No deploy is judged here: ${escapeMarkdown(sentence(shown))}`,
  };
}
