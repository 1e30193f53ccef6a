import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { assignmentSpace } from "../../../../src/core/inference/assignment-space.ts";
import { placebosInTime, placebosInUnit } from "../../../../src/core/inference/placebos.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import {
  type ChangesDesign,
  type Randomization,
  randomizeChanges,
} from "../../../../src/core/inference/randomization.ts";

function randomized(design: Partial<ChangesDesign>, statistic: "difference" | "welch"): Randomization {
  const base = { changes: new Float64Array(0), treated: [], strata: null, seed: 5 };
  const outcome = randomizeChanges({ ...base, ...design }, statistic);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

const HAND = { changes: Float64Array.of(5, 4, 1, 0, 2), treated: [true, true, false, false, false] };

describe("randomization by hand", () => {
  it("counts the observed assignment and its ties among all ten", () => {
    const found = randomized(HAND, "difference");
    // 4.5 against 1; no other pair has a mean difference as large
    expect(found.estimate).toBe(3.5);
    expect(found.assignments).toBe(10);
    expect(found.test(0)).toEqual({ statistic: 3.5, extreme: 1, pTwoSided: 0.1, pUpper: 0.1, pLower: 1 });
  });

  it("inverts to the effects whose shift makes another assignment as extreme", () => {
    const { low, high } = randomized(HAND, "difference").interval(0.15);
    for (const b of [low + 1e-9, high - 1e-9])
      expect(randomized(HAND, "difference").test(b).pTwoSided).toBeGreaterThan(0.15);
    for (const b of [low - 1e-9, high + 1e-9])
      expect(randomized(HAND, "difference").test(b).pTwoSided).toBeLessThanOrEqual(0.15);
  });

  it("takes assignments within strata only", () => {
    const members: number[][] = [];
    const space = assignmentSpace([true, false, false, true, false], Int32Array.of(0, 0, 1, 1, 1), 1);
    space.forEach((one) => {
      members.push([...one]);
    });
    expect(space).toMatchObject({ count: 6, exact: true, smallestP: 1 / 6 });
    expect(members).toEqual([
      [0, 2],
      [0, 3],
      [0, 4],
      [1, 2],
      [1, 3],
      [1, 4],
    ]);
  });

  it("draws when there are too many, the same for the same seed", () => {
    const treated = Array.from({ length: 40 }, (_, i) => i < 20);
    const random = randomStream(2);
    const changes = Float64Array.from(treated, (one) => random.next() + (one ? 5 : 0));
    const run = (seed: number) => randomized({ changes, treated, seed }, "welch").test(0);
    expect(randomized({ changes, treated }, "welch").exact).toBe(false);
    expect(run(1)).toEqual(run(1));
    expect(run(1).pTwoSided).toBeGreaterThanOrEqual(1 / 10_000);
    expect(run(1).pTwoSided).toBeLessThan(0.01);
  });
});

describe("invariances", () => {
  const changes = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 6, maxLength: 8 });

  it.each(["difference", "welch"] as const)("%s: constants, units, swapped sides, order", (statistic) => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 2, max: 3 }), (values, count) => {
        // distinct enough to be apart by more than a tie
        const x = values.map((value, i) => value + i * 1.37);
        const treated = x.map((_, i) => i < count);
        const p = (y: readonly number[], groups = treated) =>
          randomized({ changes: Float64Array.from(y), treated: groups }, statistic).test(0).pTwoSided;
        const base = p(x);
        expect(p(x.map((value) => 3 + value))).toBeCloseTo(base, 12);
        expect(p(x.map((value) => -1e-6 * value))).toBeCloseTo(base, 12);
        expect(
          p(
            x,
            treated.map((one) => !one),
          ),
        ).toBeCloseTo(base, 12);
        expect(p([...x].reverse(), [...treated].reverse())).toBeCloseTo(base, 12);
      }),
      { numRuns: 20 },
    );
  });

  it("does not reject the planted effect and leaves its input alone", () => {
    const changesOnce = Float64Array.of(3.1, 2.9, 3, 0.1, -0.1, 0, 0.05);
    const copy = Float64Array.from(changesOnce);
    const found = randomized(
      { changes: changesOnce, treated: [true, true, true, false, false, false, false] },
      "welch",
    );
    expect(found.test(3).pTwoSided).toBeGreaterThan(0.5);
    expect(found.test(0).pTwoSided).toBeCloseTo(1 / 35, 12);
    expect(changesOnce).toEqual(copy);
  });
});

