import { describe, expect, test } from "vitest";
import type { SliSeries } from "../../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../../src/core/plan.ts";
import type { ResultDocument, Verdict } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderText } from "../../src/report/views/text.ts";
import { DEPLOYED_AT, noise, planWith, STEP } from "../unit/core/generated.ts";
import { analysedDocument } from "./analysed.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";

/** Reviewed text of real analyses of canary pods: new pods after the deploy next to old ones that stay. */
const [PRE, SETTLE, POST] = [120, 5, 60];

interface Scene {
  readonly canaries: number;
  readonly stable: number;
  /** Effects on the error rate (fraction) and on the latency (ms); the levels are 1 % and 200 ms. */
  readonly errors?: number;
  readonly latency?: number;
  /** How much pods differ for good, in ms. */
  readonly spread?: number;
  /** An effect on latency at the start that fades within the hour. */
  readonly cold?: number;
  readonly split?: AnalysisPlan["split"];
}

const SLIS: readonly SliPlan[] = [
  {
    id: "error-rate",
    kind: "ratio",
    direction: "up",
    role: "primary",
    margin: { type: "absolute", value: 0.002, text: "0.2pp" },
  },
  {
    id: "p95-latency",
    kind: "gauge",
    direction: "up",
    role: "primary",
    margin: { type: "relative", value: 0.05, text: "5%" },
  },
];

/** Pods take 400 to 600 requests a minute each, so that the canaries' share of the traffic is about their share of pods. */
function documentOf({ canaries, stable, errors = 0, latency = 0, spread = 3, cold = 0, split }: Scene): ResultDocument {
  const { normal, path, uniform } = noise(5);
  const pods = Array.from({ length: canaries + stable }, (_, i) => {
    const isCanary = i < canaries;
    const first = isCanary ? 1 : -PRE;
    const length = SETTLE + POST - first;
    const [level, rate] = [200 + spread * normal(), 0.01 + 0.0005 * normal()];
    const [wave, ripple, requests] = [path(length, 0.7), path(length, 0.5), 400 + 200 * uniform()];
    const after = (t: number): number => Number(isCanary) * (t >= 0 ? 1 : 0);
    return {
      unit: isCanary ? `shop-7d9f4c-${"bcdfghjk"[i]}` : `shop-5b8e1a-${"lmnpqrstvwxyz2"[i - canaries]}`,
      group: isCanary ? ("treated" as const) : ("control" as const),
      times: Float64Array.from({ length }, (_, t) => DEPLOYED_AT + (first + t) * STEP),
      errors: Float64Array.from(ripple, (e, t) => Math.max(0, rate + 0.001 * e + errors * after(first + t))),
      requests: Float64Array.from(ripple, () => requests * (0.9 + 0.2 * uniform())),
      latency: Float64Array.from(
        wave,
        (e, t) => level + 4 * e + (latency + cold * Math.exp(-(first + t) / 12)) * after(first + t),
      ),
    };
  });
  const of = (
    sli: string,
    pick: (pod: (typeof pods)[number]) => Pick<SliSeries["series"][number], "values" | "weights">,
  ) => ({
    sli,
    series: pods.map((pod) => ({
      unit: pod.unit,
      group: pod.group,
      component: "value" as const,
      times: pod.times,
      ...pick(pod),
    })),
    warnings: [],
  });
  const plan = planWith({
    slis: SLIS,
    window: {
      preStart: DEPLOYED_AT - PRE * STEP,
      settle: SETTLE * STEP,
      postEnd: DEPLOYED_AT + (SETTLE + POST) * STEP,
    },
    ...(split === undefined ? {} : { split }),
  });
  return analysedDocument(plan, [
    of("error-rate", ({ errors: values, requests }) => ({ values, weights: requests })),
    of("p95-latency", ({ latency: values }) => ({ values })),
  ]);
}

const SCENES: Readonly<Record<string, Scene & { readonly verdict: Verdict }>> = {
  regression: { verdict: "regression", canaries: 6, stable: 14, errors: 0.006 },
  improvement: { verdict: "improvement", canaries: 6, stable: 14, latency: -25 },
  "no-impact": {
    verdict: "no-impact",
    canaries: 6,
    stable: 14,
    split: { treatedShare: 0.3, shareOf: "traffic", assignment: "random" },
  },
  inconclusive: { verdict: "inconclusive", canaries: 3, stable: 8, latency: 9, spread: 8 },
  "cold-start": { verdict: "inconclusive", canaries: 6, stable: 14, cold: 60 },
  "invalid-share": {
    verdict: "invalid",
    canaries: 6,
    stable: 14,
    errors: 0.006,
    split: { treatedShare: 0.1, shareOf: "traffic", assignment: "unknown" },
  },
  "invalid-refusal": { verdict: "invalid", canaries: 1, stable: 6, errors: 0.006 },
};

describe.each(Object.entries(SCENES))("split, %s", (name, { verdict, ...scene }) => {
  const document = documentOf(scene);
  const file = (surface: string): string => `./split-${name}/${surface}`;

  test("is what the analysis says, by the design that auto chose", () => {
    expect(document.verdict).toBe(verdict);
    const reason = "treated units exist only after the deploy (pods replaced?), and control units ran at the same time";
    for (const sli of document.slis) expect([sli.design, sli.designReason]).toEqual(["split", reason]);
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
