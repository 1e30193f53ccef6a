import { describe, expect, test } from "vitest";
import { isoDuration, readIsoDuration, readResolution } from "../../../src/sources/durations.ts";
import { readQueryLines } from "../../../src/sources/query-lines.ts";
import { toLabelledSeries } from "../../../src/sources/rows.ts";

describe("queries of several lines", () => {
  const read = (text: string) =>
    readQueryLines<"query" | "value">(text, { required: ["value"], optional: ["query"], alone: "query" });

  test("a line goes on in those that name no part, also where they hold colons", () => {
    expect(read("query: service:shop AND\n  status:500\n  note: urgent\nvalue: count")).toEqual({
      query: "service:shop AND status:500 note: urgent",
      value: "count",
    });
  });

  test("text before the first name is the part that may stand alone", () => {
    expect(read("a:b\nvalue: count")).toEqual({ query: "a:b", value: "count" });
    expect(readQueryLines("a\nb", { required: ["metric"] })).toBe("it must be lines of `metric: ...`");
  });

  test.each([
    ["query: a", "it lacks the line `value: ...`"],
    ["value: a\nvalue: b", "it gives `value` twice"],
    ["query: a\nvalu: b", "`valu:` is no part of it; did you mean `value:`?"],
  ])("%j: %s", (text, problem) => {
    expect(read(text)).toBe(problem);
  });
});

describe("rows", () => {
  test("of one set of labels are one series, whatever their order", () => {
    const rows = [
      { labels: { a: "1", b: "2" }, time: 60, value: 2 },
      { labels: { b: "2", a: "1" }, time: 0, value: 1 },
    ];
    const verdict = toLabelledSeries(rows);
    expect(verdict.ok && verdict.series.map((one) => [[...one.times], [...one.values]])).toEqual([
      [
        [0, 60],
        [1, 2],
      ],
    ]);
  });

  test("that repeat a time are named with their labels", () => {
    const row = { labels: {}, time: 0, value: 1 };
    expect(toLabelledSeries([row, row])).toEqual({
      ok: false,
      detail: "it holds several values of a series without labels at 1970-01-01T00:00:00.000Z",
    });
  });
});

test("durations are read and written as services write them", () => {
  expect(["1m", "5m", "1h", "2d", "1w", "x"].map(readResolution)).toEqual([60, 300, 3600, 172_800, 604_800, null]);
  expect(["PT1M", "PT6H", "P1D", "P1DT1H", "PT30S", "P", "P1M"].map(readIsoDuration)).toEqual([
    60,
    21_600,
    86_400,
    90_000,
    30,
    null,
    null,
  ]);
  expect([30, 60, 900, 3600, 86_400].map(isoDuration)).toEqual(["PT30S", "PT1M", "PT15M", "PT1H", "P1D"]);
});
