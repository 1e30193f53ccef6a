import { describe, expect, test } from "vitest";
import type { SliPlan } from "../../src/core/plan.ts";
import type { ResultDocument, Verdict } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderText } from "../../src/report/views/text.ts";
import { noise, planWith, seriesOf } from "../unit/core/generated.ts";
import { analysedDocument } from "./analysed.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";

/** Reviewed text of real analyses in which `auto` takes the mix of donors. */
const [PRE, POST, UNITS] = [360, 60, 18];

interface Scene {
  /** Added after the deploy; the level is 100. */
  readonly effect: number;
  /** A drift of the treated unit alone over the whole time, which no donor shows. */
  readonly ownDrift?: number;
}

/** Load grows; the treated unit and every sixth control take twice as much of it as the others. */
function documentOf({ effect, ownDrift = 0 }: Scene): ResultDocument {
  const { path, uniform } = noise(7);
  const steps = PRE + POST;
  const load = path(steps, 0.9).map((value, t) => 0.25 * value + 0.012 * t);
  const rows = Array.from({ length: UNITS }, (_, u) => {
    const isTreated = u === 0;
    const part = isTreated ? 1.9 : u % 6 === 5 ? 1.6 + 0.6 * uniform() : 0.5 + 0.4 * uniform();
    return path(steps, 0.3).map((value, t) => {
      const own = isTreated ? (ownDrift * t) / steps + (t >= PRE ? effect : 0) : 0;
      return 100 + 3 * u + part * (load[t] ?? 0) + value + own;
    });
  });
  const sli: SliPlan = {
    id: "p95-latency",
    kind: "gauge",
    direction: "up",
    role: "primary",
    margin: { type: "relative", value: 0.02, text: "2%" },
  };
  const input = { sli: sli.id, series: seriesOf(rows, { treated: 1, pre: PRE }), warnings: [] };
  return analysedDocument(planWith({ slis: [sli] }), [input]);
}

const SCENES: Readonly<Record<Verdict, Scene>> = {
  regression: { effect: 4 },
  improvement: { effect: -4 },
  "no-impact": { effect: 0 },
  inconclusive: { effect: 1.5 },
  invalid: { effect: 4, ownDrift: 25 },
};

describe.each(Object.entries(SCENES))("synthetic, %s", (verdict, scene) => {
  const document = documentOf(scene);
  const file = (surface: string): string => `./synthetic-${verdict}/${surface}`;

  test("is what the analysis says, by the design that auto chose", () => {
    expect([document.verdict, document.slis[0]?.design]).toEqual([verdict, "synthetic"]);
    expect(document.slis[0]?.designReason).toMatch(
      /^the controls' average did not follow the treated units before the deploy \(p [<=] [\d.e-]+\); 17 donors available$/,
    );
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
});
