import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze } from "../../../../src/core/analyze.ts";
import { describeSli } from "../../../../src/core/describe.ts";
import { fitIts, type ItsFit, type ItsOptions } from "../../../../src/core/estimators/its/fit.ts";
import type { Series } from "../../../../src/core/panel/series.ts";
import type { SliResult } from "../../../../src/core/result.ts";
import { LATENCY, type PlanChanges, planWith } from "../generated.ts";
import { type MadeDays, madeDays, treatedSeriesOf } from "../made-days.ts";

const THURSDAY = Date.UTC(2026, 2, 12, 13) / 1000;
const DAY = 86_400;
const USUAL: MadeDays = {
  step: 300,
  preDays: 8,
  post: 3600,
  units: 2,
  amplitude: 10,
  weekend: 0.5,
  phi: 0.7,
  deployedAt: THURSDAY,
};

function planOf(changes: PlanChanges = {}) {
  return planWith({
    asOf: THURSDAY + 7200,
    ...changes,
    window: { deployedAt: THURSDAY, step: 300, ...changes.window },
  });
}

function judged(series: readonly Series[], changes: PlanChanges = {}): SliResult {
  const inputs = [{ sli: LATENCY.id, series, warnings: [] }];
  const [sli] = analyze([{ plan: planOf(changes), inputs }]).slis;
  if (sli === undefined) throw new Error("no result");
  return sli;
}

function made(changes: Partial<MadeDays> = {}): Series[] {
  return treatedSeriesOf(madeDays(5, { ...USUAL, ...changes }));
}

const days = (sli: SliResult): unknown[] => (sli.designFacts?.days as unknown[] | undefined) ?? [];

describe("a deploy to everybody", () => {
  it("is compared with the same hours of earlier working days, by auto, and said to be weaker", () => {
    const sli = judged(made({ effect: 6 }));
    expect(sli).toMatchObject({ design: "its", verdict: "regression", estimator: "same-hours-of-earlier-days" });
    expect(sli.reasonCodes).toContain("WEAKER_DESIGN");
    expect(sli.inference?.detail).toBe("5 earlier working days");
    expect(days(sli)).toHaveLength(5);
    expect(Math.abs((sli.estimate?.att ?? 0) - 6)).toBeLessThan(1.5);
    expect(sli.baseline.counterfactualPost).toBeCloseTo((sli.baseline.treatedPost ?? 0) - (sli.estimate?.att ?? 0), 9);
  });

  it("stays a refusal when the config names controls that did not come back", () => {
    expect(judged(made(), { expectsControls: true }).reasonCodes).toEqual(["NO_CONTROL_UNITS"]);
  });

  it("leaves controls out by name when it is asked for", () => {
    const [first, second] = made();
    if (first === undefined || second === undefined) throw new Error("two units");
    const sli = judged([first, { ...second, group: "control" }], { design: "its" });
    expect(sli.units.treated).toEqual(["zone-1"]);
    expect(sli.units.excluded).toEqual([{ unit: "zone-2", reason: expect.stringContaining("is not treated") }]);
  });

  it("skips a day on which another deployment falls into these hours, not the days before it", () => {
    const other = (at: number) => ({ id: String(at), environment: "production", sha: "a", deployedAt: at });
    const otherDeployments = [other(THURSDAY - DAY + 600), other(THURSDAY - 2 * DAY + 7200)];
    const sli = judged(made(), { otherDeployments });
    expect(days(sli)).toHaveLength(4);
    expect(sli.designFacts?.daysSpoiled).toEqual(["2026-03-11"]);
    expect(sli.reasonCodes).not.toContain("PRE_SHORTENED");
  });

  it("uses the time just before where there are fewer than three earlier days, and says so", () => {
    const sli = judged(made({ preDays: 1, effect: 30 }));
    expect(sli.reasonCodes).toEqual(expect.arrayContaining(["WEAKER_DESIGN", "NO_EARLIER_DAYS"]));
    expect(sli).toMatchObject({ estimator: "level-change", verdict: "regression" });
    expect(sli.checks.find(({ id }) => id === "usual-day")?.passed).toBeNull();
  });

  it("refuses less than two post windows of history, and inference that compares units", () => {
    expect(judged(made({ preDays: 1 / 24 })).reasonCodes).toEqual(["PRE_TOO_SHORT"]);
    expect(judged(made(), { inference: "cr2" }).reasonCodes).toEqual(["NOT_ESTIMABLE"]);
  });

  it("is invalid on a day that was unusual before the deploy", () => {
    const drifted = made().map((one) => ({
      ...one,
      values: one.values.map((value, t) => value + Math.max(0, 1 + ((one.times[t] ?? 0) - THURSDAY) / 7200) * 12),
    }));
    const sli = judged(drifted);
    expect(sli.verdict).toBe("invalid");
    expect(sli.reasonCodes[0]).toBe("UNUSUAL_DAY");
  });

  it("gives counts that never happened before an exact interval", () => {
    const [first] = made({ units: 1 });
    if (first === undefined) throw new Error("one unit");
    const values = first.values.map((_, t) => Number((first.times[t] ?? 0) >= THURSDAY && t % 3 === 0));
    const count = { ...LATENCY, kind: "count" } as const;
    const inputs = [{ sli: count.id, series: [{ ...first, values }], warnings: [] }];
    const [sli] = analyze([{ plan: planOf({ slis: [count] }), inputs }]).slis;
    expect(sli?.inference?.method).toBe("exact-poisson");
    expect(sli?.estimate?.confLow).toBeGreaterThan(0);
  });

  it("is described by validate with what it would rather have", () => {
    const description = describeSli(planOf(), LATENCY, { sli: LATENCY.id, series: made({ preDays: 2 }), warnings: [] });
    expect(description.problems.map(({ code }) => code)).toEqual(["WEAKER_DESIGN", "PRE_TOO_SHORT"]);
    expect(description.noise).toBeGreaterThan(0);
    const week = describeSli(planOf(), LATENCY, { sli: LATENCY.id, series: made(), warnings: [] });
    expect(week.problems.map(({ code }) => code)).toEqual(["WEAKER_DESIGN"]);
    expect(week.proposedMargin?.absolute).toBeGreaterThan(0);
  });
});

