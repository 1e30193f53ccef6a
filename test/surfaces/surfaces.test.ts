import { describe, expect, test } from "vitest";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { byteLength } from "../../src/report/views/fit.ts";
import { renderMarkdown } from "../../src/report/views/markdown.ts";
import { renderSummary } from "../../src/report/views/summary.ts";
import { renderText } from "../../src/report/views/text.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";
import { DOCUMENTS } from "./documents.ts";

/** Reviewed text: a change here is a change of what people read, and is looked at as such. */
const names = Object.keys(DOCUMENTS) as (keyof typeof DOCUMENTS)[];

/** The largest limit that still forces the next smaller variant. */
function below(text: string): number {
  return byteLength(text) - 1;
}

describe.each(names)("%s", (name) => {
  const model = buildReport(DOCUMENTS[name], ON_GITHUB);
  const file = (surface: string): string => `./${name}/${surface}`;

  test("comment, full, compact and minimal", async () => {
    const full = renderComment(model);
    const compact = renderComment(model, below(full));
    const minimal = renderComment(model, below(compact));
    expect(byteLength(compact)).toBeLessThan(byteLength(full));
    expect(byteLength(minimal)).toBeLessThan(byteLength(compact));
    await expect(full).toMatchFileSnapshot(file("comment-full.md"));
    await expect(compact).toMatchFileSnapshot(file("comment-compact.md"));
    await expect(minimal).toMatchFileSnapshot(file("comment-minimal.md"));
  });

  test("check, full, compact and minimal", async () => {
    const full = renderCheck(model);
    const compactSummary = renderCheck(model, below(full.summary)).summary;
    const minimalSummary = renderCheck(model, below(compactSummary)).summary;
    const compactText = renderCheck(model, below(full.text)).text;
    const minimalText = renderCheck(model, 1).text;
    const page = (summary: string, text: string): string =>
      `${full.title}\n\n=== summary ===\n\n${summary}\n\n=== text ===\n\n${text}\n`;
    await expect(page(full.summary, full.text)).toMatchFileSnapshot(file("check-full.md"));
    await expect(page(compactSummary, compactText)).toMatchFileSnapshot(file("check-compact.md"));
    await expect(page(minimalSummary, minimalText)).toMatchFileSnapshot(file("check-minimal.md"));
  });

  test("job summary, full, compact and minimal", async () => {
    const full = renderSummary(model);
    const compact = renderSummary(model, below(full));
    const minimal = renderSummary(model, below(compact));
    await expect(full).toMatchFileSnapshot(file("summary-full.md"));
    await expect(compact).toMatchFileSnapshot(file("summary-compact.md"));
    await expect(minimal).toMatchFileSnapshot(file("summary-minimal.md"));
  });

  test("terminal of 80 columns, in a log and in color", async () => {
    const local = buildReport(DOCUMENTS[name], LOCAL_CONTEXT);
    await expect(renderText(local, { width: 80, color: false })).toMatchFileSnapshot(file("terminal.txt"));
    await expect(renderText(local, { width: 40, color: true }).replaceAll("\u001b", "\\e")).toMatchFileSnapshot(
      file("terminal-narrow-color.txt"),
    );
  });

  test("public repository", async () => {
    const shown = buildReport(DOCUMENTS[name], IN_PUBLIC);
    await expect(renderComment(shown)).toMatchFileSnapshot(file("comment-public.md"));
  });

  test("Markdown document", async () => {
    await expect(renderMarkdown(model)).toMatchFileSnapshot(file("report.md"));
  });
});
