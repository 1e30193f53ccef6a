import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../../src/report/build.ts";
import { mermaidChart, plainDecimal } from "../../../src/report/charts/mermaid.ts";
import type { PathChart } from "../../../src/report/model.ts";
import { IN_PUBLIC, ON_GITHUB } from "../../surfaces/contexts.ts";
import { DOCUMENTS } from "../../surfaces/documents.ts";

function path(more: Partial<PathChart> = {}): PathChart {
  const offsets = Array.from({ length: 60 }, (_, index) => (index - 45) * 300);
  return {
    metric: "p95 latency",
    unit: "",
    offsets,
    binSeconds: 300,
    cropped: false,
    treated: offsets.map((offset) => (offset < 0 ? 1 : 1.2)),
    counterfactual: offsets.map(() => 1),
    postStart: 300,
    postEnd: 4500,
    laterDeploys: [],
    deployedAt: "2026-11-20 13:00 UTC",
    ...more,
  };
}

function scaled(chart: PathChart, factor: number): PathChart {
  const times = (values: PathChart["treated"]) => values.map((value) => (value === null ? null : value * factor));
  return { ...chart, treated: times(chart.treated), counterfactual: times(chart.counterfactual) };
}

const withGaps = path({ treated: path().treated.map((value, index) => (index % 7 === 3 ? null : value)) });
const CHARTS: readonly PathChart[] = [
  path(),
  withGaps,
  scaled(path(), 1e-9),
  scaled(path(), 3.1e12),
  scaled(path(), -4),
  scaled(path(), 0),
  path({ metric: 'a"b`c\n```\n]; %% end #1 <img> {x} --> 日本語', unit: '"' }),
  path({ metric: "" }),
  path({ metric: "end" }),
];

function source(chart: PathChart): string {
  const drawn = mermaidChart(chart);
  if (drawn === null) throw new Error("no chart");
  return drawn.source;
}

const SOURCES = [
  ...CHARTS.map(source),
  ...Object.values(DOCUMENTS).flatMap((document) =>
    [ON_GITHUB, IN_PUBLIC].flatMap((context) => buildReport(document, context).mermaid?.source ?? []),
  ),
];

/** Each version lives in its own process, because they share global state. */
function parsed(version: string, sources: readonly string[]): readonly string[] {
  const script = fileURLToPath(new URL("mermaid-parse.mjs", import.meta.url));
  const output = execFileSync(process.execPath, [script, version], {
    input: JSON.stringify(sources),
    encoding: "utf8",
    stdio: ["pipe", "pipe", "ignore"],
  });
  return JSON.parse(output.slice(output.lastIndexOf("\n@@") + 3));
}

describe.each(["mermaid", "mermaid-11-12", "mermaid-11-4", "mermaid-10"])("%s", (version) => {
  test("parses every chart, and the parser is awake", () => {
    const bad = source(path()).replace(/line \[/, "line [null, ");
    const outcomes = parsed(version, [...SOURCES, bad]);
    expect(outcomes.slice(0, -1)).toEqual(SOURCES.map(() => "ok"));
    expect(outcomes.at(-1)).not.toBe("ok");
  });
});

test("gaps are left out and said, never filled in", () => {
  const chart = mermaidChart(withGaps);
  const points = (chart?.source.match(/line \[([^\]]*)\]/)?.[1] ?? "").split(",").length;
  const missing = withGaps.treated.filter((value) => value === null).length;
  expect(points).toBe(60 - missing);
  expect(chart?.caption.join(" ")).toContain(`${missing} of 60 points are missing`);
  expect(chart?.source).not.toContain("minutes from the deploy");
});

test("too little to draw is no chart", () => {
  expect(mermaidChart(path({ treated: path().treated.map(() => null) }))).toBeNull();
  expect(mermaidChart(scaled(path(), 1e30))).toBeNull();
});

test("every chart stays small", () => {
  for (const one of SOURCES) expect(one.length).toBeLessThan(5000);
});

test("plain decimals only", () => {
  expect([plainDecimal(-0.0001, 2), plainDecimal(1.5, 3), plainDecimal(20, 0), plainDecimal(1e-7, 8)]).toEqual([
    "0",
    "1.5",
    "20",
    "0.0000001",
  ]);
});
