import { describe, expect, test } from "vitest";
import type { LabelledSeries } from "../../../src/sources/labelled-series.ts";
import { toUnitSeries } from "../../../src/sources/units.ts";

const rule = { unitLabel: "zone", byLabel: "endpoint", groupOf: () => "treated" as const };

function entry(labels: Record<string, string>, value: number): LabelledSeries {
  return { labels, times: Float64Array.of(60), values: Float64Array.of(value) };
}

function read(entries: readonly LabelledSeries[], component: "value" | "bucket" = "value") {
  return toUnitSeries({ component, what: "the query of SLI x", pieces: [entries] }, rule);
}

describe("subgroups of a unit", () => {
  test("are one series each; without the label the subgroup has an empty name", () => {
    const { series } = read([
      entry({ zone: "eu", endpoint: "/a" }, 1),
      entry({ zone: "eu", endpoint: "/b" }, 2),
      entry({ zone: "eu" }, 3),
    ]);
    expect(series.map(({ unit, subgroup, values }) => [unit, subgroup, values[0]])).toEqual([
      ["eu", "/a", 1],
      ["eu", "/b", 2],
      ["eu", "", 3],
    ]);
  });

  test("have their own buckets", () => {
    const { series } = read(
      [
        entry({ zone: "eu", endpoint: "/a", le: "1" }, 1),
        entry({ zone: "eu", endpoint: "/a", le: "+Inf" }, 2),
        entry({ zone: "eu", endpoint: "/b", le: "1" }, 3),
      ],
      "bucket",
    );
    expect(series.map(({ subgroup, le }) => [subgroup, le])).toEqual([
      ["/a", 1],
      ["/a", Number.POSITIVE_INFINITY],
      ["/b", 1],
    ]);
  });

  test("need the label on some series", () => {
    expect(() => read([entry({ zone: "eu", path: "/a" }, 1)])).toThrow(/no label `endpoint`; they have: \w+, \w+/);
  });

  test("are one series per unit and subgroup", () => {
    const twice = [
      entry({ zone: "eu", endpoint: "/a", pod: "1" }, 1),
      entry({ zone: "eu", endpoint: "/a", pod: "2" }, 2),
    ];
    expect(() => read(twice)).toThrow(/several series for zone "eu"/);
  });
});
