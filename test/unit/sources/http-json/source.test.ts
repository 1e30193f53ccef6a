import nock from "nock";
import { describe, expect, test } from "vitest";
import { parsePath, select } from "../../../../src/sources/http-json/select.ts";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const SECRET = "token-of-the-api-0123";
const fetchWith = reader(
  {
    type: "http-json",
    url: "https://metrics.example.com/v2",
    "token-env": "API_TOKEN",
    rows: "$.data[*]",
    labels: { zone: "zone" },
    time: "ts",
    value: "value",
  },
  { API_TOKEN: SECRET },
);
const server = () =>
  nock("https://metrics.example.com", {
    reqheaders: { authorization: `Bearer ${SECRET}`, accept: "application/json" },
  });

const rows = (...list: (readonly [string, unknown, unknown])[]) => ({
  data: list.map(([zone, ts, value]) => ({ zone, ts, value })),
});

describe("the request", () => {
  test("goes by GET, with every form of the window in path and parameters", async () => {
    server()
      .get("/v2/series/error%20rate")
      .query({
        from: `${FROM}`,
        to: `${FROM + 120}`,
        until: `${(FROM + 180) * 1000}`,
        iso: "2026-01-05T00:00:00.000Z",
        step: "60s",
      })
      .reply(200, rows(["eu-1", FROM, 1]));
    const parameters = {
      from: "{{start}}",
      to: "{{ end }}",
      until: "{{until-ms}}",
      iso: "{{start-iso}}",
      step: "{{step}}s",
    };
    const queries = { value: "error rate" };
    const { series } = await fetchWith({ path: "/series/{{query}}", parameters }, { queries }).result;
    expect(series).toHaveLength(1);
  });

  test("a body with keys goes as JSON, in which a lone placeholder keeps its kind", async () => {
    const seen = keeping();
    server()
      .post("/v2/query", seen.matches)
      .matchHeader("content-type", "application/json")
      .reply(200, rows(["eu-1", FROM, 1]));
    const body = { q: "{{query}}", range: ["{{start}}", "{{until}}"], every: "{{step}}s", page: "{{cursor}}" };
    const queries = { value: 'say "hi"\nsum(x)' };
    await fetchWith({ method: "POST", path: "/query", body }, { queries }).result;
    expect(seen.bodies).toEqual([{ q: 'say "hi"\nsum(x)', range: [FROM, FROM + 180], every: "60s" }]);
  });

  test("a body that is a text goes as it is, a form from parameters", async () => {
    server()
      .post("/v2/sql", "SELECT * FROM t WHERE ts >= 1767571200")
      .matchHeader("content-type", "application/sql")
      .reply(200, rows());
    const body = "SELECT * FROM t WHERE ts >= {{start}}";
    await fetchWith({ path: "/sql", body, "content-type": "application/sql" }).result;
    server().post("/v2", { q: "value" }).reply(200, rows());
    await fetchWith({ method: "POST", parameters: { q: "{{query}}" } }).result;
  });

  test("a window that is too long is asked for in pieces; a request without a window is asked once", async () => {
    const asked: string[] = [];
    server()
      .get("/v2")
      .query(({ from }) => asked.push(String(from)) > 0)
      .times(3)
      .reply(200, rows());
    await fetchWith({ parameters: { from: "{{start}}" }, "max-points": 2 }, { to: FROM + 300 }).result;
    expect(asked).toEqual([FROM, FROM + 120, FROM + 240].map(String));
    server().get("/v2").reply(200, rows());
    await fetchWith({}, { to: FROM + 60 * 50_000 }).result;
  });
});

describe("the answer", () => {
  test("rows in any order become ascending series; null is a gap, NaN is NaN, texts are numbers", async () => {
    server()
      .get("/v2")
      .reply(
        200,
        rows(["us-1", FROM + 60, "2.5"], ["eu-1", FROM + 120, "NaN"], ["us-1", FROM, 1], ["eu-1", FROM, null]),
      );
    expect(shown(await fetchWith().result)).toEqual([
      ["eu-1", "treated", [120], [Number.NaN]],
      ["us-1", "control", [0, 60], [1, 2.5]],
    ]);
  });

  test("series with a list of points each", async () => {
    const points = [
      [FROM * 1000, 1],
      [(FROM + 60) * 1000, 2],
    ];
    server()
      .get("/v2")
      .reply(200, { data: [{ tags: { "az.name": "eu-1" }, points }] });
    const layout = {
      labels: { zone: "tags['az.name']" },
      time: "points[*][0]",
      value: "@.points[*][1]",
      "time-unit": "milliseconds",
    };
    expect(shown(await fetchWith(layout).result)).toEqual([["eu-1", "treated", [0, 60], [1, 2]]]);
  });

  test("columns beside each other, and units as the names of members", async () => {
    const times = ["2026-01-05T00:00:00Z", "2026-01-05T01:01:00+01:00"];
    server()
      .get("/v2")
      .reply(200, { times, zones: { "eu-1": { rate: [1, 2] }, "us-1": { rate: [3, null] } } });
    const layout = { rows: "$.zones.*", labels: { zone: "@~" }, time: "$.times[*]", value: "{{query}}[*]" };
    expect(shown(await fetchWith(layout, { queries: { value: "rate" } }).result)).toEqual([
      ["eu-1", "treated", [0, 60], [1, 2]],
      ["us-1", "control", [0], [3]],
    ]);
  });

  test("a point belongs to the step in which it lies", async () => {
    server()
      .get("/v2")
      .reply(200, rows(["eu-1", FROM + 17, 1], ["eu-1", FROM + 77.5, 2]));
    expect(shown(await fetchWith().result)).toEqual([["eu-1", "treated", [0, 60], [1, 2]]]);
  });

  test.each([
    [
      "two values in one step",
      rows(["eu-1", FROM, 1], ["eu-1", FROM + 20, 2]),
      /several values of zone "eu-1" at 2026-01-05T00:00:00/,
    ],
    [
      "points wider apart",
      rows(...Array.from({ length: 12 }, (_, i) => ["eu-1", FROM + 300 * i, 1] as const)),
      /300 s, not 60 s/,
    ],
  ])("%s are refused with what to do", async (_name, body, message) => {
    server().get("/v2").reply(200, body);
    const error = await failureOf(fetchWith({}, { to: FROM + 3600 }).result);
    expect(error).toMatchObject({ code: "SOURCE_REJECTED", message: expect.stringMatching(message) });
    expect(error.hint).toMatch(/one value per step|\{\{step\}\}/);
  });

  test.each([
    ["nothing at rows", { items: [] }, /nothing where `rows`/],
    ["a value that is none", rows(["eu-1", FROM, "much"]), /row 1 has a value that is no number: "much"/],
    ["milliseconds where seconds are expected", rows(["eu-1", FROM * 1000, 1]), /too large for epoch seconds/],
    ["a time without a zone", rows(["eu-1", "2026-01-05T00:00:00", 1]), /has no time zone/],
    ["times and values that do not fit", { data: [{ zone: "a", ts: FROM }] }, /has 1 times and 0 values/],
  ])("%s: malformed, and says where", async (_name, body, message) => {
    server().get("/v2").reply(200, body);
    expect(await failureOf(fetchWith().result)).toMatchObject({
      code: "SOURCE_MALFORMED",
      message: expect.stringMatching(message),
    });
  });
});

