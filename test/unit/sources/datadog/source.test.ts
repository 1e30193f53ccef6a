import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SeriesQuery } from "../../../../src/sources/contract.ts";
import { readFormula } from "../../../../src/sources/formula.ts";
import { SOURCES } from "../../../../src/sources/index.ts";
import { realPorts } from "../../../integration/servers/ports.ts";
import { failureOf, shownBy } from "../http/auth/providers.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(pending).toEqual([]);
});

const KEYS = { DD_API_KEY: "datadog-api-key-0123", DD_APP_KEY: "datadog-app-key-4567" };
const FROM = 1_767_571_200;
const query: SeriesQuery = {
  sli: "error-rate",
  kind: "gauge",
  queries: { value: "avg:system.load.1{env:prod} by {zone}" },
  unitLabel: "zone",
  groupOf: ({ zone }) => (zone === "eu-1" ? "treated" : "control"),
  from: FROM,
  to: FROM + 120,
  step: 60,
};

function fetchWith(options: Record<string, unknown> = {}, overrides: Partial<SeriesQuery> = {}) {
  const ports = realPorts(KEYS);
  const source = SOURCES.datadog?.open({ type: "datadog", retries: 0, ...options }, ".");
  if (source === undefined) throw new Error("datadog is not listed");
  return { ports, result: source.fetchSeries({ ...query, ...overrides }, ports) };
}

const HEADERS = {
  "dd-api-key": KEYS.DD_API_KEY,
  "dd-application-key": KEYS.DD_APP_KEY,
  accept: "application/json",
  "content-type": "application/json",
};

/** The form of the answer as Datadog documents it. */
function timeseries(
  groups: Readonly<Record<string, readonly (number | null)[]>>,
  times: readonly number[] = [0, 60, 120],
): nock.Body {
  const unit = [{ family: "system", id: 1, name: "load", plural: "loads", scale_factor: 1, short_name: null }, null];
  return {
    data: {
      id: "0",
      type: "timeseries_response",
      attributes: {
        series: Object.keys(groups).map((tags) => ({ group_tags: tags.split(","), query_index: 0, unit })),
        times: times.map((time) => (FROM + time) * 1000),
        values: Object.values(groups).map((values) => [...values]),
      },
    },
  };
}

