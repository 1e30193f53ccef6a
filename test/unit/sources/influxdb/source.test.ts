import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const SECRET = "influx-token-0123";
const URL = "https://influx.example.com";
const fetchWith = reader({ type: "influxdb", url: URL }, { INFLUX_TOKEN: SECRET, INFLUX_PASSWORD: "hunter2-hunter2" });
const TIME = `time >= ${FROM}000ms AND time < ${FROM + 180}000ms`;

describe("InfluxQL", () => {
  const influxql = { database: "shop", username: "reader", "password-env": "INFLUX_PASSWORD" };
  const queries = { value: 'SELECT mean("x") FROM "m" WHERE {{time}} GROUP BY time({{step}}), "zone"' };
  const reads = (options: Record<string, unknown> = {}) => fetchWith({ ...influxql, ...options }, { queries });
  const answer = (...series: unknown[]) => ({ results: [{ statement_id: 0, series }] });
  const zone = (name: string, values: unknown[], columns = ["time", "mean"]) => ({
    name: "m",
    tags: { zone: name },
    columns,
    values,
  });

  test("asks for one piece in milliseconds, signed in by name and password", async () => {
    nock(URL, { reqheaders: { accept: "application/json" } })
      .get("/query")
      .basicAuth({ user: "reader", pass: "hunter2-hunter2" })
      .query({
        db: "shop",
        rp: "raw",
        epoch: "ms",
        q: `SELECT mean("x") FROM "m" WHERE ${TIME} GROUP BY time(60000ms), "zone"`,
      })
      .reply(
        200,
        answer(
          zone("eu-1", [
            [FROM * 1000, 1.5],
            [(FROM + 60) * 1000, null],
            [(FROM + 120) * 1000, 0],
          ]),
          zone("us-1", []),
        ),
      );
    expect(shown(await reads({ "retention-policy": "raw" }).result)).toEqual([["eu-1", "treated", [0, 120], [1.5, 0]]]);
  });

  test("no series is no data; messages are passed on", async () => {
    nock(URL)
      .get("/query")
      .query(true)
      .reply(200, { results: [{ statement_id: 0, messages: [{ level: "warning", text: "deprecated" }] }] });
    expect(await reads().result).toEqual({ series: [], warnings: ["deprecated"], unmatchedUnits: [] });
  });

  test("an answer that the server cut off is asked for again in pieces", async () => {
    const asked: string[] = [];
    nock(URL)
      .get("/query")
      .query(true)
      .times(3)
      .reply(200, ({ url }: Request) => {
        const [, from, to] = />= (\d+)ms AND time < (\d+)ms/.exec(decodeURIComponent(url)) ?? [];
        asked.push(`${from}-${to}`);
        const isLong = Number(to) - Number(from) > 12_000_000;
        return answer({ ...zone("eu-1", [[Number(from), 1]]), ...(isLong && { partial: true }) });
      });
    const { series } = await fetchWith(influxql, { queries, to: FROM + 60 * 299 }).result;
    expect(asked).toHaveLength(3);
    expect(series[0]?.times).toHaveLength(2);
  });

  test.each([
    [
      "an error of the statement",
      { results: [{ statement_id: 0, error: "database not found: shop" }] },
      "SOURCE_REJECTED",
      /database not found/,
    ],
    [
      "a query that was stopped",
      { results: [{ error: "query-timeout limit exceeded" }] },
      "SOURCE_TIMEOUT",
      /limit exceeded/,
    ],
    ["missing rights", { results: [{ error: "reader not authorized to read" }] }, "SOURCE_FORBIDDEN", /not authorized/],
    [
      "two values",
      answer(zone("eu-1", [[0, 1, 2]], ["time", "mean", "max"])),
      "SOURCE_REJECTED",
      /one column beside the time, not mean, max/,
    ],
    ["two statements", { results: [{}, {}] }, "SOURCE_REJECTED", /several statements/],
    ["nothing at all", {}, "SOURCE_MALFORMED", /no results/],
  ])("%s", async (_name, body, code, message) => {
    nock(URL).get("/query").query(true).reply(200, body);
    expect(await failureOf(reads().result)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each([
    [
      "SELECT mean(x) FROM m GROUP BY time({{step}})",
      /does not say which time it wants: \{\{time\}\} or \{\{start\}\}, \{\{end\}\}/,
    ],
    ["SELECT x FROM m WHERE {{tiem}}", /\{\{tiem\}\} is not known/],
  ])("%s is not sent", async (value, message) => {
    const error = await failureOf(fetchWith(influxql, { queries: { value } }).result);
    expect(error).toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringContaining("WHERE {{time}}"),
    });
  });
});

describe("Flux", () => {
  const flux = { language: "flux", org: "my org", "token-env": "INFLUX_TOKEN" };
  const text = 'from(bucket: "b") |> range(start: v.timeRangeStart, stop: v.timeRangeStop)';
  const reads = () => fetchWith(flux, { queries: { value: text } });
  const csv = (...rows: string[]) =>
    [
      "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string",
      "#group,false,false,true,true,false,false,true,true,true",
      "#default,_result,,,,,,,,",
      ",result,table,_start,_stop,_time,_value,_field,_measurement,zone",
      ...rows.map((row) => `,,0,2026-01-05T00:00:00Z,2026-01-05T00:03:00Z,${row}`),
      "",
      "",
    ].join("\r\n");

  test("asks with the window as the option v, signed in by Token", async () => {
    const seen = keeping<Record<string, unknown>>();
    nock(URL, {
      reqheaders: { authorization: `Token ${SECRET}`, accept: "application/csv", "content-type": "application/json" },
    })
      .post("/api/v2/query?org=my%20org", seen.matches)
      .reply(
        200,
        csv(
          "2026-01-05T00:00:00Z,1.5,x,m,eu-1",
          '2026-01-05T00:01:00Z,,x,m,"us ""1"""',
          "2026-01-05T00:02:00Z,2,x,m,eu-1",
        ),
      );
    expect(shown(await reads().result)).toEqual([["eu-1", "treated", [0, 120], [1.5, 2]]]);
    expect(seen.bodies[0]).toMatchObject({
      query: text,
      type: "flux",
      dialect: { annotations: ["datatype", "group", "default"] },
    });
    const option = JSON.stringify(seen.bodies[0]?.extern);
    expect(option).toContain(
      '"name":"timeRangeStart"},"value":{"type":"DateTimeLiteral","value":"2026-01-05T00:00:00.000Z"}',
    );
    expect(option).toContain(
      '"name":"timeRangeStop"},"value":{"type":"DateTimeLiteral","value":"2026-01-05T00:03:00.000Z"}',
    );
    expect(option).toContain(
      '"name":"windowPeriod"},"value":{"type":"DurationLiteral","values":[{"magnitude":60000,"unit":"ms"}]}',
    );
  });

  test("several tables, quoted cells, and columns outside the group key", async () => {
    const first = csv("2026-01-05T00:00:00Z,1,x,m,eu-1");
    const second = csv('2026-01-05T00:00:00Z,2,x,m,"us, 1"').replace("true,true,true\r\n", "true,true,true\r\n");
    nock(URL)
      .post(/query/)
      .reply(200, first + second);
    expect((await reads().result).series.map((one) => one.unit)).toEqual(["eu-1", "us, 1"]);
    nock(URL).post(/query/).reply(200, "\r\n");
    expect((await reads().result).series).toEqual([]);
  });

  test("points that bear the end of their step are refused, with what to write", async () => {
    nock(URL).post(/query/).reply(200, csv("2026-01-05T00:01:00Z,1,x,m,eu-1", "2026-01-05T00:03:00Z,1,x,m,eu-1"));
    expect(await failureOf(reads().result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("the end of their step"),
      hint: expect.stringContaining('timeSrc: "_start"'),
    });
  });

  test("errors before and within the answer are the server's words, without the token", async () => {
    nock(URL)
      .post(/query/)
      .reply(400, { code: "invalid", message: `error @1:1: undefined identifier ${SECRET}` });
    const error = await failureOf(reads().result);
    expect(error).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("undefined identifier ***"),
    });
    expect(shownBy(error)).not.toContain(SECRET);
    nock(URL)
      .post(/query/)
      .reply(
        200,
        `${csv("2026-01-05T00:00:00Z,1,x,m,eu-1")}#datatype,string,string\r\n,error,reference\r\n,out of memory,897\r\n`,
      );
    expect((await failureOf(reads().result)).message).toContain("out of memory");
  });
});

