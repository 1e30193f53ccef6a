import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf } from "../http/auth/providers.ts";
import { answerWithNock, FROM, reader, shown } from "../reading.ts";

answerWithNock();

const URL = "https://graphite.example.com";
const fetchWith = reader(
  { type: "graphite", url: URL, username: "reader", "password-env": "PASSWORD" },
  { PASSWORD: "hunter2-hunter2" },
);
const render = () => nock(URL).get("/render").query(true);
const points = (...values: (number | null)[]) => values.map((value, index) => [value, FROM + index * 60]);

describe("Graphite", () => {
  test("asks for the range without the instant before it, and reads tags", async () => {
    nock(URL)
      .get("/render")
      .basicAuth({ user: "reader", pass: "hunter2-hunter2" })
      .query({
        target: "seriesByTag('name=x')",
        from: `${FROM - 1}`,
        until: `${FROM + 120}`,
        format: "json",
        noCache: "1",
      })
      .reply(200, [
        { target: "x;zone=eu-1", tags: { name: "x", zone: "eu-1" }, datapoints: points(1.5, null, 3) },
        { target: "x;zone=us-1", tags: { name: "x", zone: "us-1" }, datapoints: points(null, null, null) },
      ]);
    const { result } = fetchWith({}, { queries: { value: " seriesByTag('name=x') " } });
    expect(shown(await result)).toEqual([["eu-1", "treated", [0, 120], [1.5, 3]]]);
  });

  test.each([
    ["shop.eu-1.web.errors", undefined],
    ["sumSeriesWithWildcards(shop.eu-1.*.errors,2)", undefined],
    ['alias(scale(shop.eu-1.errors,100),"errors in %")', undefined],
    ["errors", "shop.eu-1.errors"],
  ])("places in the path of %s are labels", async (target, name) => {
    render().reply(200, [{ target, tags: name === undefined ? {} : { name }, datapoints: points(1) }]);
    expect((await fetchWith({ nodes: { zone: 1, kind: -1 } }).result).series.map((one) => one.unit)).toEqual(["eu-1"]);
  });

  test("an alias is the label name; NaN and infinity of Python's JSON do not break the answer", async () => {
    const body = `[{"target": "eu-1", "datapoints": [[NaN, ${FROM}], [-Infinity, ${FROM + 60}], [2, ${FROM + 120}]]}]`;
    render().reply(200, body);
    expect(shown(await fetchWith({}, { unitLabel: "name" }).result)).toEqual([
      ["eu-1", "control", [60, 120], [Number.NEGATIVE_INFINITY, 2]],
    ]);
  });

  test.each([
    [300, /300 s, not 60 s/, /younger window/],
    [10, /every 10 s, not every 60 s/, /summarize\(\.\.\., "60s", "avg"\)/],
  ])("points every %d s are refused with what to do", async (seconds, message, hint) => {
    const datapoints = Array.from({ length: 12 }, (_, index) => [1, FROM + index * seconds]);
    render().reply(200, [{ target: "x", tags: { zone: "eu-1" }, datapoints }]);
    const error = await failureOf(fetchWith({}, { to: FROM + 3600 }).result);
    expect(error).toMatchObject({ message: expect.stringMatching(message), hint: expect.stringMatching(hint) });
  });

  test("its errors are plain text, or a page without words", async () => {
    render().reply(400, "Invalid target (nofunc(a)): Received unknown function: nofunc", {
      "content-type": "text/plain",
    });
    expect((await failureOf(fetchWith().result)).message).toContain("Received unknown function: nofunc");
    render().reply(500, "<html><h1>Traceback</h1></html>");
    const error = await failureOf(fetchWith().result);
    expect(error).toMatchObject({ code: "SOURCE_UNAVAILABLE", message: expect.not.stringContaining("Traceback") });
  });
});