describe("Datadog, v2 timeseries", () => {
  test("asks for the window in milliseconds, to the end of the last step, with both keys in headers only", async () => {
    const asked: unknown[] = [];
    nock("https://api.datadoghq.eu", { reqheaders: HEADERS })
      .post("/api/v2/query/timeseries", (body) => asked.push(body) > 0)
      .reply(200, timeseries({ "zone:eu-1,env:prod": [1.25, null, 3], "zone:us-1,env:prod": [2, 2.5, null] }));
    const { series, warnings } = await fetchWith({ site: "datadoghq.eu" }).result;
    expect(asked).toEqual([
      {
        data: {
          type: "timeseries_request",
          attributes: {
            from: FROM * 1000,
            to: (FROM + 180) * 1000,
            interval: 60_000,
            queries: [{ data_source: "metrics", name: "a", query: query.queries.value }],
            formulas: [{ formula: "a" }],
          },
        },
      },
    ]);
    expect(series.map((one) => [one.unit, one.group, [...one.times], [...one.values]])).toEqual([
      ["eu-1", "treated", [FROM, FROM + 120], [1.25, 3]],
      ["us-1", "control", [FROM, FROM + 60], [2, 2.5]],
    ]);
    expect(warnings).toEqual([]);
  });

  test("several queries make a formula", async () => {
    const asked: { data: { attributes: { queries: unknown; formulas: unknown } } }[] = [];
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries", (body) => asked.push(body) > 0)
      .reply(200, timeseries({ "zone:eu-1": [1, 1, 1] }));
    const text = `
      errors = sum:shop.errors{*} by {zone}.as_count()
      hits = sum:shop.hits{*} by {zone}.as_count()
      100 * errors / hits`;
    await fetchWith({}, { queries: { value: text } }).result;
    expect(asked[0]?.data.attributes).toMatchObject({
      queries: [
        { name: "errors", query: "sum:shop.errors{*} by {zone}.as_count()" },
        { name: "hits", query: "sum:shop.hits{*} by {zone}.as_count()" },
      ],
      formulas: [{ formula: "100 * errors / hits" }],
    });
  });

  test("buckets carry their upper bound", async () => {
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .reply(200, timeseries({ "zone:eu-1,upper_bound:0.5": [1, 1, 1], "zone:eu-1,upper_bound:inf": [2, 2, 2] }));
    const { series } = await fetchWith({}, { kind: "quantile", queries: { bucket: "sum:b{*} by {zone,upper_bound}" } })
      .result;
    expect(series.map((one) => one.le)).toEqual([0.5, Number.POSITIVE_INFINITY]);
  });

  test("hosts without the tag are left out with a warning", async () => {
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .reply(200, timeseries({ "zone:eu-1": [1, 1, 1], "zone:N/A": [9, 9, 9] }));
    const { series, warnings } = await fetchWith().result;
    expect(series.map((one) => one.unit)).toEqual(["eu-1"]);
    expect(warnings).toEqual(["1 series of the query of SLI error-rate without the label `zone` were left out."]);
  });

  test("a window that Datadog coarsens is asked for again in shorter pieces", async () => {
    const asked: number[] = [];
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .times(3)
      .reply(200, async (request: Request) => {
        const body = (await request.json()) as { data: { attributes: { from: number; to: number; interval: number } } };
        const { from, to, interval } = body.data.attributes;
        const points = (to - from) / interval;
        asked.push(points);
        const step = points > 300 ? 300 : 60;
        const first = from / 1000 - FROM;
        const times = Array.from({ length: (to - from) / 1000 / step }, (_, index) => first + index * step);
        return timeseries({ "zone:eu-1": times.map((time) => time / 60) }, times);
      });
    const { series } = await fetchWith({}, { to: FROM + 60 * 399 }).result;
    expect(asked).toEqual([400, 200, 200]);
    expect([...(series[0]?.values ?? [])]).toEqual(Array.from({ length: 400 }, (_, index) => index));
  });

  test("points that stay wider apart than the step, or come nearer, are refused with both ways out", async () => {
    const every = (seconds: number) => Array.from({ length: 20 }, (_, index) => index * seconds);
    for (const [seconds, message] of [
      [300, /wider apart than asked for: 300 s, not 60 s/],
      [20, /a point every 20 s, not every 60 s/],
    ] as const) {
      const times = every(seconds);
      nock("https://api.datadoghq.com")
        .post("/api/v2/query/timeseries")
        .reply(200, timeseries({ "zone:eu-1": times }, times));
      const error = await failureOf(fetchWith({}, { to: FROM + 60 * 99 }).result);
      expect(error).toMatchObject({
        code: "SOURCE_REJECTED",
        message: expect.stringMatching(message),
        hint: expect.stringContaining(`windows.step\` to ${seconds}s`),
      });
    }
  });

  test("rare events at irregular times are not taken for a coarse answer", async () => {
    const times = [0, 180, 240, 1260, 1500, 1920, 2400, 2460, 3300, 4020, 4200, 5100];
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .reply(200, timeseries({ "zone:eu-1": times }, times));
    const { series } = await fetchWith({}, { kind: "count", to: FROM + 60 * 99 }).result;
    expect(series[0]?.times).toHaveLength(12);
  });

  test("too many requests wait as long as X-RateLimit-Reset says", async () => {
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .reply(429, { errors: ["Too many requests"] }, { "X-RateLimit-Reset": "7" });
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .reply(200, timeseries({ "zone:eu-1": [1, 1, 1] }));
    const { ports, result } = fetchWith({ retries: 1 });
    expect((await result).series).toHaveLength(1);
    expect(ports.slept).toEqual([7000]);
  });

  test.each([
    [401, "Unauthorized", "SOURCE_UNAUTHORIZED", /keys of one site are unknown to the others/],
    [403, "Forbidden", "SOURCE_FORBIDDEN", /scope timeseries_query/],
    [400, "Error parsing query: unable to parse sum:x{", "SOURCE_REJECTED", /Change the query of SLI error-rate/],
  ])("%d is said in Datadog's words, without keys", async (status, words, code, hint) => {
    nock("https://api.datadoghq.com")
      .post("/api/v2/query/timeseries")
      .reply(status, { errors: [`${words} ${KEYS.DD_APP_KEY}`] });
    const error = await failureOf(fetchWith().result);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(`${words} ***`),
      hint: expect.stringMatching(hint),
    });
    expect(shownBy(error)).not.toMatch(/datadog-a/);
  });

  test.each([
    ["times that go back", timeseries({ "zone:eu-1": [1, 2] }, [60, 0])],
    ["values that are missing", timeseries({ "zone:eu-1": [1, 2] })],
    ["values that are texts", { data: { attributes: { series: [{}], times: [1], values: [["1"]] } } }],
  ])("%s are malformed", async (_name, body) => {
    nock("https://api.datadoghq.com").post("/api/v2/query/timeseries").reply(200, body);
    expect(await failureOf(fetchWith().result)).toMatchObject({ code: "SOURCE_MALFORMED" });
  });
});

