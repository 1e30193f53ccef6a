import { describe, expect, test } from "vitest";
import type { Series } from "../../src/core/panel/series.ts";
import type { SliPlan } from "../../src/core/plan.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { publicResult } from "../../src/report/public-result.ts";
import { renderCheck } from "../../src/report/views/check.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderHtml } from "../../src/report/views/html.ts";
import { renderText } from "../../src/report/views/text.ts";
import { DEPLOYED_AT, noise, planWith, STEP } from "../unit/core/generated.ts";
import { analysedDocument } from "./analysed.ts";
import { IN_PUBLIC, ON_GITHUB } from "./contexts.ts";

/** Reviewed text of real analyses with `by: endpoint`: 3 zones with the deploy, 6 without, 17 endpoints. */
const [PRE, POST, TREATED, UNITS] = [240, 60, 3, 9];
const ENDPOINTS = [
  "/cart",
  "/checkout",
  "/health",
  "/items",
  "/login",
  "/logout",
  "/orders",
  "/orders/{id}",
  "/pay",
  "/profile",
  "/recommend",
  "/search",
  "/settings",
  "/stock",
  "/suggest",
  "/track",
  "/v2/items",
];

interface Scene {
  /** Factor on the treated after the deploy, by endpoint. */
  readonly factors: Readonly<Record<string, number>>;
  /** An endpoint that only treated zones have. */
  readonly lonely?: string;
}

function documentOf({ factors, lonely }: Scene): ResultDocument {
  const { path } = noise(4);
  const steps = PRE + POST;
  const load = path(steps, 0.8);
  const series = Array.from({ length: UNITS }, (_, u) =>
    ENDPOINTS.flatMap((endpoint, e): Series[] => {
      const isTreated = u < TREATED;
      const own = path(steps, 0.3);
      if (endpoint === lonely && !isTreated) return [];
      const level = 20 * 1.25 ** e * (1 + u / 40);
      const values = own.map((value, t) => {
        const factor = isTreated && t >= PRE ? (factors[endpoint] ?? 1) : 1;
        return level * factor * (1 + 0.01 * (load[t] ?? 0) + 0.02 * value);
      });
      return [
        {
          unit: `${isTreated ? "eu" : "us"}-${u + 1}`,
          group: isTreated ? "treated" : "control",
          component: "value",
          subgroup: endpoint,
          times: Float64Array.from(own, (_value, t) => DEPLOYED_AT + (t - PRE) * STEP),
          values: Float64Array.from(values),
        },
      ];
    }),
  ).flat();
  const sli: SliPlan = {
    id: "latency",
    kind: "gauge",
    direction: "up",
    role: "primary",
    margin: { type: "relative", value: 0.05, text: "5%" },
    by: "endpoint",
  };
  return analysedDocument(planWith({ slis: [sli] }), [{ sli: sli.id, series, warnings: [] }]);
}

const SCENES = {
  "worse-in-part": { factors: { "/checkout": 1.3, "/login": 0.85 }, lonely: "/suggest" },
  "worse-everywhere": { factors: Object.fromEntries(ENDPOINTS.map((name, i) => [name, 1.15 + 0.01 * i])) },
  quiet: { factors: {} },
} as const satisfies Readonly<Record<string, Scene>>;

const EXPECTED = {
  "worse-in-part": ["no-impact", true],
  "worse-everywhere": ["regression", false],
  quiet: ["no-impact", false],
} as const;

describe.each(Object.keys(SCENES) as (keyof typeof SCENES)[])("subgroups, %s", (name) => {
  const document = documentOf(SCENES[name]);
  const file = (surface: string): string => `./subgroups-${name}/${surface}`;

  test("has the verdict of the whole, and says when a part is worse", () => {
    const isWorse = document.slis[0]?.reasonCodes.includes("SUBGROUP_WORSE");
    expect([document.verdict, isWorse]).toEqual(EXPECTED[name]);
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

  test("names every part in HTML", () => {
    const page = renderHtml(buildReport(document, LOCAL_CONTEXT));
    for (const { name: part } of document.slis[0]?.subgroups?.estimates ?? []) expect(page).toContain(part);
  });

  test("names no part in public, and every part by one position", () => {
    const shown = buildReport(document, IN_PUBLIC);
    const everything = [
      renderComment(shown),
      renderHtml(shown),
      renderText(shown, { width: 80, color: false }),
      JSON.stringify(publicResult(document, IN_PUBLIC)),
    ].join("\n");
    for (const part of ENDPOINTS) expect(everything).not.toContain(`${part} `);
    expect(everything).not.toContain("/checkout");
    expect(everything).toContain("part 1");
  });
});
