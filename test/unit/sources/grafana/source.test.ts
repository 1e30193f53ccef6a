import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, reader, shown } from "../reading.ts";

answerWithNock();

const TOKEN = "glsa_0123456789abcdef";
const URL = "https://shop.grafana.net";
const fetchWith = reader(
  { type: "grafana", url: URL, "token-env": "GRAFANA_TOKEN", datasource: "uid-1", language: "prometheus" },
  { GRAFANA_TOKEN: TOKEN },
);
const server = () =>
  nock(URL, { reqheaders: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" } });

const ms = (...times: number[]) => times.map((time) => (FROM + time) * 1000);
const time = { name: "Time", type: "time", typeInfo: { frame: "time.Time" }, config: { interval: 60_000 } };
const value = (labels: object, name = "Value") => ({ name, type: "number", typeInfo: { frame: "float64" }, labels });
const frame = (fields: unknown[], values: unknown[], rest: object = {}, schema: object = {}) => ({
  schema: { refId: "A", ...schema, fields },
  data: { values, ...rest },
});
const answer = (...frames: unknown[]) => ({ results: { A: { status: 200, frames } } });
const asked = { refId: "A", datasource: { uid: "uid-1" }, intervalMs: 60_000, maxDataPoints: 4 };

describe("Grafana", () => {
  test.each([
    ["prometheus", "sum(x)", { expr: "sum(x)", range: true, instant: false, format: "time_series", interval: "60s" }],
    ["loki", "rate({a=1}[1m])", { expr: "rate({a=1}[1m])", queryType: "range", step: "60s" }],
    ["graphite", "a.b", { target: "a.b", textEditor: true }],
    ["influxdb", "SELECT x", { query: "SELECT x", rawQuery: true, resultFormat: "time_series" }],
    ["sql", "SELECT 1", { rawSql: "SELECT 1", rawQuery: true, format: "time_series" }],
    ["json", '{"metricQueryType": 0, "refId": "C", "dimensions": {}}', { metricQueryType: 0, dimensions: {} }],
  ])("asks %s for one query named A, up to the end of the last step", async (language, text, model) => {
    const seen = keeping();
    server()
      .post("/api/ds/query", seen.matches)
      .matchHeader("x-grafana-org-id", "7")
      .reply(200, answer(frame([time, value({ zone: "eu-1" })], [ms(0, 60), [1.5, 2]])));
    expect(shown(await fetchWith({ language, org: 7 }, { queries: { value: text } }).result)).toEqual([
      ["eu-1", "treated", [0, 60], [1.5, 2]],
    ]);
    expect(seen.bodies).toEqual([
      { queries: [{ ...model, ...asked }], from: `${FROM * 1000}`, to: `${(FROM + 180) * 1000 - 1}` },
    ]);
  });

  test("null is a gap, except where the frame says that it is NaN or infinite", async () => {
    const entities = [null, { NaN: [1], Inf: [2], NegInf: [] }];
    server()
      .post("/api/ds/query")
      .reply(200, answer(frame([time, value({ zone: "eu-1" })], [ms(0, 60, 120), [null, null, null]], { entities })));
    const [one] = (await fetchWith().result).series;
    expect([...(one?.times ?? [])]).toEqual([FROM + 60, FROM + 120]);
    expect([...(one?.values ?? [])]).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  });

  test("text columns of SQL are labels, several number fields are several series", async () => {
    const text = { name: "zone", type: "string", typeInfo: { frame: "string" } };
    server()
      .post("/api/ds/query")
      .reply(200, answer(frame([time, text, value({})], [ms(60, 0, 0), ["eu-1", "eu-1", "us-1"], [2, 1, 3]])));
    expect(shown(await fetchWith({ language: "sql" }).result)).toEqual([
      ["eu-1", "treated", [0, 60], [1, 2]],
      ["us-1", "control", [0], [3]],
    ]);
    const wide = frame([time, value({ zone: "eu-1" }), value({ zone: "us-1" })], [ms(0), [1], [2]]);
    server().post("/api/ds/query").reply(200, answer(wide));
    expect((await fetchWith().result).series).toHaveLength(2);
  });

  test("a field without labels has its name; notices are passed on", async () => {
    const meta = { notices: [{ severity: "warning", text: "query was slow" }] };
    const alias = { ...value({}), config: { displayNameFromDS: "eu-1" } };
    server()
      .post("/api/ds/query")
      .reply(200, answer(frame([time, alias], [ms(0), [1]], {}, { meta })));
    const found = await fetchWith({ language: "graphite" }, { unitLabel: "name" }).result;
    expect([found.series[0]?.unit, found.warnings]).toEqual(["eu-1", ["query was slow"]]);
  });

  test("no frames are no data; points wider apart are refused with what to write", async () => {
    server().post("/api/ds/query").reply(200, answer());
    expect((await fetchWith().result).series).toEqual([]);
    const times = ms(...Array.from({ length: 12 }, (_, index) => index * 300));
    const wide = answer(frame([time, value({ zone: "eu-1" })], [times, times.map(() => 1)]));
    server().post("/api/ds/query").reply(200, wide);
    expect(await failureOf(fetchWith({}, { to: FROM + 3540 }).result)).toMatchObject({
      message: expect.stringContaining("300 s, not 60 s"),
      hint: expect.stringContaining("$__interval"),
    });
  });

  test.each([
    [
      400,
      { results: { A: { error: 'bad_data: parse error at char 5 in "x"', status: 400, frames: [] } } },
      "SOURCE_REJECTED",
      /400.*parse error at char 5/,
    ],
    [
      200,
      { results: { A: { error: "Post: dial tcp: connection refused", status: 502 } } },
      "SOURCE_UNAVAILABLE",
      /connection refused/,
    ],
    [401, { message: `Invalid API key ${TOKEN}` }, "SOURCE_UNAUTHORIZED", /Invalid API key \*\*\*/],
    [
      403,
      {
        accessErrorId: "ACE1",
        message: "You'll need additional permissions: datasources:query",
        title: "Access denied",
      },
      "SOURCE_FORBIDDEN",
      /datasources:query/,
    ],
    [
      404,
      { message: "data source not found", messageId: "datasource.notFound", statusCode: 404 },
      "SOURCE_NOT_FOUND",
      /data source not found/,
    ],
  ])("%d %j", async (status, body, code, message) => {
    server().post("/api/ds/query").reply(status, body);
    const error = await failureOf(fetchWith().result);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(shownBy(error)).not.toContain(TOKEN);
  });

  test("a model that is no object is not sent", async () => {
    const error = await failureOf(fetchWith({ language: "json" }, { queries: { value: "sum(x)" } }).result);
    expect(error).toMatchObject({ code: "SOURCE_REJECTED", hint: expect.stringContaining("Panel JSON") });
  });
});