describe("Datadog, v1 query", () => {
  const answer = (interval: number, rest: object = {}) => ({
    status: "ok",
    res_type: "time_series",
    series: [
      {
        metric: "system.load.1",
        tag_set: ["zone:eu-1"],
        scope: "env:prod,zone:eu-1",
        interval,
        length: 2,
        expression: "avg:system.load.1{env:prod,zone:eu-1}",
        pointlist: [
          [FROM * 1000, 1.5],
          [(FROM + 60) * 1000, null],
          [(FROM + 120) * 1000, 2.5],
        ],
        ...rest,
      },
    ],
  });

  test("asks in seconds and reads each series with its own points", async () => {
    nock("https://api.us3.datadoghq.com", {
      reqheaders: { "dd-api-key": KEYS.DD_API_KEY, "dd-application-key": KEYS.DD_APP_KEY },
    })
      .get("/api/v1/query")
      .query({ from: `${FROM}`, to: `${FROM + 180}`, query: "avg:system.load.1{env:prod} by {zone}.rollup(avg,60)" })
      .reply(200, answer(60));
    const queries = { value: "avg:system.load.1{env:prod} by {zone}.rollup(avg,60)" };
    const { series } = await fetchWith({ site: "us3.datadoghq.com", api: "v1" }, { queries }).result;
    expect(series.map((one) => [one.unit, [...one.times], [...one.values]])).toEqual([
      ["eu-1", [FROM, FROM + 120], [1.5, 2.5]],
    ]);
  });

  test("the tags stand in the scope where there is no tag set", async () => {
    nock("https://api.datadoghq.com")
      .get(/v1\/query/)
      .reply(200, answer(60, { tag_set: null }));
    expect((await fetchWith({ api: "v1" }).result).series[0]?.unit).toBe("eu-1");
  });

  test("an interval other than the step is refused with the rollup to write", async () => {
    nock("https://api.datadoghq.com")
      .get(/v1\/query/)
      .reply(200, answer(20));
    expect(await failureOf(fetchWith({ api: "v1" }).result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("every 20 s, not every 60 s"),
      hint: expect.stringContaining(".rollup(avg, 60)"),
    });
  });

  test("an error beside status 200 is shown", async () => {
    nock("https://api.datadoghq.com")
      .get(/v1\/query/)
      .reply(200, { status: "error", error: "unknown metric" });
    expect(await failureOf(fetchWith({ api: "v1" }).result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: "Datadog cannot answer the query of SLI error-rate: unknown metric.",
    });
  });

  test("formulas belong to v2", async () => {
    const error = await failureOf(fetchWith({ api: "v1" }, { queries: { value: "a = avg:x{*}\na" } }).result);
    expect(error.message).toContain("`api: v1` takes one query");
  });
});

describe("formulas", () => {
  test.each([
    ["a line without a name", "sum:x{*}\na", /is not `name = query`/],
    ["a name twice", "a = sum:x{*}\na = sum:y{*}\na", /stands for two queries/],
    ["no formula", "a = sum:x{*}\nb = sum:y{*}", /last line must be the formula/],
  ])("%s is refused", (_name, text, message) => {
    expect(readFormula(text)).toMatch(message);
  });

  test("a query may hold equal signs of its own", () => {
    expect(readFormula("sum:x{a:b} by {zone}")).toEqual({
      queries: [{ name: "a", query: "sum:x{a:b} by {zone}" }],
      formula: "a",
    });
  });
});

describe("options", () => {
  test("name both keys, so that they can be masked, and refuse a site beside an address", () => {
    expect(SOURCES.datadog?.open({ type: "datadog" }, ".").credentials).toEqual(["DD_API_KEY", "DD_APP_KEY"]);
    const parsed = SOURCES.datadog?.options.safeParse({
      type: "datadog",
      site: "datadoghq.eu",
      url: "https://dd.example.com",
    });
    expect(parsed?.error?.issues[0]).toMatchObject({
      path: ["url"],
      message: expect.stringContaining("beside `site`"),
    });
  });
});
