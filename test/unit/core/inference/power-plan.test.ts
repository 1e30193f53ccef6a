import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  autoregressiveCovariances,
  exactMinimumDetectableEffect,
  serialCorrelationRobustVariance,
} from "../../../../src/core/inference/power.ts";
import {
  autoregressiveCovariance,
  listedCovariance,
  type PlannedPanel,
  plannedPower,
  plannedPowerAt,
  stepsFor,
  unitsFor,
} from "../../../../src/core/inference/power-plan.ts";
import type { Outcome } from "../../../../src/core/outcome.ts";

const GOAL = { alpha: 0.05, power: 0.8 };
const PLAN: PlannedPanel = {
  treatedUnits: 6,
  controlUnits: 18,
  preSteps: 12,
  postSteps: 6,
  covariance: autoregressiveCovariance(4, 0.6),
};

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

/** Variance of the difference-in-differences from the whole covariance matrix, cell by cell. */
function denseVariance({ treatedUnits, controlUnits, preSteps, postSteps, settleSteps = 0, covariance }: PlannedPanel) {
  const weights = [
    ...new Array<number>(preSteps).fill(-1 / preSteps),
    ...new Array<number>(settleSteps).fill(0),
    ...new Array<number>(postSteps).fill(1 / postSteps),
  ];
  let change = 0;
  weights.forEach((a, i) => {
    weights.forEach((b, j) => {
      change += a * b * covariance(Math.abs(i - j));
    });
  });
  return change * (1 / treatedUnits + 1 / controlUnits);
}

