import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import {
  conformalInterval,
  conformalTest,
  crossFittedTest,
  type GapPanel,
  gapEffect,
} from "../../../../src/core/estimators/conformal/block-permutation.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";

const DID = { proxy: "did", order: 1 } as const;

function simulate(effect: number, noise: number, seed = 3): GapPanel {
  const random = randomStream(seed);
  const path = Array.from({ length: 40 }, (_, t) => Math.sin(t / 3));
  const series = (level: number) => Float64Array.from(path, (value) => value + level + noise * (random.next() - 0.5));
  const treated = series(5).map((value, t) => value + (t >= 30 ? effect : 0));
  return { treated, controls: [series(1), series(2), series(3)], pre: 30 };
}

describe("conformal test", () => {
  it("by hand: a level shift of the last block is the largest of four", () => {
    const panel: GapPanel = {
      treated: Float64Array.of(0, 0, 0, 3),
      controls: [Float64Array.of(0, 0, 0, 0), Float64Array.of(0, 0, 0, 0)],
      pre: 3,
    };
    // residuals -0.75, -0.75, -0.75, 2.25
    expect(conformalTest(panel, DID, 0)).toEqual({ statistic: 2.25, pValue: 0.25 });
    expect(conformalTest(panel, DID, 3).pValue).toBe(1);
  });

  it("rejects the planted effect in about 10 % of panels, no effect in all", () => {
    const panels = Array.from({ length: 100 }, (_, seed) => simulate(2, 0.5, seed + 1));
    const rejected = (b: number): number => panels.filter((panel) => conformalTest(panel, DID, b).pValue <= 0.1).length;
    expect(rejected(2)).toBeGreaterThanOrEqual(4);
    expect(rejected(2)).toBeLessThanOrEqual(18);
    expect(rejected(0)).toBe(100);
  });

  it("has an interval of the nulls it keeps", () => {
    const panel = simulate(2, 0.5, 4);
    const { low, high } = conformalInterval(panel, DID, 0.1);
    for (const b of [low + 1e-9, high - 1e-9]) expect(conformalTest(panel, DID, b).pValue).toBeGreaterThan(0.1);
    for (const b of [low - 1e-9, high + 1e-9]) expect(conformalTest(panel, DID, b).pValue).toBeLessThanOrEqual(0.1);
  });

  it.each(["did", "sc"] as const)("%s recovers a planted effect without noise", (proxy) => {
    const { controls, pre } = simulate(0, 0.5);
    const treated = Float64Array.from({ length: 40 }, (_, t) =>
      controls.reduce((sum, one) => sum + (one[t] ?? 0) / controls.length, t >= pre ? 7 : 0),
    );
    expect(gapEffect({ treated, controls, pre }, proxy)).toBeCloseTo(7, 8);
  });

  it("does not see common paths, and did no level of the treated", () => {
    const panel = simulate(1, 0.5);
    const common = (series: Float64Array) => series.map((value, t) => value + t * t);
    const moved = { ...panel, treated: common(panel.treated), controls: panel.controls.map(common) };
    expect(conformalTest(moved, DID, 0.4).statistic).toBeCloseTo(conformalTest(panel, DID, 0.4).statistic, 9);
    const sc = { proxy: "sc", order: 2 } as const;
    expect(conformalTest(moved, sc, 0.4).statistic).toBeCloseTo(conformalTest(panel, sc, 0.4).statistic, 7);
    const raised = { ...panel, treated: panel.treated.map((value) => value + 9) };
    expect(conformalTest(raised, DID, 0.4).pValue).toBe(conformalTest(panel, DID, 0.4).pValue);
  });

  it("refuses folds that the pre window cannot hold and folds without spread", () => {
    const panel = simulate(1, 0.5);
    const code = (one: GapPanel, folds: number): string | null => {
      const outcome = crossFittedTest(one, "did", folds, 0.05);
      return outcome.ok ? null : outcome.refusal.code;
    };
    expect(code(panel, 1)).toBe("PRE_TOO_SHORT");
    expect(code(panel, 31)).toBe("PRE_TOO_SHORT");
    const flat = { treated: new Float64Array(40), controls: [new Float64Array(40), new Float64Array(40)], pre: 30 };
    expect(code(flat, 3)).toBe("NO_VARIATION");
    expect(code(panel, 3)).toBeNull();
  });
});

describe("--estimator conformal", () => {
  const table = (periods: number, noise: number): TidyData => {
    const random = randomStream(9);
    const rows = Array.from({ length: 4 * periods }, (_, i) => ({ u: Math.floor(i / periods), t: i % periods }));
    const treated = ({ u, t }: { u: number; t: number }): boolean => u === 0 && t >= periods - 3;
    return {
      rows: rows.length,
      unit: rows.map(({ u }) => `pod-${u}`),
      time: Float64Array.from(rows, ({ t }) => t),
      outcome: Float64Array.from(rows, (row) => row.u + noise * random.next() + (treated(row) && noise > 0 ? 3 : 0)),
      treatment: Float64Array.from(rows, (row) => Number(treated(row))),
      firstTreated: null,
      weights: null,
      covariates: [],
      cluster: null,
    };
  };

  it("reports p, interval, periods and placebos", () => {
    const outcome = estimate(table(30, 1), "conformal");
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    const [row] = outcome.value.coefficients;
    expect(row?.pValue).toBeLessThan(0.05);
    expect(row?.confLow).toBeGreaterThan(0);
    expect(Object.keys(outcome.value.details.periodPValues ?? {})).toEqual(["27", "28", "29"]);
    expect(outcome.value.details.placeboPValues).toHaveLength(5);
    const cross = estimate(table(30, 1), "conformal", { vcov: "cross-fitted", settings: { proxy: "sc", folds: "4" } });
    expect(cross.ok && cross.value.coefficients[0]?.dof).toBe(3);
  });

  it("refuses too few periods for the level, and series without noise", () => {
    const code = (data: TidyData): string | null => {
      const outcome = estimate(data, "conformal");
      return outcome.ok ? null : outcome.refusal.code;
    };
    expect(code(table(12, 1))).toBe("TOO_FEW_PERIODS");
    expect(code(table(30, 0))).toBe("NO_VARIATION");
  });
});
