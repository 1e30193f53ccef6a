import { escapeHtml } from "../escape.ts";
import type { CheckModel, NamedText } from "../model.ts";

/** Small pieces of markup; everything that comes from a model is escaped here. */

/** Model sentences mark code with backticks. */
export function inline(text: string): string {
  return text
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : spaced(part)))
    .join("");
}

function spaced(part: string): string {
  if (part.trim() === "") return part === "" ? "" : " ";
  return `${part.startsWith(" ") ? " " : ""}${escapeHtml(part)}${part.endsWith(" ") ? " " : ""}`;
}

/** An interval in parentheses stays on one line. */
export function unbroken(escaped: string): string {
  return escaped.replace(/\([^()]{1,40}\)/g, (interval) => interval.replaceAll(" ", "&nbsp;"));
}

export function paragraph(className: string, lines: readonly string[]): string {
  const named = className === "" ? "" : ` class="${className}"`;
  return lines.length === 0 ? "" : `<p${named}>${lines.map(inline).join(" ")}</p>`;
}

export function list(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `<ul>${lines.map((line) => `<li>${inline(line)}</li>`).join("")}</ul>`;
}

export function note(text: string): string {
  return text === "" ? "" : `<span class="aside">${escapeHtml(text)}</span>`;
}

/** Names and what belongs to them, as a table of two columns. */
export function namedTable(caption: string, heads: readonly [string, string], rows: readonly NamedText[]): string {
  if (rows.length === 0) return "";
  return table(
    caption,
    heads,
    rows.map(({ name, text }) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`),
  );
}

/** A table that scrolls by itself, also by keyboard, when the screen is narrow. */
export function table(caption: string, heads: readonly string[], rows: readonly string[], className = ""): string {
  const label = escapeHtml(caption);
  return `<div class="scroll" role="group" aria-label="${label}" tabindex="0"><table${className === "" ? "" : ` class="${className}"`}>
<thead><tr>${heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}

/** Text as it is, in lines. */
export function pre(label: string, lines: readonly string[]): string {
  return `<pre tabindex="0" role="group" aria-label="${escapeHtml(label)}">${lines.map(escapeHtml).join("\n")}</pre>`;
}

/** The caption is markup of ours, never foreign text. */
export function figure(caption: string, svg: string, className = ""): string {
  return `<figure${className === "" ? "" : ` class="${className}"`}><figcaption>${caption}</figcaption>${svg}</figure>`;
}

const STATE_CLASS: Readonly<Record<CheckModel["state"], string>> = {
  passed: "passed",
  failed: "failed",
  noted: "noted",
  "not run": "not-run",
};
const STATE_WORD: Readonly<Record<CheckModel["state"], string>> = {
  passed: "passed",
  failed: "failed",
  noted: "for information",
  "not run": "not run",
};

export function checkState(state: CheckModel["state"]): string {
  return `<span class="state ${STATE_CLASS[state]}">${STATE_WORD[state]}</span>`;
}