describe("plannedPower", () => {
  it("has the variance of the whole covariance matrix, for any windows and settle", () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom(-0.5, 0, 0.4, 0.95),
        (m, r, settle, rho) => {
          const plan = {
            ...PLAN,
            preSteps: m,
            postSteps: r,
            settleSteps: settle,
            covariance: autoregressiveCovariance(2, rho),
          };
          const { stdError } = value(plannedPower(plan, GOAL));
          expect(stdError ** 2 / denseVariance(plan)).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it("is the formula of Burlig and others (the one that reference case 12 proves)", () => {
    const psi = autoregressiveCovariances(12, 6, 0.6);
    const variance = serialCorrelationRobustVariance({
      units: 24,
      treatedShare: 0.25,
      preSteps: 12,
      postSteps: 6,
      variance: 4,
      preCovariance: 4 * psi.pre,
      postCovariance: 4 * psi.post,
      crossCovariance: 4 * psi.cross,
    });
    const found = value(plannedPower(PLAN, GOAL));
    expect(found.stdError).toBeCloseTo(Math.sqrt(variance), 12);
    expect(found.dof).toBe(22);
    expect(found.minimumDetectableEffect).toBeCloseTo(
      exactMinimumDetectableEffect(Math.sqrt(variance), { ...GOAL, dof: 22 }),
      10,
    );
  });

  it("finds its own minimum detectable effect with the power asked for", () => {
    const { minimumDetectableEffect } = value(plannedPower(PLAN, GOAL));
    expect(value(plannedPowerAt(PLAN, minimumDetectableEffect, 0.05))).toBeCloseTo(0.8, 9);
    expect(value(plannedPowerAt(PLAN, -minimumDetectableEffect, 0.05))).toBeCloseTo(0.8, 9);
  });

  it("refuses plans without an error or with windows that are none", () => {
    const still = plannedPower({ ...PLAN, covariance: () => 1 }, GOAL);
    expect(still.ok ? "" : still.refusal.code).toBe("NO_VARIATION");
    const empty = plannedPower({ ...PLAN, postSteps: 0 }, GOAL);
    expect(empty.ok ? "" : empty.refusal.message).toContain("postSteps is 0");
    const two = plannedPower({ ...PLAN, treatedUnits: 1, controlUnits: 1 }, GOAL);
    expect(two.ok ? "" : two.refusal.code).toBe("TOO_FEW_UNITS");
    const power = plannedPower(PLAN, { alpha: 0.05, power: 0.01 });
    expect(power.ok ? "" : power.refusal.message).toContain("0.01");
  });
});

describe("unitsFor", () => {
  it("gives the smallest number that suffices", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.constantFrom(0.1, 0.25, 0.5),
        (effect, treatedShare) => {
          const { treatedUnits: _, controlUnits: __, ...windows } = PLAN;
          const found = value(unitsFor(effect, { ...windows, treatedShare }, GOAL));
          const mdeOf = (units: number): number => {
            const treatedUnits = Math.min(Math.max(1, Math.round(treatedShare * units)), units - 1);
            return value(plannedPower({ ...PLAN, treatedUnits, controlUnits: units - treatedUnits }, GOAL))
              .minimumDetectableEffect;
          };
          const units = found.treatedUnits + found.controlUnits;
          expect(mdeOf(units)).toBeLessThanOrEqual(effect);
          if (units > 3) expect(mdeOf(units - 1)).toBeGreaterThan(effect);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("refuses when no number within the limit suffices, with what that number shows", () => {
    const { treatedUnits: _, controlUnits: __, ...windows } = PLAN;
    const found = unitsFor(0.001, { ...windows, treatedShare: 0.5 }, GOAL, 1000);
    expect(found.ok ? "" : found.refusal.code).toBe("NO_SIZE_SUFFICES");
    expect(found.ok ? 0 : Number(found.refusal.facts.minimumDetectableEffect)).toBeGreaterThan(0.1);
  });
});

describe("stepsFor", () => {
  it("looks at every length: the error may rise before it falls", () => {
    // one step on each side of a strong correlation is compared more sharply than three
    const plan = { ...PLAN, preSteps: 1, covariance: autoregressiveCovariance(1, 0.95) };
    const at = (n: number): number =>
      value(plannedPower({ ...plan, preSteps: n, postSteps: n }, GOAL)).minimumDetectableEffect;
    expect(at(3)).toBeGreaterThan(at(1));
    const effect = at(1) * 1.01;
    const found = value(stepsFor(effect, plan, GOAL, { grow: "both", most: 400 }));
    expect([found.preSteps, found.postSteps]).toEqual([1, 1]);
    let until = 1;
    while (at(until + 1) <= effect) until++;
    expect(found.until).toBe(until);
  });

  it.each(["pre", "post", "both"] as const)("finds the first length of %s that suffices", (grow) => {
    const mde = value(plannedPower({ ...PLAN, preSteps: 40, postSteps: 40 }, GOAL)).minimumDetectableEffect;
    const plan = { ...PLAN, preSteps: 40, postSteps: 40 };
    const found = value(stepsFor(1.05 * mde, plan, GOAL, { grow, most: 200 }));
    const at = (n: number): number =>
      value(plannedPower({ ...plan, preSteps: grow === "post" ? 40 : n, postSteps: grow === "pre" ? 40 : n }, GOAL))
        .minimumDetectableEffect;
    const first = Array.from({ length: 200 }, (_, i) => i + 1).find((n) => at(n) <= 1.05 * mde);
    expect(grow === "pre" ? found.preSteps : found.postSteps).toBe(first);
    expect(found.minimumDetectableEffect).toBeCloseTo(at(first ?? 0), 10);
  });

  it("refuses where the window that does not grow keeps the effect out of reach", () => {
    const plan = { ...PLAN, covariance: listedCovariance([1]) };
    // with endless steps after, 1/12 of a cell's variance before remains
    const floor = exactMinimumDetectableEffect(Math.sqrt((1 / 12) * (1 / 6 + 1 / 18)), { ...GOAL, dof: 22 });
    const found = stepsFor(0.99 * floor, plan, GOAL, { grow: "post" });
    expect(found.ok ? "" : found.refusal.code).toBe("NO_SIZE_SUFFICES");
    expect(found.ok ? 0 : Number(found.refusal.facts.minimumDetectableEffect) / floor).toBeCloseTo(1, 2);
    expect(stepsFor(0.99 * floor, plan, GOAL, { grow: "both" }).ok).toBe(true);
  });
});
