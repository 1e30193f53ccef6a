import nock from "nock";
import { describe, expect, test } from "vitest";
import { SOURCES } from "../../../../src/sources/index.ts";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const KEY = "NRAK-0123456789ABCDEF";
const fetchWith = reader({ type: "new-relic", account: 4711 }, { NEW_RELIC_API_KEY: KEY });
const queries = { value: "SELECT average(duration) FROM Transaction WHERE appName = 'since 5' FACET zone;" };

const bucket = (facet: unknown, at: number, value: unknown, seconds = 60) => ({
  beginTimeSeconds: FROM + at,
  endTimeSeconds: FROM + at + seconds,
  facet,
  "average.duration": value,
  ...(typeof facet === "string" && { zone: facet }),
});
const nrql = (results: unknown[], metadata: object = { facets: ["zone"], messages: [] }) => ({
  data: { actor: { account: { nrql: { results, metadata } } } },
});

describe("New Relic", () => {
  test("asks NerdGraph with the key in a header, the window and the step written behind the NRQL", async () => {
    const seen = keeping<{ query: string; variables: unknown }>();
    nock("https://api.eu.newrelic.com", { reqheaders: { "api-key": KEY, "content-type": "application/json" } })
      .post("/graphql", seen.matches)
      .reply(
        200,
        nrql([bucket("eu-1", 0, 0.25), bucket("us-1", 0, 0.5), bucket("eu-1", 60, null), bucket("eu-1", 120, 0.75)]),
      );
    const { series, warnings } = await fetchWith({ region: "eu", timeout: "40s" }, { queries }).result;
    expect(shown({ series, warnings, unmatchedUnits: [] })).toEqual([
      ["eu-1", "treated", [0, 120], [0.25, 0.75]],
      ["us-1", "control", [0], [0.5]],
    ]);
    expect(seen.bodies[0]?.query).toContain("nrql(query: $nrql, timeout: $timeout)");
    expect(seen.bodies[0]?.variables).toEqual({
      account: 4711,
      nrql: `SELECT average(duration) FROM Transaction WHERE appName = 'since 5' FACET zone LIMIT MAX SINCE ${FROM}000 UNTIL ${FROM + 180}000 TIMESERIES 60 seconds`,
      timeout: 40,
    });
  });

  test("several facets are several labels; a percentile is the number inside; a limit of one's own stays", async () => {
    const seen = keeping<{ variables: { nrql: string } }>();
    const results = [{ ...bucket(["eu-1", "checkout"], 0, { "95": 1.25 }) }];
    nock("https://api.newrelic.com")
      .post("/graphql", seen.matches)
      .reply(200, nrql(results, { facets: ["zone", "`http.route`"], messages: ["Facet limit"] }));
    const overrides = {
      queries: { value: "SELECT percentile(duration, 95) FROM T FACET zone, `http.route` LIMIT 50" },
      byLabel: "http.route",
    };
    const { series, warnings } = await fetchWith({}, overrides).result;
    expect(series.map((one) => [one.unit, one.subgroup, one.values[0]])).toEqual([["eu-1", "checkout", 1.25]]);
    expect(warnings).toEqual(["Facet limit"]);
    expect(seen.bodies[0]?.variables.nrql).not.toContain("LIMIT MAX");
  });

  test("a day of minutes is asked for in pieces of 366 buckets", async () => {
    const seen = keeping<{ variables: { nrql: string } }>();
    nock("https://api.newrelic.com").post("/graphql", seen.matches).times(4).reply(200, nrql([]));
    await fetchWith({}, { queries, to: FROM + 1439 * 60 }).result;
    const lengths = seen.bodies.map(({ variables }) => {
      const [, from, to] = /SINCE (\d+) UNTIL (\d+)/.exec(variables.nrql) ?? [];
      return (Number(to) - Number(from)) / 60_000;
    });
    expect(lengths.sort()).toEqual([342, 366, 366, 366]);
  });

  test("buckets that came out wider are refused, however few they are", async () => {
    nock("https://api.newrelic.com")
      .post("/graphql")
      .reply(200, nrql([bucket("eu-1", 0, 1, 300)]));
    expect(await failureOf(fetchWith({}, { queries }).result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("300 s, not 60 s"),
      hint: expect.stringContaining("windows.step` to 300s"),
    });
  });

  test("as many series as the limit allows come with a warning", async () => {
    const results = Array.from({ length: 2000 }, (_, index) => bucket(`z${index}`, 0, 1));
    nock("https://api.newrelic.com").post("/graphql").reply(200, nrql(results));
    expect((await fetchWith({}, { queries }).result).warnings[0]).toMatch(/at most 2000 series.*may be cut off/);
  });

  test.each([
    ["SELECT count(*) FROM T SINCE 1 day ago FACET zone", /it says SINCE itself/],
    ["SELECT count(*) FROM T FACET zone timeseries", /it says TIMESERIES itself/],
    ["SELECT count(*) FROM T COMPARE WITH 1 week ago", /COMPARE WITH/],
  ])("%s is not sent", async (value, message) => {
    const error = await failureOf(fetchWith({}, { queries: { value } }).result);
    expect(error).toMatchObject({ code: "SOURCE_REJECTED", message: expect.stringMatching(message) });
  });

  test("two selected values are refused by name", async () => {
    nock("https://api.newrelic.com")
      .post("/graphql")
      .reply(200, nrql([{ ...bucket("eu-1", 0, 1), count: 7 }]));
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toMatch(
      /several values \(average\.duration, count\)/,
    );
  });

  test.each([
    ["INVALID_INPUT", "SOURCE_REJECTED", "NRQL Syntax Error: Error at line 1 position 8, unexpected 'avrage'"],
    ["ACCESS_DENIED", "SOURCE_FORBIDDEN", "Access denied."],
    ["TIMEOUT", "SOURCE_TIMEOUT", "NRDB timeout"],
    ["SERVER_ERROR", "SOURCE_UNAVAILABLE", "An error occurred"],
  ])("the error class %s beside status 200 is %s, in New Relic's words", async (errorClass, code, message) => {
    nock("https://api.newrelic.com")
      .post("/graphql")
      .reply(200, {
        data: { actor: { account: { nrql: null } } },
        errors: [{ message: `${message} ${KEY}`, extensions: { errorClass }, path: ["actor"] }],
      });
    const error = await failureOf(fetchWith({}, { queries }).result);
    expect(error).toMatchObject({ code, message: expect.stringContaining(`${message} ***`) });
    expect(shownBy(error)).not.toContain(KEY);
  });

  test("too many queries beside status 200 are tried again", async () => {
    nock("https://api.newrelic.com")
      .post("/graphql")
      .reply(200, { errors: [{ message: "slow down", extensions: { errorClass: "TOO_MANY_REQUESTS" } }] });
    nock("https://api.newrelic.com")
      .post("/graphql")
      .reply(200, nrql([bucket("eu-1", 0, 1)]));
    const { ports, result } = fetchWith({ retries: 1 }, { queries });
    expect((await result).series).toHaveLength(1);
    expect(ports.slept).toHaveLength(1);
  });

  test("an SLI of buckets is refused with the percentile to ask for", async () => {
    const error = await failureOf(fetchWith({}, { kind: "quantile", queries: { bucket: "x" } }).result);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", hint: expect.stringContaining("percentile(duration, 95)") });
  });
});

test("options name the key, and refuse a region beside an address", () => {
  expect(SOURCES["new-relic"]?.open({ type: "new-relic", account: 1 }, ".").credentials).toEqual(["NEW_RELIC_API_KEY"]);
  const both = { type: "new-relic", account: 1, region: "eu", url: "https://nr.example.com" };
  expect(optionProblems(both)).toEqual(["url: is given beside `region`; keep one of them"]);
});
