import { describe, expect, test } from "vitest";
import { readResult } from "../../../src/app/read-result.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { buildReport } from "../../../src/report/build.ts";
import { withoutAddresses } from "../../../src/report/redact.ts";
import { renderCheck } from "../../../src/report/views/check.ts";
import { renderComment } from "../../../src/report/views/comment.ts";
import { renderHtml } from "../../../src/report/views/html.ts";
import { renderErrorCheck } from "../../../src/report/views/notices.ts";
import { renderOutputs } from "../../../src/report/views/outputs.ts";
import { renderSummary } from "../../../src/report/views/summary.ts";
import { IN_PUBLIC, ON_GITHUB } from "../../surfaces/contexts.ts";
import { check, percent, resultDocument, usualChecks } from "../../surfaces/documents.ts";

const HOST = "web-17.prod.internal";
const QUERY = 'sum by (host) (rate(secret_metric_total{job="billing"}[1m]))';
const LEVEL = 24_681.357;

function telling(): ResultDocument {
  const units = {
    treated: [HOST, "10.1.2.3:9100"],
    control: ["web-18.prod.internal"],
    excluded: [{ unit: "web-19.prod.internal", reason: `no data from ${HOST}` }],
  };
  const base = resultDocument("invalid", [
    {
      id: "revenue",
      verdict: "invalid",
      margin: { type: "absolute", value: 300, text: "300" },
      level: LEVEL,
      effect: [0.1, 0.05, 0.15],
      codes: ["SPILLOVER", "COVERAGE"],
      reasons: [
        {
          code: "SPILLOVER",
          message: `${HOST} moved against web-18.prod.internal`,
          hint: `exclude ${HOST} or ask http://prom.corp.example:9090/graph`,
          facts: {},
        },
        {
          code: "COVERAGE",
          message: `the query ${QUERY} at prom.corp.example returned gaps`,
          hint: "look at localhost:9090",
          facts: {},
        },
      ],
      checks: [
        ...usualChecks(LEVEL, 0.1).filter((one) => one.id !== "spillover" && one.id !== "coverage"),
        check("spillover", false, { units: [HOST], worstUnit: HOST, worstZ: 5 }),
        check("coverage", false, {
          deadUnits: [HOST],
          droppedUnits: [{ unit: "web-19.prod.internal", reason: "dead" }],
          dropped: 1,
        }),
        check("placebo-outcome", null, { reason: `could not reach ${HOST}` }),
      ],
    },
    { id: "p95-latency", verdict: "no-impact", margin: percent(5), level: 0.25, effect: [0, -0.01, 0.01] },
  ]);
  return {
    ...base,
    units,
    slis: base.slis.map((one) => ({ ...one, units })),
    provenance: {
      ...base.provenance,
      queries: [{ sli: "revenue", source: "prom", component: "value", query: QUERY }],
      warnings: [{ sli: "revenue", message: `PromQL warning from prom.corp.example for ${QUERY}` }],
    },
  };
}

const SECRETS = [
  "prod.internal",
  "10.1.2.3",
  "9100",
  "corp.example",
  "localhost",
  "secret_metric",
  "secret&#95;metric",
  "billing",
];

describe("public repository", () => {
  const model = buildReport(telling(), IN_PUBLIC);
  const check = renderCheck(model);
  const surfaces = {
    comment: renderComment(model),
    title: check.title,
    summary: check.summary,
    text: check.text,
    job: renderSummary(model),
    html: renderHtml(model),
  };

  test.each(Object.entries(surfaces))("%s holds no unit, address or query", (_, text) => {
    for (const secret of SECRETS) expect(text.replaceAll("&#8203;", "")).not.toContain(secret);
  });

  test("units keep a name by position, so that sentences still say something", () => {
    expect(surfaces.comment).toContain("reated 2 moved against control 1");
  });

  test("the outputs hold no unit, address, query, server text or level, and stay a valid result", () => {
    const document = telling();
    const plans = document.plans.map((plan) => ({ ...plan, treatedUnits: [HOST], clusters: { [HOST]: "rack 7" } }));
    const deployment = { ...document.deployment, url: "https://ci.corp.example/runs/7" };
    const unitChanges = [{ unit: HOST, group: "treated" as const, weight: 1, change: 2 }];
    const slis = document.slis.map((sli) => ({ ...sli, unitChanges }));
    const { result } = renderOutputs({ ...document, plans, deployment, slis }, IN_PUBLIC);
    const texts = SECRETS.filter((secret) => secret !== "9100");
    for (const secret of [...texts, ":9100", "PromQL warning", "24681"]) expect(result).not.toContain(secret);
    const parsed = readResult(result, "result");
    expect(parsed.units.treated).toEqual(["treated 2", "treated 1"]);
    expect(parsed.slis[0]?.checks.find(({ id }) => id === "spillover")?.facts.worstUnit).toBe("treated 2");
    expect(parsed.slis[1]?.relative?.att).toBe(document.slis[1]?.relative?.att);
  });

  test("an error names no address", () => {
    const { summary } = renderErrorCheck(
      {
        code: "SOURCE_TIMEOUT",
        message: "https://prom.corp.example:9090/api/v1/query_range did not answer in 30 s",
        hint: "check prom.corp.example in .github/deploy-impact.yml",
        retryable: true,
      },
      IN_PUBLIC,
    );
    expect(summary).not.toContain("corp.example");
    expect(summary).toContain(".github/deploy-impact.yml");
  });
});

test("a private repository sees the names", () => {
  expect(renderCheck(buildReport(telling(), ON_GITHUB)).text).toContain("web-17.prod.internal");
});

describe("values: relative", () => {
  const model = buildReport(telling(), { ...ON_GITHUB, values: "relative" });
  const text = [renderComment(model), renderSummary(model), renderHtml(model)].join("\n");

  test("no level and no effect in raw units is printed", () => {
    expect(text).not.toMatch(/24[,.]?68|2[,.]?468|3[,.]?702|margin 300/);
    expect(text).toContain("+10.0%");
    expect(text).toContain("% of the level before the deploy");
  });

  test("the same metric in full shows its own units", () => {
    expect(renderComment(buildReport(telling(), ON_GITHUB))).toContain("| 300 |");
  });
});

test("file names, versions and decimals are no addresses", () => {
  const text = "set windows.pre in .github/deploy-impact.yml, see result.json; 1.5 to 2.25, version 1.4.0";
  expect(withoutAddresses(text)).toBe(text);
});
