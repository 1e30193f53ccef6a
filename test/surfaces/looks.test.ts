import { describe, expect, test } from "vitest";
import { chooseLook, lookSchedule } from "../../src/app/looks.ts";
import type { SliPlan } from "../../src/core/plan.ts";
import type { ResultDocument, Verdict } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderPendingCheck } from "../../src/report/views/pending.ts";
import { renderText } from "../../src/report/views/text.ts";
import { DEPLOYED_AT, type MadePanel, madeRows, planWith, STEP, seriesOf } from "../unit/core/generated.ts";
import { analysedDocument } from "./analysed.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";

/** Reviewed text of real analyses of one deploy that is looked at four times in an hour; data arrive a minute late. */
const [PRE, SETTLE, POST, LOOKS] = [240, 5, 60, 4];

interface Scene {
  readonly verdict: Verdict;
  readonly look: number;
  /** Added to the treated units; the level is about 100. */
  readonly effect: number;
  readonly margin?: number;
  /** The treated units leave the others this many steps before the deploy. */
  readonly drift?: number;
}

function planOf({ look, margin = 0.05 }: Pick<Scene, "look" | "margin">) {
  const sli: SliPlan = {
    id: "p95-latency",
    kind: "gauge",
    direction: "up",
    role: "primary",
    margin: { type: "relative", value: margin, text: `${margin * 100}%` },
  };
  const settled = DEPLOYED_AT + SETTLE * STEP;
  const planned = lookSchedule({ post: POST * STEP, step: STEP, looks: LOOKS }, 0.05, { settled, lag: STEP });
  const chosen = chooseLook(planned, 0.05, look, settled);
  const current = planned[look - 1];
  if (current === undefined) throw new Error(`there is no look ${look}`);
  const { postEnd, readyAt: asOf, alpha } = current;
  const window = { preStart: DEPLOYED_AT - PRE * STEP, settle: SETTLE * STEP, postEnd };
  return planWith({ slis: [sli], window, asOf, alpha, look: chosen });
}

function documentOf({ look, effect, drift = 0, ...scene }: Scene): ResultDocument {
  const plan = planOf({ look, ...scene });
  const shape: MadePanel = {
    treated: 3,
    controls: 6,
    pre: PRE,
    settle: SETTLE,
    post: POST,
    phi: 0.6,
    sd: 3,
    effect,
    level: (unit) => 96 + unit,
  };
  const rows = madeRows(7, shape).map((row, u) =>
    row.map((value, t) => value + (u < shape.treated ? (drift * Math.max(0, Math.min(t, PRE) - PRE / 2)) / PRE : 0)),
  );
  const seen = rows.map((row) => row.slice(0, PRE + Math.ceil((plan.asOf - DEPLOYED_AT) / STEP)));
  const series = seriesOf(seen, { treated: shape.treated, pre: PRE, settle: SETTLE });
  return analysedDocument(plan, [{ sli: "p95-latency", series, warnings: [] }]);
}

const SCENES: Readonly<Record<string, Scene>> = {
  open: { verdict: "inconclusive", look: 2, effect: 4 },
  "before-last": { verdict: "inconclusive", look: 3, effect: 5 },
  "open-at-the-end": { verdict: "inconclusive", look: 4, effect: 5 },
  "early-regression": { verdict: "regression", look: 1, effect: 20 },
  "early-no-impact": { verdict: "no-impact", look: 2, effect: 0, margin: 0.1 },
  "late-no-impact": { verdict: "no-impact", look: 4, effect: 0, margin: 0.1 },
  "open-invalid": { verdict: "invalid", look: 1, effect: 4, drift: 60 },
};

describe.each(Object.entries(SCENES))("looks, %s", (name, scene) => {
  const document = documentOf(scene);
  const file = (surface: string): string => `./looks-${name}/${surface}`;

  test("is what the analysis says", () => {
    expect(document.verdict).toBe(scene.verdict);
  });

  test("comment, check, terminal, public repository", async () => {
    const model = buildReport(document, ON_GITHUB);
    const { title, summary, text } = renderCheck(model);
    await expect(renderComment(model)).toMatchFileSnapshot(file("comment-full.md"));
    await expect(`${title}\n\n${summary}\n\n${text}\n`).toMatchFileSnapshot(file("check-full.md"));
    const local = buildReport(document, LOCAL_CONTEXT);
    await expect(renderText(local, { width: 80, color: false })).toMatchFileSnapshot(file("terminal.txt"));
    await expect(renderComment(buildReport(document, IN_PUBLIC))).toMatchFileSnapshot(file("comment-public.md"));
  });
});

test("the open check holds all looks before anybody has seen the data", async () => {
  const plan = planOf({ look: 1 });
  const { title, summary } = renderPendingCheck({
    environment: "production",
    sha: "a1b2c3d",
    plans: [plan],
    treated: "zone: eu-1",
    control: "zone: us-1, us-2",
    readyAt: plan.look?.planned[0]?.readyAt ?? 0,
    finishedBy: "scheduled-run",
    publicRepository: false,
  });
  await expect(`${title}\n\n${summary}\n`).toMatchFileSnapshot("./looks-pending/check.md");
});
