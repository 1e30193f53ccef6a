import { describe, expect, it } from "vitest";
import type { CellCounts, Grid } from "../../../../src/core/panel/cells.ts";
import { histogramQuantile, joinHistograms } from "../../../../src/core/panel/histogram.ts";
import type { Series, SeriesComponent } from "../../../../src/core/panel/series.ts";
import { unitCells } from "../../../../src/core/panel/unit-cells.ts";
import type { Kind, SliPlan } from "../../../../src/core/plan.ts";

const NAN = Number.NaN;
/** Two steps before the deploy, two after. */
const GRID: Grid = { deployedAt: 0, step: 1, first: -2, steps: 4 };

interface Part {
  readonly subgroup: string;
  readonly values: readonly number[];
  readonly component?: SeriesComponent;
  readonly le?: number;
  readonly weights?: readonly number[];
}

function cells(kind: Kind, parts: readonly Part[]): { values: number[]; weights: number[] | null } {
  const series = parts.map(({ subgroup, values, component = "value", le, weights }): Series => {
    const rows = values.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
    return {
      unit: "a",
      group: "treated",
      component,
      subgroup,
      ...(le === undefined ? {} : { le }),
      times: Float64Array.from(rows, (i) => i - 2),
      values: Float64Array.from(rows, (i) => values[i] ?? NAN),
      ...(weights === undefined ? {} : { weights: Float64Array.from(rows, (i) => weights[i] ?? NAN) }),
    };
  });
  const counts: CellCounts = { duplicates: 0, conflicts: 0, rows: 0, resets: 0, infinite: 0 };
  const sli: SliPlan = {
    id: "x",
    kind,
    direction: "up",
    role: "primary",
    margin: { type: "absolute", value: 0, text: "0" },
    ...(kind === "quantile" ? { quantile: 0.5 } : {}),
  };
  const found = unitCells({ unit: "a", treated: true, series }, sli, GRID, counts);
  return { values: [...found.values], weights: found.weights === null ? null : [...found.weights] };
}

describe("the whole of a unit with subgroups", () => {
  it("adds up counts over the subgroups that were seen", () => {
    const { values } = cells("count", [
      { subgroup: "x", values: [1, 2, NAN, NAN] },
      { subgroup: "y", values: [10, NAN, 30, NAN] },
    ]);
    expect(values).toEqual([11, 2, 30, NAN]);
  });

  it("adds up what counters gained, so that a restart of one is no fall of the whole", () => {
    const { values } = cells("counter", [
      { subgroup: "x", values: [5, 8, 2, 3] },
      { subgroup: "y", values: [100, 110, 120, 130] },
    ]);
    expect(values).toEqual([NAN, 13, 12, 11]);
  });

  it("divides summed numerators by summed denominators; an absent numerator is zero", () => {
    const { values, weights } = cells("ratio", [
      { subgroup: "x", component: "numerator", values: [1, 1, 1, 1] },
      { subgroup: "x", component: "denominator", values: [10, 10, 10, 10] },
      { subgroup: "y", component: "denominator", values: [30, NAN, 90, 0] },
    ]);
    expect(values).toEqual([1 / 40, 0.1, 0.01, 0.1]);
    expect(weights).toEqual([40, 10, 100, 10]);
  });

  it("calls a ratio unknown when the source calls a part of it so", () => {
    const series = [
      { subgroup: "x", component: "numerator", values: [1, 1, 1, 1] },
      { subgroup: "x", component: "denominator", values: [10, 10, 10, 10] },
      { subgroup: "y", component: "numerator", values: [1, Number.POSITIVE_INFINITY, 1, 1] },
      { subgroup: "y", component: "denominator", values: [10, 10, 10, 10] },
    ] as const;
    expect(cells("ratio", series).values).toEqual([0.1, NAN, 0.1, 0.1]);
  });

  it("does not move a gauge when a subgroup comes or goes", () => {
    const { values } = cells("gauge", [
      { subgroup: "slow", values: [100, 100, 110, NAN] },
      { subgroup: "fast", values: [10, 10, 10, 20] },
      { subgroup: "new", values: [NAN, NAN, 1e6, 1e6] },
    ]);
    expect(values).toEqual([55, 55, 60, 65]);
  });

  it("weighs ready-made ratios", () => {
    const { values, weights } = cells("ratio", [
      { subgroup: "x", values: [0.1, 0.1, 0.2, 0.1], weights: [30, 30, 30, 30] },
      { subgroup: "y", values: [0.5, 0.5, 0.5, 0.5], weights: [10, 10, 10, 10] },
    ]);
    // level (30 * 0.1 + 10 * 0.5)/40, and 3/4 of the rise of x
    expect(values[1]).toBeCloseTo(0.2, 12);
    expect(values[2]).toBeCloseTo(0.275, 12);
    expect(weights).toEqual([40, 40, 40, 40]);
  });

  it("takes the quantile of the joined histograms", () => {
    const bucket = (subgroup: string, le: number, count: number): Part => ({
      subgroup,
      component: "bucket",
      le,
      values: [count, count, count, count],
    });
    const { values } = cells("quantile", [
      bucket("x", 1, 4),
      bucket("x", Number.POSITIVE_INFINITY, 4),
      bucket("y", 1, 0),
      bucket("y", 2, 12),
      bucket("y", Number.POSITIVE_INFINITY, 12),
    ]);
    // ranks 4 to 16 of 16 lie between 1 and 2; rank 8 is a third of the way
    expect(values[0]).toBeCloseTo(1 + 1 / 3, 12);
  });
});

describe("joinHistograms", () => {
  it("adds equal bounds and reads others inside their bucket", () => {
    const joined = joinHistograms([
      [
        { le: 2, count: 10 },
        { le: Number.POSITIVE_INFINITY, count: 20 },
      ],
      [
        { le: 1, count: 3 },
        { le: 2, count: 5 },
        { le: Number.POSITIVE_INFINITY, count: 5 },
      ],
      [{ le: 1, count: 99 }],
    ]);
    expect(joined).toEqual([
      { le: 1, count: 8 },
      { le: 2, count: 15 },
      { le: Number.POSITIVE_INFINITY, count: 25 },
    ]);
    expect(histogramQuantile(0.5, joined)).toBeCloseTo(1 + 4.5 / 7, 12);
  });
});
