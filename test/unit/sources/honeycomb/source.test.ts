import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const KEY = "hcaik_0123456789";
const fetchWith = reader({ type: "honeycomb", dataset: "shop", region: "eu" }, { HONEYCOMB_API_KEY: KEY });
const HOST = "https://api.eu1.honeycomb.io";
const server = () => nock(HOST, { reqheaders: { "x-honeycomb-team": KEY } });
const queries = { value: "P95(duration_ms)" };

const row = (at: number, data: object) => ({
  time: new Date((FROM + at) * 1000).toISOString().replace(".000Z", "Z"),
  data,
});
const complete = (...series: unknown[]) => ({
  query: {},
  id: "r1",
  complete: true,
  data: { series, results: [] },
  links: { query_url: "https://ui.honeycomb.io/x" },
});

function answerWith(result: nock.Body): void {
  server().post("/1/queries/shop").reply(200, { id: "q1" });
  server().post("/1/query_results/shop").reply(201, { id: "r1", complete: false });
  server().get("/1/query_results/shop/r1").reply(200, result);
}

describe("Honeycomb", () => {
  test("makes a query, runs it, and looks until it is complete", async () => {
    const [made, run] = [keeping(), keeping()];
    server().post("/1/queries/shop", made.matches).reply(200, { id: "q1" });
    server().post("/1/query_results/shop", run.matches).reply(201, { id: "r1", complete: false, links: {} });
    server().get("/1/query_results/shop/r1").twice().reply(200, { id: "r1", complete: false });
    server()
      .get("/1/query_results/shop/r1")
      .reply(
        200,
        complete(
          row(0, { zone: "eu-1", "P95(duration_ms)": 1.5 }),
          row(60, { zone: "eu-1", "P95(duration_ms)": null }),
          row(120, { zone: "us-1", "P95(duration_ms)": 2 }),
          row(-60, { zone: "us-1", "P95(duration_ms)": 9 }),
        ),
      );
    const { ports, result } = fetchWith({}, { queries });
    expect(shown(await result)).toEqual([
      ["eu-1", "treated", [0], [1.5]],
      ["us-1", "control", [120], [2]],
    ]);
    // Ten steps at least, as the granularity must be a tenth of the range at most.
    const window = { start_time: FROM - 420, end_time: FROM + 180, granularity: 60 };
    const calculations = [{ op: "P95", column: "duration_ms" }];
    expect(made.bodies).toEqual([{ limit: 1000, calculations, breakdowns: ["zone"], ...window }]);
    expect(run.bodies).toEqual([{ query_id: "q1", disable_series: false, limit: 1000 }]);
    expect(ports.slept).toEqual([1000, 1000]);
  });

  test("a specification keeps its filters and breakdowns", async () => {
    const made = keeping();
    server().post("/1/queries/shop", made.matches).reply(200, { id: "q1" });
    server().post("/1/query_results/shop").reply(201, { id: "r1" });
    server()
      .get("/1/query_results/shop/r1")
      .reply(200, complete(row(0, { zone: "eu-1", track: "blue", COUNT: 7 })));
    const filters = [{ column: "service", op: "=", value: "shop" }];
    const value = JSON.stringify({ calculations: [{ op: "COUNT" }], filters, breakdowns: ["track"] });
    const groupOf = ({ track }: Readonly<Record<string, string>>) => (track === "blue" ? ("treated" as const) : null);
    expect(shown(await fetchWith({}, { queries: { value }, groupOf }).result)).toEqual([["eu-1", "treated", [0], [7]]]);
    expect(made.bodies[0]).toMatchObject({ filters, breakdowns: ["track", "zone"], calculations: [{ op: "COUNT" }] });
  });

  test("a day of minutes is asked for in pieces of six hours, whose ends are not rounded", async () => {
    const made = keeping<{ start_time: number; end_time: number }>();
    server().post("/1/queries/shop", made.matches).times(4).reply(200, { id: "q1" });
    server().post("/1/query_results/shop").times(4).reply(201, { id: "r1" });
    server().get("/1/query_results/shop/r1").times(4).reply(200, complete());
    await fetchWith({}, { queries, to: FROM + 1439 * 60 }).result;
    expect(made.bodies.map((body) => body.end_time - body.start_time)).toEqual([21_600, 21_600, 21_600, 21_600]);
  });

  test.each([
    ["p95 of duration", /neither a calculation nor a query specification/],
    ['{"calculations": [{"op": "COUNT"}, {"op": "AVG", "column": "x"}]}', /with one calculation/],
    ['{"calculations": [{"op": "COUNT"}], "time_range": 7200}', /it says time_range itself/],
  ])("%s is not sent", async (value, message) => {
    expect((await failureOf(fetchWith({}, { queries: { value } }).result)).message).toMatch(message);
  });

  test("several values at one time are refused", async () => {
    answerWith(complete(row(0, { zone: "eu-1", COUNT: 1 }), row(0, { zone: "eu-1", COUNT: 2 })));
    expect((await failureOf(fetchWith({}, { queries: { value: "COUNT" } }).result)).message).toContain(
      'several values of zone "eu-1"',
    );
  });

  test.each([
    [400, "invalid query: unknown column duration", "SOURCE_REJECTED"],
    [401, "unknown API key - check your credentials", "SOURCE_UNAUTHORIZED"],
    [429, "rate limit exceeded", "SOURCE_RATE_LIMITED"],
  ])("%d is said in Honeycomb's words, without the key", async (status, error, code) => {
    server()
      .post("/1/queries/shop")
      .reply(status, { error: `${error} ${KEY}` });
    const failure = await failureOf(fetchWith({}, { queries }).result);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(`${error} ***`) });
    expect(shownBy(failure)).not.toContain(KEY);
  });

  test("a result that never completes ends at the deadline", async () => {
    server().post("/1/queries/shop").reply(200, { id: "q1" });
    server().post("/1/query_results/shop").reply(201, { id: "r1" });
    server().get("/1/query_results/shop/r1").times(3).reply(200, { complete: false });
    const { ports, result } = fetchWith({ deadline: "5s" }, { queries });
    // The clock stands still until the third look.
    Object.assign(ports, { now: () => (ports.slept.length >= 3 ? 1_000_000 : 0) });
    expect(await failureOf(result)).toMatchObject({ code: "SOURCE_TIMEOUT" });
  });
});

test("a dataset is named by its slug", () => {
  expect(optionProblems({ type: "honeycomb", dataset: "my shop" })[0]).toMatch(/dataset: must be the slug/);
});
