/**
 * Labels, reasons and messages come from outside: metric names, unit names, server errors. Each medium has one
 * function here that makes them inert, and views print nothing that has not gone through it.
 */

/** Control, format (direction marks, zero-width) and broken surrogate characters: nothing a label needs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One line without invisible characters; what was removed stays visible as U+FFFD so that nothing can hide in it. */
export function plain(text: string): string {
  return text
    .replace(/\p{Cs}/gu, "\uFFFD")
    .replace(/[\t\r\n\u2028\u2029]+/g, " ")
    .replace(INVISIBLE, "\uFFFD")
    .trim();
}

/** Cuts a label in the middle, where names differ least. */
export function shorten(text: string, most: number): string {
  const points = [...text];
  if (points.length <= most) return text;
  const tail = Math.floor((most - 1) / 3);
  return `${points.slice(0, most - 1 - tail).join("")}…${points.slice(points.length - tail).join("")}`;
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? "");
}

const ZERO_WIDTH = "&#8203;";

/**
 * Text for GitHub Markdown, inside or outside a table. Numeric entities are always literal there (CommonMark 0.31,
 * section 2.5), also `|` in a table. Mentions, references, links and emoji are found after that, in the rendered
 * text, so they are broken with a zero-width space.
 */
export function escapeMarkdown(text: string): string {
  const entity = (character: string): string => `&#${character.codePointAt(0) ?? 0};`;
  return plain(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*[\]|~$^{}]/g, entity)
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, entity)
    .replace(/^(?:[-+](?=\s|$)|-{2,}|={2,})/, (start) => [...start].map(entity).join(""))
    .replace(/^(\d+)(?=[.)](?:\s|$))/, `$1${ZERO_WIDTH}`)
    .replace(/@/g, `@${ZERO_WIDTH}`)
    .replace(/(?<!&)#/g, `#${ZERO_WIDTH}`)
    .replace(/\b(gh-)(?=\d)/gi, `$1${ZERO_WIDTH}`)
    .replace(/:(?=\/\/)/g, `:${ZERO_WIDTH}`)
    .replace(/\b(www)\./gi, `$1${ZERO_WIDTH}.`)
    .replace(/:(?=[\w+-]+:)/g, `:${ZERO_WIDTH}`)
    .replace(OPEN_EMOJI, `:${ZERO_WIDTH}`);
}

/** An emoji name that the colon of a following sentence would close; not the minutes of a time. */
const OPEN_EMOJI = /(?<!\d):(?=[\w+-]+$)|:(?=[\w+-]*[a-z+][\w+-]*$)/gi;

/** Short text in code type; never interpreted, no mention or reference inside it. */
export function codeMarkdown(text: string): string {
  const clean = plain(text);
  if (/^[\w .:/@#=+,%()-]+$/.test(clean)) return `\`${clean}\``;
  return `<code>${escapeMarkdown(clean)}</code>`;
}

/** Link text and target; a target that is not http(s) is printed as text only. */
export function linkMarkdown(text: string, url: string): string {
  return isWebAddress(url) ? `<a href="${escapeHtml(url)}">${escapeMarkdown(text)}</a>` : escapeMarkdown(text);
}

export function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^\s<>"'`]+$/.test(url);
}

/** Text for a terminal: escape sequences cannot survive because their first character does not. */
export function escapeTerminal(text: string): string {
  return plain(text);
}

/** Text inside the quotes of a Mermaid title or axis, and inside a Markdown fence: letters, digits and a few signs. */
export function escapeMermaid(text: string): string {
  return plain(text)
    .replace(/[^\p{L}\p{M}\p{N} .,:()+%/=-]/gu, " ")
    .replace(/%%+/g, "%")
    .replace(/\s+/g, " ")
    .trim();
}
