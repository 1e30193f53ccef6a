import { describe, expect, test } from "vitest";
import type { EstimateOptions } from "../../../../src/core/estimators/contract.ts";
import { changesInChanges, quantileDid } from "../../../../src/core/estimators/quantile/cic.ts";
import { cic, qdid } from "../../../../src/core/estimators/quantile/tidy.ts";
import { type TidyColumns, tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { sampleQuantile, wassersteinDistance } from "../../../../src/core/probability/sample-quantile.ts";

const OPTIONS: EstimateOptions = {
  vcov: null,
  ref: -1,
  control: "never",
  alpha: 0.05,
  seed: 7,
  settings: { probs: "0.5,0.9", draws: "50" },
};

const of = (...values: number[]): Float64Array => Float64Array.from(values).sort();

describe("changes-in-changes", () => {
  test("moves each treated outcome as the controls of its size moved", () => {
    const samples = {
      controlPre: of(1, 2, 3, 4),
      controlPost: of(10, 20, 30, 40),
      treatedPre: of(2, 3),
      treatedPost: of(25, 36),
    };
    const effect = changesInChanges(samples, [0.5, 1]);
    expect([...effect.counterfactual]).toEqual([20, 30]);
    expect(effect.att).toBeCloseTo(5.5, 12);
    expect(effect.quantileEffects).toEqual([5, 6]);
  });

  test("does not change when outcomes are transformed by an increasing function, up to that function", () => {
    const samples = {
      controlPre: of(1, 2, 3, 4),
      controlPost: of(2, 3, 5, 9),
      treatedPre: of(1, 3),
      treatedPost: of(4, 8),
    };
    const cubed = Object.fromEntries(Object.entries(samples).map(([k, v]) => [k, v.map((y) => y ** 3)]));
    const plain = changesInChanges(samples, []).counterfactual;
    expect([...changesInChanges(cubed as typeof samples, []).counterfactual]).toEqual([...plain.map((y) => y ** 3)]);
  });
});

test("a parallel shift has no quantile effect, a planted one comes back at every quantile", () => {
  const samples = {
    controlPre: of(1, 2, 5, 9),
    controlPost: of(4, 5, 8, 12),
    treatedPre: of(3, 7, 8),
    treatedPost: of(8, 12, 13),
  };
  const effect = quantileDid(samples, [0.1, 0.5, 0.9], 7);
  expect(effect.att).toBeCloseTo(2, 12);
  for (const value of effect.quantileEffects) expect(value).toBeCloseTo(2, 12);
});

test("sample quantiles at jumps", () => {
  const x = of(1, 2, 3, 4);
  expect([1, 2, 3, 7].map((type) => sampleQuantile(x, 0.5, type as 1 | 2 | 3 | 7))).toEqual([2, 2.5, 2, 2.5]);
});

test("the exact distance of unequal samples is the area between their distributions", () => {
  expect(wassersteinDistance(of(0, 1), of(0, 1, 2))).toBeCloseTo(0.5, 12);
  expect(wassersteinDistance(of(1, 4, 9), of(3, 6, 11))).toBeCloseTo(2, 12);
});

describe("estimators on a table", () => {
  const rows = Array.from({ length: 12 }, (_, u) => [0, 1].map((time) => ({ u, time }))).flat();
  const columns: TidyColumns = {
    unit: rows.map(({ u }) => `u${u}`),
    time: rows.map(({ time }) => time),
    treatment: rows.map(({ u, time }) => (u < 5 && time === 1 ? 1 : 0)),
    outcome: rows.map(({ u, time }) => u * 1.5 + time * 3 + (u < 5 && time === 1 ? 2 : 0)),
  };

  test("same seed, same bytes; another seed, other errors", () => {
    const run = (seed: number): string => JSON.stringify(qdid.estimate(tidyTable(columns), { ...OPTIONS, seed }));
    expect(run(7)).toBe(run(7));
    expect(run(8)).not.toBe(run(7));
  });

  const termsOf = (outcome: ReturnType<typeof qdid.estimate>): string[] =>
    outcome.ok ? outcome.value.coefficients.map(({ term }) => term) : [];

  test("gives one line per quantile", () => {
    const uneven = rows.map(({ u, time }, i) => (columns.outcome[i] ?? 0) + time * ((u * 7) % 5));
    const outcome = qdid.estimate(tidyTable({ ...columns, outcome: uneven }), OPTIONS);
    expect(termsOf(outcome)).toEqual(["att", "p50", "p90"]);
  });

  test("a quantile that no draw moves has no error and is named instead of shown", () => {
    const outcome = qdid.estimate(tidyTable(columns), OPTIONS);
    expect(termsOf(outcome)).not.toContain("p50");
    expect(outcome.ok && outcome.value.notes.join(" ")).toContain("without an error: p50");
  });

  const codeOf = (changed: Partial<TidyColumns>, settings = OPTIONS.settings): string => {
    const outcome = cic.estimate(tidyTable({ ...columns, ...changed }), { ...OPTIONS, settings });
    return outcome.ok ? "answer" : outcome.refusal.code;
  };

  test("refuses what has no answer", () => {
    expect(codeOf({ outcome: rows.map(() => 3) })).toBe("NO_VARIATION");
    expect(codeOf({ outcome: rows.map((_, i) => (i === 4 ? Number.POSITIVE_INFINITY : i)) })).toBe("NOT_FINITE");
    expect(codeOf({ treatment: rows.map(() => 0) })).toBe("NO_TREATED_UNITS");
    expect(codeOf({ treatment: rows.map(({ time }) => time) })).toBe("NO_CONTROL_UNITS");
    expect(codeOf({ cluster: rows.map(({ u }) => (u < 5 ? "a" : `c${u}`)) })).toBe("ONE_TREATED_CLUSTER");
    expect(codeOf({}, { probs: "0.5,1.2" })).toBe("NOT_ESTIMABLE");
  });
});