describe("pages", () => {
  test("by a cursor, which is left out at first", async () => {
    server()
      .get("/v2")
      .query({ n: "2" })
      .reply(200, { ...rows(["eu-1", FROM, 1]), next: "p2" });
    server()
      .get("/v2")
      .query({ n: "2", after: "p2" })
      .reply(200, { ...rows(["eu-1", FROM + 60, 2]), next: null });
    const result = fetchWith({ parameters: { n: "2", after: "{{cursor}}" }, pages: { cursor: "$.next" } }).result;
    expect(shown(await result)).toEqual([["eu-1", "treated", [0, 60], [1, 2]]]);
  });

  test("by counting until one is empty", async () => {
    const pages = [rows(["eu-1", FROM, 1], ["us-1", FROM, 1]), rows(["eu-1", FROM + 60, 2]), rows()];
    for (const [index, page] of pages.entries()) {
      server()
        .get("/v2")
        .query({ page: `${index}`, skip: `${[0, 2, 3][index]}` })
        .reply(200, page);
    }
    const parameters = { page: "{{page}}", skip: "{{offset}}" };
    const { series } = await fetchWith({ parameters, pages: { until: "empty", first: 0 } }).result;
    expect(series.map((one) => one.times.length)).toEqual([2, 1]);
  });

  test("by links, which never leave the address of the source", async () => {
    server()
      .get("/v2")
      .reply(200, { ...rows(["eu-1", FROM, 1]), next: "https://metrics.example.com/v2?c=2" });
    server()
      .get("/v2")
      .query({ c: "2" })
      .reply(200, { ...rows(), next: "https://evil.example.com/v2?c=3" });
    const error = await failureOf(fetchWith({ pages: { link: "$.next" } }).result);
    expect(error.message).toMatch(/another address, which is not followed/);
  });

  test("that repeat themselves end with an error", async () => {
    server()
      .get("/v2")
      .query(true)
      .twice()
      .reply(200, { ...rows(), next: "same" });
    const result = fetchWith({ parameters: { c: "{{cursor}}" }, pages: { cursor: "$.next" } }).result;
    expect(await failureOf(result)).toMatchObject({ message: expect.stringContaining("same next page twice") });
  });
});

test("the server's words are shown, without the token", async () => {
  server()
    .get("/v2")
    .reply(200, { data: [], error: { text: `bad token ${SECRET}` } });
  const error = await failureOf(fetchWith({ error: "$.error.text" }).result);
  expect(error).toMatchObject({ code: "SOURCE_REJECTED", message: expect.stringContaining("bad token ***") });
  expect(shownBy(error)).not.toContain(SECRET);
});

test.each([
  [{ rows: "$.data[" }, /rows: is not a path into the answer/],
  [{ path: "/x/{{begin}}" }, /\{\{begin\}\} is not known.*There are: \{\{query\}\}/],
  [{ body: { from: "{{strat}}" } }, /body: .*did you mean \{\{start\}\}/],
  [{ method: "GET", body: "x" }, /body: cannot be sent by GET/],
  [{ pages: { cursor: "$.next" } }, /pages: names a cursor, but \{\{cursor\}\} stands nowhere/],
  [{ pages: { cursor: "$.a", link: "$.b" } }, /must name one of/],
])("options %j are refused at their place", (options, message) => {
  const smallest = { type: "http-json", url: "https://a.example.com", rows: "$", labels: {}, time: "t", value: "v" };
  expect(optionProblems({ ...smallest, ...options }).join("\n")).toMatch(message);
});

test("paths name members, indices from both ends, wildcards and names", () => {
  const answer = { a: [{ b: 1 }, { b: 2 }], "c d": { x: 3 } };
  const values = (text: string): unknown[] => {
    const path = parsePath(text);
    return path === null ? ["no path"] : select(path, answer, { name: "", value: answer }).map((place) => place.value);
  };
  expect(["$.a[*].b", "$.a[-1].b", "['c d'].x", "$['c d'].*~", "$.a[7]", "a..b", "$"].map(values)).toEqual([
    [1, 2],
    [2],
    [3],
    ["x"],
    [],
    ["no path"],
    [answer],
  ]);
});
