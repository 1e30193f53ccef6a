import { describe, expect, test } from "vitest";
import type { EstimateOptions } from "../../../../src/core/estimators/contract.ts";
import { type FourHistograms, histogramEffect } from "../../../../src/core/estimators/histogram/effect.ts";
import { histogramDid } from "../../../../src/core/estimators/histogram/tidy.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";

const BOUNDS = [10, 20, 30, 40, Number.POSITIVE_INFINITY];
const of = (...counts: number[]): Float64Array => Float64Array.from(counts);

describe("effect from buckets", () => {
  test("without any change in shares there is no effect, whatever the traffic", () => {
    const histograms: FourHistograms = {
      bounds: BOUNDS,
      controlPre: of(10, 30, 60, 90, 100),
      controlPost: of(20, 60, 120, 180, 200),
      treatedPre: of(5, 10, 20, 38, 40),
      treatedPost: of(50, 100, 200, 380, 400),
    };
    for (const method of ["cdf", "cic"] as const) {
      const { observed, counterfactual } = histogramEffect(histograms, [0.5, 0.9], method);
      observed.forEach((value, k) => {
        expect(counterfactual[k]).toBeCloseTo(value, 10);
      });
    }
  });

  test("changes-in-changes moves the treated as the controls moved: everything ten later", () => {
    const histograms: FourHistograms = {
      bounds: BOUNDS,
      controlPre: of(40, 80, 100, 100, 100),
      controlPost: of(0, 40, 80, 100, 100),
      treatedPre: of(20, 100, 100, 100, 100),
      treatedPost: of(0, 20, 100, 100, 100),
    };
    const { counterfactual } = histogramEffect(histograms, [0.1, 0.5], "cic");
    expect(counterfactual[0]).toBeCloseTo(15, 10);
    expect(counterfactual[1]).toBeCloseTo(23.75, 10);
  });

  test("the parallel shares by hand: 20, 100 of 100 plus -40, -40, -20 points", () => {
    const histograms: FourHistograms = {
      bounds: [10, 20, 30, Number.POSITIVE_INFINITY],
      controlPre: of(40, 80, 100, 100),
      controlPost: of(20, 60, 90, 100),
      treatedPre: of(30, 70, 100, 100),
      treatedPost: of(10, 50, 90, 100),
    };
    const { shares, counterfactual, observed } = histogramEffect(histograms, [0.5], "cdf");
    expect([...shares].map((share) => Number(share.toFixed(12)))).toEqual([0.1, 0.5, 0.9, 1]);
    expect(counterfactual[0]).toBeCloseTo(observed[0] ?? Number.NaN, 10);
  });
});

const OPTIONS: EstimateOptions = {
  vcov: null,
  ref: -1,
  control: "never",
  alpha: 0.05,
  seed: 3,
  settings: { draws: "50", probs: "0.5,0.9" },
};

/** Six units, two periods; the treated move one bucket up in the second. */
function rows(units = 6) {
  return Array.from({ length: units }, (_, u) => u).flatMap((u) =>
    [0, 1].flatMap((time) => {
      const late = u < units / 2 && time === 1;
      const counts = late ? [5, 30 + u, 70, 95, 100] : [30 + u, 70, 95, 100, 100];
      return BOUNDS.map((le, k) => ({ u, time, le, count: counts[k] ?? 0, d: late ? 1 : 0 }));
    }),
  );
}

function estimate(table = rows(), settings = OPTIONS.settings) {
  return histogramDid.estimate(
    tidyTable({
      unit: table.map(({ u }) => `u${u}`),
      time: table.map(({ time }) => time),
      outcome: table.map(({ count }) => count),
      treatment: table.map(({ d }) => d),
      numbers: { le: table.map(({ le }) => le) },
    }),
    { ...OPTIONS, settings },
  );
}

describe("histogram-did", () => {
  test("reports each quantile, the same bytes for the same seed", () => {
    const outcome = estimate();
    expect(outcome.ok && outcome.value.coefficients.map(({ term }) => term)).toEqual(["p50", "p90"]);
    expect(outcome.ok && outcome.value.coefficients[0]?.estimate).toBeCloseTo(10, 0);
    expect(JSON.stringify(estimate())).toBe(JSON.stringify(outcome));
  });

  test("a quantile beyond the highest finite bound is named, never zero", () => {
    const slow = rows().map((row) => (row.le === 40 ? { ...row, count: Math.min(row.count, 96) } : row));
    const outcome = estimate(slow, { draws: "50", probs: "0.5,0.99" });
    expect(outcome.ok && outcome.value.coefficients.map(({ term }) => term)).toEqual(["p50"]);
    expect(outcome.ok && outcome.value.notes.join(" ")).toContain("hence unknown: p99");
    const none = estimate(slow, { draws: "50", probs: "0.99" });
    expect(none.ok ? "answer" : none.refusal.code).toBe("NOT_ESTIMABLE");
  });

  const codeOf = (table: ReturnType<typeof rows>): string => {
    const outcome = estimate(table);
    return outcome.ok ? "answer" : outcome.refusal.code;
  };

  test("refuses incomplete or impossible buckets by name", () => {
    expect(codeOf(rows().filter(({ le }) => Number.isFinite(le)))).toBe("NOT_ESTIMABLE");
    expect(codeOf(rows().slice(1))).toBe("NOT_ESTIMABLE");
    expect(codeOf([...rows(), ...rows().slice(0, 1)])).toBe("DUPLICATE_ROWS");
    expect(codeOf(rows().map((row, i) => (i === 0 ? { ...row, count: -1 } : row)))).toBe("NOT_ESTIMABLE");
    expect(codeOf(rows(2))).toBe("ONE_TREATED_CLUSTER");
    const missing = estimate(rows().slice(1));
    expect(missing.ok ? "" : missing.refusal.message).toContain("Unit u0 has 4 of 5 buckets in period 0");
  });
});
