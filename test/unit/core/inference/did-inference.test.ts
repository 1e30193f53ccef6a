import { describe, expect, it } from "vitest";
import { type DidPanel, didInference } from "../../../../src/core/inference/did-inference.ts";
import { permutationInference } from "../../../../src/core/inference/permutation.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { welchTest } from "../../../../src/core/inference/two-sample.ts";
import { mean } from "../../../../src/core/linalg/kernels.ts";

const PRE = 12;
const STEPS = 20;

function panel(treated: number, controls: number, change: Partial<DidPanel> = {}): DidPanel {
  const random = randomStream(7);
  const units = treated + controls;
  return {
    values: Float64Array.from({ length: units * STEPS }, () => random.next()),
    units,
    steps: STEPS,
    treated: Array.from({ length: units }, (_, unit) => unit < treated),
    clusters: Array.from({ length: units }, (_, unit) => unit),
    pre: Array.from({ length: PRE }, (_, t) => t),
    post: Array.from({ length: STEPS - PRE }, (_, t) => PRE + t),
    ...change,
  };
}

function codeOf(outcome: ReturnType<typeof didInference> | ReturnType<typeof permutationInference>): string {
  return outcome.ok ? "answered" : outcome.refusal.code;
}

describe("didInference", () => {
  it("cr2 on a balanced panel is Welch's error of the unit changes", () => {
    const data = panel(3, 5);
    const changes = Array.from({ length: data.units }, (_, unit) => {
      const row = data.values.subarray(unit * STEPS, (unit + 1) * STEPS);
      return mean(row.subarray(PRE)) - mean(row.subarray(0, PRE));
    });
    const welch = welchTest(Float64Array.from(changes.slice(0, 3)), Float64Array.from(changes.slice(3)), 0.05);
    const outcome = didInference("cr2", data);
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    expect(outcome.value.att).toBeCloseTo(welch.estimate, 12);
    expect(outcome.value.stdError).toBeCloseTo(welch.stdError, 12);
  });

  it.each(["cr1", "cr2", "cr3"] as const)("%s refuses one treated cluster and one control cluster by name", (name) => {
    expect(codeOf(didInference(name, panel(1, 6)))).toBe("ONE_TREATED_CLUSTER");
    expect(codeOf(didInference(name, panel(3, 4, { clusters: [0, 0, 0, 1, 2, 3, 4] })))).toBe("ONE_TREATED_CLUSTER");
    expect(codeOf(didInference(name, panel(3, 3, { clusters: [0, 1, 2, 3, 3, 3] })))).toBe("TOO_FEW_CLUSTERS");
  });

  it.each(["cr1", "cr2", "cr3", "hc1", "newey-west"] as const)("%s refuses series without variation", (name) => {
    expect(codeOf(didInference(name, panel(3, 4, { values: new Float64Array(7 * STEPS).fill(0.3) })))).toBe(
      "NO_VARIATION",
    );
  });

  it("counts only units with data on both sides", () => {
    const data = panel(2, 4);
    const values = Float64Array.from(data.values);
    values.fill(Number.NaN, 0, PRE);
    expect(codeOf(didInference("cr1", { ...data, values }))).toBe("ONE_TREATED_CLUSTER");
    values.fill(Number.NaN, STEPS, STEPS + PRE);
    expect(codeOf(didInference("hc1", { ...data, values }))).toBe("NO_TREATED_UNITS");
  });
});

describe("permutationInference", () => {
  const base = { alpha: 0.05, seed: 1 };
  const treated = (k: number, n: number): boolean[] => Array.from({ length: n }, (_, i) => i < k);

  it("gives the largest share of assignments that beat the real one, ties counted", () => {
    const changes = Float64Array.of(5, 6, 7, 1, 2, 3, 1.5, 2.5);
    const outcome = permutationInference({ ...base, changes, treated: treated(3, 8) });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    expect(outcome.value.assignments).toBe(56);
    expect(outcome.value.exact).toBe(true);
    expect(outcome.value.pValue).toBeCloseTo(1 / 56, 12);
    expect(outcome.value.smallestP).toBeCloseTo(1 / 56, 12);
  });

  it("refuses when no assignment could reach alpha", () => {
    const changes = Float64Array.of(1, 2, 3, 4, 5, 7);
    expect(codeOf(permutationInference({ ...base, changes, treated: treated(3, 6) }))).toBe("TOO_FEW_CLUSTERS");
    expect(codeOf(permutationInference({ ...base, changes, treated: treated(5, 6) }))).toBe("TOO_FEW_CLUSTERS");
    expect(
      codeOf(permutationInference({ ...base, changes, treated: treated(1, 6), preSd: new Float64Array(6).fill(1) })),
    ).toBe("TOO_FEW_CLUSTERS");
  });

  it("ranks one treated cluster by its change over its own pre-window spread", () => {
    const changes = Float64Array.from({ length: 25 }, (_, i) => (i === 0 ? 2 : Math.sin(i)));
    const rank = (sd: number): number => {
      const preSd = new Float64Array(25).fill(1);
      preSd[0] = sd;
      const outcome = permutationInference({ ...base, changes, treated: treated(1, 25), preSd });
      if (!outcome.ok) throw new Error(outcome.refusal.message);
      expect(outcome.value.method).toBe("standardized-rank");
      return outcome.value.pValue;
    };
    expect(rank(1)).toBeCloseTo(1 / 25, 12);
    expect(rank(10)).toBeGreaterThan(0.5);
  });

  it("draws the same assignments for the same seed", () => {
    const changes = Float64Array.from({ length: 30 }, (_, i) => Math.sin(i * i));
    const p = (seed: number): number => {
      const outcome = permutationInference({ alpha: 0.05, seed, changes, treated: treated(10, 30) });
      if (!outcome.ok) throw new Error(outcome.refusal.message);
      expect(outcome.value.exact).toBe(false);
      return outcome.value.pValue;
    };
    expect(p(3)).toBe(p(3));
    expect(Math.abs(p(3) - p(4))).toBeLessThan(0.03);
  });
});
