import { describe, expect, test } from "vitest";
import type { SliPlan } from "../../src/core/plan.ts";
import type { ResultDocument, Verdict } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderText } from "../../src/report/views/text.ts";
import { planWith } from "../unit/core/generated.ts";
import { madeDays, treatedSeriesOf } from "../unit/core/made-days.ts";
import { analysedDocument } from "./analysed.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";

/** Reviewed text of real analyses of a deploy to every zone, on a Thursday at 13:00. */
const DEPLOYED_AT = Date.UTC(2026, 10, 19, 13) / 1000;
const [STEP, SETTLE, POST] = [300, 300, 3600];

interface Scene {
  readonly verdict: Verdict;
  /** Added after the deploy; the level is about 110. */
  readonly effect: number;
  readonly preDays?: number;
  /** Rises over the four hours before the deploy and stays. */
  readonly drift?: number;
  /** Fraction. */
  readonly margin?: number;
}

function documentOf({ effect, preDays = 8, drift = 0, margin = 0.03 }: Scene): ResultDocument {
  const made = madeDays(11, {
    step: STEP,
    preDays,
    settle: SETTLE,
    post: POST,
    units: 3,
    level: 100,
    amplitude: 20,
    weekend: 0.5,
    phi: 0.6,
    effect,
    deployedAt: DEPLOYED_AT,
  });
  const rows = made.rows.map((row) =>
    row.map((value, t) => {
      const hours = ((made.times[t] ?? 0) - DEPLOYED_AT) / 3600;
      return value + drift * Math.min(1, Math.max(0, 1 + hours / 4));
    }),
  );
  const sli: SliPlan = {
    id: "p95-latency",
    kind: "gauge",
    direction: "up",
    role: "primary",
    margin: { type: "relative", value: margin, text: `${margin * 100}%` },
  };
  const window = {
    deployedAt: DEPLOYED_AT,
    step: STEP,
    settle: SETTLE,
    preStart: DEPLOYED_AT - preDays * 86_400,
    postEnd: DEPLOYED_AT + SETTLE + POST,
  };
  const plan = planWith({ slis: [sli], window, asOf: DEPLOYED_AT + SETTLE + POST });
  return analysedDocument(plan, [{ sli: sli.id, series: treatedSeriesOf({ ...made, rows }), warnings: [] }]);
}

const SCENES: Readonly<Record<string, Scene>> = {
  regression: { verdict: "regression", effect: 10 },
  improvement: { verdict: "improvement", effect: -10 },
  "no-impact": { verdict: "no-impact", effect: 0 },
  inconclusive: { verdict: "inconclusive", effect: 2.5 },
  "invalid-unusual-day": { verdict: "invalid", effect: 4, drift: 25 },
  "short-history": { verdict: "inconclusive", effect: 4, preDays: 1 },
  "short-history-regression": { verdict: "regression", effect: 40, preDays: 1 },
  "invalid-refusal": { verdict: "invalid", effect: 4, preDays: 1 / 24 },
};

describe.each(Object.entries(SCENES))("its, %s", (name, scene) => {
  const document = documentOf(scene);
  const file = (surface: string): string => `./its-${name}/${surface}`;

  test("is what the analysis says, by the design that auto chose", () => {
    expect(document.verdict).toBe(scene.verdict);
    if (document.slis[0]?.estimate === null) return;
    expect(document.slis[0]?.design).toBe("its");
    expect(document.slis[0]?.reasonCodes).toContain("WEAKER_DESIGN");
    expect(document.slis[0]?.designReason).toMatch(/^every unit got the deploy/);
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