describe("SQL", () => {
  const sql = { language: "sql", database: "shop", "token-env": "INFLUX_TOKEN" };
  const queries = {
    value:
      "SELECT date_bin(INTERVAL '{{step}}', time) AS time, zone, avg(x) AS value FROM m WHERE {{time}} GROUP BY 1, zone",
  };
  const reads = (body: nock.Body) => {
    nock(URL).post("/api/v3/query_sql").reply(200, body);
    return fetchWith(sql, { queries }).result;
  };

  test("asks with the window in the text, and takes times without a zone as UTC", async () => {
    const seen = keeping();
    nock(URL, { reqheaders: { authorization: `Bearer ${SECRET}` } })
      .post("/api/v3/query_sql", seen.matches)
      .reply(200, [
        { time: "2026-01-05T00:01:00", zone: "eu-1", value: 2.5 },
        { time: "2026-01-05T00:00:00", zone: "eu-1", value: 1 },
        { time: "2026-01-05T00:00:00", zone: "us-1", value: null },
      ]);
    expect(shown(await fetchWith(sql, { queries }).result)).toEqual([["eu-1", "treated", [0, 60], [1, 2.5]]]);
    const q =
      "SELECT date_bin(INTERVAL '60 seconds', time) AS time, zone, avg(x) AS value FROM m WHERE time >= '2026-01-05T00:00:00.000Z' AND time < '2026-01-05T00:03:00.000Z' GROUP BY 1, zone";
    expect(seen.bodies).toEqual([{ db: "shop", q, format: "json" }]);
  });

  test("the only number is the value; several without the name are refused", async () => {
    expect((await reads([{ time: "2026-01-05T00:00:00Z", zone: "eu-1", usage: 3 }])).series[0]?.values[0]).toBe(3);
    const two = reads([{ time: "2026-01-05T00:00:00Z", zone: "eu-1", a: 1, b: 2 }]);
    expect(await failureOf(two)).toMatchObject({ hint: expect.stringContaining("AS value") });
    const repeated = { time: "2026-01-05T00:00:00Z", zone: "eu-1", value: 1 };
    expect(await failureOf(reads([repeated, repeated]))).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining('several values of zone "eu-1"'),
    });
  });
});

test.each([
  [{}, /database: is needed for `language: influxql`/],
  [{ language: "flux", database: "d" }, /org: is needed for `language: flux`[\s\S]*database: does not belong/],
  [{ language: "sql", database: "d", "retention-policy": "r" }, /retention-policy: does not belong to `language: sql`/],
])("options %j are refused at their place", (options, message) => {
  expect(optionProblems({ type: "influxdb", url: URL, ...options }).join("\n")).toMatch(message);
});
