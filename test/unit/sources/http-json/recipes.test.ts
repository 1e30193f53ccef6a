import { readFileSync } from "node:fs";
import nock from "nock";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { answerWithNock, FROM, reader, shown } from "../reading.ts";

answerWithNock();

const page = readFileSync(new URL("../../../../docs/sources.md", import.meta.url), "utf8");

interface Recipe {
  readonly source: { readonly type: string; readonly url: string } & Record<string, unknown>;
  readonly slis: readonly [{ readonly query: string }];
}

/** The example of docs/sources.md whose address holds this text, asked with its own query. */
function ask(host: string) {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  const recipe = parse(blocks.find((text) => text.includes(`url: https://${host}`)) ?? "") as Recipe;
  const env = { WAVEFRONT_TOKEN: "w-token-0123", SENTRY_TOKEN: "s-token-0123" };
  return reader(recipe.source, env)({}, { queries: { value: recipe.slis[0].query } }).result;
}

const FOUND = [
  ["eu-1", "treated", [0, 60], [1.5, 2]],
  ["us-1", "control", [60], [3]],
];

describe("recipes of docs/sources.md", () => {
  test("Wavefront", async () => {
    nock("https://shop.wavefront.com", { reqheaders: { authorization: "Bearer w-token-0123" } })
      .get("/api/v2/chart/api")
      .query({
        q: "avg(align(1m, ts(shop.latency)), zone)",
        s: `${FROM}000`,
        e: `${FROM + 180}000`,
        g: "m",
        strict: "true",
        sorted: "true",
      })
      .reply(200, {
        query: "avg(align(1m, ts(shop.latency)), zone)",
        name: "latency",
        timeseries: [
          {
            label: "shop.latency",
            tags: { zone: "eu-1" },
            data: [
              [FROM, 1.5],
              [FROM + 60, 2],
            ],
          },
          { label: "shop.latency", tags: { zone: "us-1" }, data: [[FROM + 60, 3]] },
        ],
        stats: { keys: 2, points: 3 },
        granularity: 60,
      });
    expect(shown(await ask("shop.wavefront.com"))).toEqual(FOUND);
  });

  test("Wavefront's words about a query come beside status 200", async () => {
    nock("https://shop.wavefront.com").get("/api/v2/chart/api").query(true).reply(200, {
      query: "ts(",
      timeseries: [],
      errorType: "QuerySyntaxError",
      errorMessage: "Illegal query: expecting )",
    });
    await expect(ask("shop.wavefront.com")).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("Illegal query: expecting )"),
    });
  });

  test("OpenTSDB", async () => {
    nock("https://tsdb.example.com:4242")
      .get("/api/query")
      .query({ m: "avg:60s-avg:shop.latency{zone=*}", start: `${FROM}`, end: `${FROM + 120}` })
      .reply(200, [
        {
          metric: "shop.latency",
          tags: { zone: "eu-1" },
          aggregateTags: ["host"],
          dps: { [FROM]: 1.5, [FROM + 60]: 2 },
        },
        { metric: "shop.latency", tags: { zone: "us-1" }, aggregateTags: [], dps: { [FROM + 60]: 3 } },
      ]);
    expect(shown(await ask("tsdb.example.com"))).toEqual(FOUND);
  });

  test("Sentry", async () => {
    nock("https://sentry.io", { reqheaders: { authorization: "Bearer s-token-0123" } })
      .get("/api/0/organizations/shop/sessions/")
      .query({
        project: "4711",
        field: "sum(session)",
        groupBy: "environment",
        interval: "60s",
        start: "2026-01-05T00:00:00.000Z",
        end: "2026-01-05T00:03:00.000Z",
      })
      .reply(200, {
        start: "2026-01-05T00:00:00Z",
        end: "2026-01-05T00:02:00Z",
        intervals: ["2026-01-05T00:00:00Z", "2026-01-05T00:01:00Z"],
        groups: [
          { by: { environment: "eu-1" }, totals: { "sum(session)": 3.5 }, series: { "sum(session)": [1.5, 2] } },
          { by: { environment: "us-1" }, totals: { "sum(session)": 3 }, series: { "sum(session)": [null, 3] } },
        ],
      });
    expect(shown(await ask("sentry.io"))).toEqual(FOUND);
  });
});
