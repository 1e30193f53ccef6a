import { describe, expect, test } from "vitest";
import type { Verdict } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderHtml } from "../../src/report/views/html.ts";
import { renderText } from "../../src/report/views/text.ts";
import { type MadeWaves, madeWaves } from "../unit/core/made-waves.ts";
import { analysedDocument } from "./analysed.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";

/** Reviewed text of real analyses of roll-outs in waves. */
const SCENES: Readonly<Record<string, MadeWaves & { readonly verdict: Verdict }>> = {
  regression: { verdict: "regression", waves: 3, perWave: 2, never: 4, effect: () => 12 },
  improvement: { verdict: "improvement", waves: 3, perWave: 2, never: 4, effect: (wave) => -6 - 2 * wave },
  "no-impact": { verdict: "no-impact", waves: 2, perWave: 2, never: 5 },
  inconclusive: { verdict: "inconclusive", waves: 3, perWave: 1, never: 0, sd: 2, effect: () => 4 },
  "invalid-trend": {
    verdict: "invalid",
    waves: 3,
    perWave: 2,
    never: 4,
    effect: () => 12,
    own: (unit, t) => (unit === "eu-5" || unit === "eu-6" ? 0.03 * t : 0),
  },
  "invalid-refusal": { verdict: "invalid", waves: 2, perWave: 2, never: 0, between: 5 },
};

describe.each(Object.entries(SCENES))("staggered, %s", (name, { verdict, ...scene }) => {
  const { plan, input } = madeWaves(scene);
  const document = analysedDocument(plan, [input]);
  const file = (surface: string): string => `./staggered-${name}/${surface}`;

  test("is what the analysis says, by the design that auto chose", () => {
    expect(document.verdict).toBe(verdict);
    if (document.slis[0]?.design !== null) {
      expect(document.slis[0]?.design).toBe("staggered");
      expect(document.slis[0]?.designReason).toBe(`the units were deployed in ${scene.waves} waves`);
    }
  });

  test("comment, check, terminal, public repository", async () => {
    const model = buildReport(document, ON_GITHUB);
    const { title, summary, text } = renderCheck(model);
    await expect(renderComment(model)).toMatchFileSnapshot(file("comment-full.md"));
    await expect(`${title}\n\n${summary}\n\n${text}\n`).toMatchFileSnapshot(file("check-full.md"));
    const local = buildReport(document, LOCAL_CONTEXT);
    await expect(renderText(local, { width: 80, color: false })).toMatchFileSnapshot(file("terminal.txt"));
    const shown = buildReport(document, IN_PUBLIC);
    await expect(renderComment(shown)).toMatchFileSnapshot(file("comment-public.md"));
  });

  test("a public repository reads no name of a unit, and the page marks each deploy", () => {
    const shown = renderComment(buildReport(document, IN_PUBLIC));
    for (const { unit } of input.series) expect(shown).not.toContain(unit);
    if (document.slis[0]?.estimate === null) return;
    const page = renderHtml(buildReport(document, LOCAL_CONTEXT));
    expect(page.match(/class="deploy"/g)?.length).toBe(scene.waves + 1);
    expect(page).toContain("time from each unit");
  });
});
