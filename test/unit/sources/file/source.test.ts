import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FetchedSeries, SeriesQuery } from "../../../../src/sources/contract.ts";
import { SOURCES } from "../../../../src/sources/index.ts";
import { realPorts } from "../../../integration/servers/ports.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "deploy-impact-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const base: SeriesQuery = {
  sli: "latency",
  kind: "gauge",
  queries: { value: "latency" },
  unitLabel: "zone",
  groupOf: ({ zone }) => (zone === "eu" ? "treated" : zone === "us" ? "control" : null),
  from: 0,
  to: 600,
  step: 60,
};

function fetchFrom(text: string, overrides: Partial<SeriesQuery> = {}): Promise<FetchedSeries> {
  writeFileSync(join(folder, "metrics.csv"), text);
  const source = SOURCES.file?.open({ type: "file", path: "metrics.csv" }, folder);
  if (source === undefined) throw new Error("not listed");
  return source.fetchSeries({ ...base, ...overrides }, realPorts());
}

function plain({ series }: FetchedSeries): unknown[] {
  return series.map((one) => [one.unit, one.group, one.component, [...one.times], [...one.values]]);
}

describe("a file as a metric source", () => {
  test("queries name value columns, units.label names the unit column", async () => {
    const text = "time,zone,latency,errors,requests\n0,eu,1,5,100\n0,us,2,6,200\n60,eu,3,7,300\n";
    expect(plain(await fetchFrom(text))).toEqual([
      ["eu", "treated", "value", [0, 60], [1, 3]],
      ["us", "control", "value", [0], [2]],
    ]);
    const ratio = { kind: "ratio", queries: { numerator: "errors", denominator: "requests" } } as const;
    expect(plain(await fetchFrom(text, ratio))).toEqual([
      ["eu", "treated", "denominator", [0, 60], [100, 300]],
      ["us", "control", "denominator", [0], [200]],
      ["eu", "treated", "numerator", [0, 60], [5, 7]],
      ["us", "control", "numerator", [0], [6]],
    ]);
  });

  test("buckets come from a column le", async () => {
    const text = "time,zone,le,n\n0,eu,0.5,3\n0,eu,+Inf,4\n0,eu,0.1,1\n";
    const { series } = await fetchFrom(text, { kind: "quantile", queries: { bucket: "n" } });
    expect(series.map((one) => [one.le, one.values[0]])).toEqual([
      [0.1, 1],
      [0.5, 3],
      [Number.POSITIVE_INFINITY, 4],
    ]);
  });

  test("columns that stay the same within a unit are its labels", async () => {
    const text = "time,zone,tier,pod,latency\n0,x,gold,p1,1\n60,x,gold,p2,2\n0,y,free,p3,3\n60,y,free,p4,4\n";
    const byTier = await fetchFrom(text, { groupOf: ({ tier }) => (tier === "gold" ? "treated" : "control") });
    expect(byTier.series.map((one) => [one.unit, one.group])).toEqual([
      ["x", "treated"],
      ["y", "control"],
    ]);
    const byPod = await fetchFrom(text, { groupOf: ({ pod }) => (pod === undefined ? null : "treated") });
    expect(byPod).toEqual({
      series: [],
      unmatchedUnits: ["x", "y"],
      warnings: ['Columns that change within a unit cannot decide its group: "pod".'],
    });
  });

  test("a group column counts where the config has no opinion", async () => {
    const text = "time,unit,group,latency\n0,eu,control,1\n0,p,treated,2\n0,q,control,3\n0,r,spare,4\n";
    const fetched = await fetchFrom(text);
    expect(fetched.series.map((one) => [one.unit, one.group])).toEqual([
      ["eu", "treated"],
      ["p", "treated"],
      ["q", "control"],
    ]);
    expect(fetched.unmatchedUnits).toEqual(["r"]);
  });

  test("a unit whose group column changes is refused, unless the config decides", async () => {
    const text = "time,unit,group,latency\n0,p,treated,1\n60,p,control,2\n";
    await expect(fetchFrom(text)).rejects.toMatchObject({
      message: expect.stringMatching(/metrics\.csv, line 3.*"p" is "control" here/),
    });
    const decided = await fetchFrom(text, { groupOf: () => "treated" });
    expect(decided.series).toHaveLength(1);
  });

  test("only the window is read, up to the end of its last step, sorted by time", async () => {
    const text = "time,zone,latency\n659,eu,5\n660,eu,6\n-60,eu,0\n300,eu,2\n0,eu,1\n";
    expect(plain(await fetchFrom(text))).toEqual([["eu", "treated", "value", [0, 300, 659], [1, 2, 5]]]);
  });

  test("a ready-made ratio brings its weights", async () => {
    const text = "time,zone,latency,weight\n60,eu,0.5,10\n0,eu,0.25,20\n";
    const { series } = await fetchFrom(text, { kind: "ratio" });
    expect(series[0]).toMatchObject({
      times: Float64Array.of(0, 60),
      values: Float64Array.of(0.25, 0.5),
      weights: Float64Array.of(20, 10),
    });
    expect((await fetchFrom(text)).series[0]?.weights).toBeUndefined();
  });

  test("missing columns are named as the config names them", async () => {
    await expect(fetchFrom("time,region,latency\n")).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      message: expect.stringContaining("metrics.csv has no column `zone` (units.label), nor `unit`"),
    });
    await expect(fetchFrom("time,zone,latencies\n")).rejects.toMatchObject({
      code: "MISSING_COLUMN",
      message: expect.stringContaining("no column `latency`"),
      hint: expect.stringContaining('"latencies"'),
    });
    const noBounds = fetchFrom("time,zone,n\n", { kind: "quantile", queries: { bucket: "n" } });
    await expect(noBounds).rejects.toMatchObject({ code: "MISSING_COLUMN", message: expect.stringContaining("`le`") });
  });

  test("the path is relative to the config, and standard input is refused in one", () => {
    const parsed = SOURCES.file?.options.safeParse({ type: "file", path: "-" });
    expect(parsed?.error?.issues[0]?.message).toMatch(/standard input works with --panel/);
  });
});