describe("placebos", () => {
  it("in time use rows before the deploy only", () => {
    const rows = [0, 1].flatMap((u) => [0, 1, 2, 3, 4].map((t) => ({ u, t, y: u === 0 ? t * t : 100 })));
    const panel = {
      unit: Int32Array.from(rows, ({ u }) => u),
      time: Float64Array.from(rows, ({ t }) => t),
      outcome: Float64Array.from(rows, ({ u, t, y }) => (u === 0 && t === 4 ? 1e6 : y)),
      treated: [true, false],
      date: 4,
    };
    // squares: mean(1, 4, 9) - 0 and mean(4, 9) - mean(0, 1)
    expect(placebosInTime(panel, [1, 2]).map(({ estimate: one }) => one)).toEqual([14 / 3, 6]);
  });

  it("in units leave the treated out and need two controls", () => {
    const found = placebosInUnit(Float64Array.of(9, 1, 2, 6), [true, false, false, false]);
    expect(found.ok && found.value).toMatchObject({ estimates: [-3, -1.5, 4.5], rankP: 1 / 4 });
    const few = placebosInUnit(Float64Array.of(9, 1), [true, false]);
    expect(few.ok ? null : few.refusal.code).toBe("TOO_FEW_UNITS");
  });
});

describe("--estimator permutation", () => {
  const random = randomStream(4);
  const rows = Array.from({ length: 72 }, (_, i) => ({ u: Math.floor(i / 6), t: i % 6 }));
  const treated = (u: number): boolean => u % 3 === 0;
  const data: TidyData = {
    rows: rows.length,
    unit: rows.map(({ u }) => `web-${u}`),
    time: Float64Array.from(rows, ({ t }) => t),
    outcome: Float64Array.from(rows, ({ u, t }) => random.next() + u + (treated(u) && t > 3 ? 1 : 0)),
    treatment: Float64Array.from(rows, ({ u, t }) => Number(treated(u) && t > 3)),
    firstTreated: null,
    weights: null,
    covariates: [],
    cluster: null,
    texts: [{ name: "zone", values: rows.map(({ u }) => (u < 6 ? "a" : "b")) }],
  };
  const run = (settings: Record<string, string>, table: TidyData = data) => {
    const outcome = estimate(table, "permutation", { settings });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return outcome.value;
  };

  it("agrees with itself: beta of a balanced panel is the difference of changes", () => {
    const [difference, beta] = [run({ statistic: "difference" }), run({ statistic: "beta" })];
    expect(beta.coefficients[0]?.estimate).toBeCloseTo(difference.coefficients[0]?.estimate ?? 0, 10);
    expect(beta.coefficients[0]?.pValue).toBeCloseTo(difference.coefficients[0]?.pValue ?? 0, 12);
    expect(beta.coefficients[0]?.confLow).toBeCloseTo(difference.coefficients[0]?.confLow ?? 0, 6);
  });

  it("takes strata and lists placebos", () => {
    const found = run({ statistic: "difference", strata: "zone", placebos: "yes" });
    expect(found.details).toMatchObject({ method: "difference within zone", assignments: 225 });
    expect(found.details.placebos).toMatchObject({ inTime: [{ date: 1 }, { date: 2 }, { date: 3 }] });
  });

  it("refuses a cluster in two strata and assignments that cannot reach the level", () => {
    const mixed = { ...data, texts: [{ name: "zone", values: rows.map(({ t }) => `z${t}`) }] };
    const own = { ...data, texts: [{ name: "zone", values: rows.map(({ u }) => `z${u >> 1}`) }] };
    const code = (table: TidyData): string | null => {
      const outcome = estimate(table, "permutation", { settings: { statistic: "difference", strata: "zone" } });
      return outcome.ok ? null : outcome.refusal.code;
    };
    expect(code(mixed)).toBe("NOT_ESTIMABLE");
    expect(code(own)).toBe("TOO_FEW_CLUSTERS");
  });
});