describe("invariances of the estimate without controls", () => {
  const RUNS = { numRuns: 12 };
  const shape = fc.record({ seed: fc.nat(1000), preDays: fc.constantFrom(1, 5), phi: fc.constantFrom(0, 0.8) });

  function fitted(values: Float64Array, preDays: number, scale: ItsOptions["scale"] = "additive"): ItsFit {
    const preEnd = preDays * 96;
    const outcome = fitIts(
      { values, weights: null, step: 900, deployedAt: THURSDAY },
      { preEnd, postStart: preEnd + 1, end: values.length },
      { scale, leadLimit: preEnd, recentFrom: 0, skips: () => false, keepStill: false },
    );
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return outcome.value;
  }

  function valuesOf({ seed, preDays, phi }: { seed: number; preDays: number; phi: number }): Float64Array {
    const series = madeDays(seed, {
      step: 900,
      preDays,
      post: 7200,
      settle: 900,
      amplitude: 4,
      phi,
      deployedAt: THURSDAY,
    });
    return series.rows[0] ?? new Float64Array(0);
  }

  it("does not see a constant, scales with the outcome, and turns with its sign", () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(-2, 1e-3, 40), (one, factor) => {
        const values = valuesOf(one);
        const plain = fitted(values, one.preDays);
        const moved = fitted(
          values.map((value) => factor * value + 1000),
          one.preDays,
        );
        expect(Math.abs(moved.att - factor * plain.att)).toBeLessThan(1e-8 * Math.abs(factor));
        expect(moved.dof).toBeCloseTo(plain.dof ?? Number.NaN, 6);
        const [a, b] = [Math.sqrt(moved.variance ?? 0), Math.abs(factor) * Math.sqrt(plain.variance ?? 0)];
        expect(Math.abs(a - b)).toBeLessThan(1e-6 * b);
      }),
      RUNS,
    );
  });

  it("adds what is added after the deploy to the effect and nothing to its error", () => {
    fc.assert(
      fc.property(shape, fc.double({ min: -9, max: 9, noNaN: true }), (one, effect) => {
        const values = valuesOf(one);
        const before = Float64Array.from(values);
        const plain = fitted(values, one.preDays);
        const moved = fitted(
          values.map((value, t) => value + (t > one.preDays * 96 ? effect : 0)),
          one.preDays,
        );
        expect(moved.att - plain.att).toBeCloseTo(effect, 9);
        expect(moved.variance).toBe(plain.variance);
        expect(values).toEqual(before);
      }),
      RUNS,
    );
  });

  it("takes a course that every day repeats out whole", () => {
    fc.assert(
      fc.property(shape, fc.double({ min: 1, max: 50, noNaN: true }), (one, height) => {
        const values = valuesOf({ ...one, preDays: 5 });
        const plain = fitted(values, 5);
        const wave = values.map((value, t) => value + height * Math.sin((2 * Math.PI * t) / 96) ** 3);
        const moved = fitted(wave, 5);
        expect(moved.att).toBeCloseTo(plain.att, 8);
        expect(moved.variance).toBeCloseTo(plain.variance ?? Number.NaN, 8);
      }),
      RUNS,
    );
  });
});
