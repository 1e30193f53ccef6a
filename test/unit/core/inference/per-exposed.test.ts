import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rankEffect, studentEffect } from "../../../../src/core/inference/effect.ts";
import { type Exposed, perExposed } from "../../../../src/core/inference/per-exposed.ts";

const EFFECT = studentEffect({ att: 3, stdError: 1, dof: 10, method: "made", clusters: null });

const alike = (shares: readonly number[]): Exposed[] => shares.map((share) => ({ share, weight: 1 }));

describe("perExposed", () => {
  test("known shares divide the effect and its interval", () => {
    const interval = EFFECT.interval(0.05);
    const found = perExposed(EFFECT, alike([0.75]), alike([0.25]), 0.05);
    expect(found).toMatchObject({ effect: 6, method: "fieller" });
    expect(found.low).toBeCloseTo(2 * (interval?.low ?? 0), 12);
    expect(found.high).toBeCloseTo(2 * (interval?.high ?? 0), 12);
  });

  test("doubt about the exposure widens it, and excludes 0 exactly when the effect's interval does", () => {
    const known = perExposed(EFFECT, alike([0.7]), alike([0]), 0.05);
    const unsure = perExposed(EFFECT, alike([0.6, 0.7, 0.8]), alike([0, 0, 0]), 0.05);
    expect(unsure.effect).toBeCloseTo(known.effect, 12);
    expect((unsure.high ?? 0) - (unsure.low ?? 0)).toBeGreaterThan((known.high ?? 0) - (known.low ?? 0));
    fc.assert(
      fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (att) => {
        const effect = studentEffect({ att, stdError: 1, dof: 10, method: "made", clusters: null });
        const interval = effect.interval(0.05) ?? { low: 0, high: 0 };
        const { low, high } = perExposed(effect, alike([0.6, 0.7, 0.9]), alike([0, 0.1, 0]), 0.05);
        expect((low ?? 0) * (high ?? 0) > 0).toBe(interval.low * interval.high > 0);
      }),
    );
  });

  test("units that differ too much in exposure leave no finite interval, never a made-up one", () => {
    expect(perExposed(EFFECT, alike([1, 0.1]), alike([0, 0]), 0.05)).toMatchObject({ low: null, high: null });
  });

  test("an effect without an interval or an error stays without what it has not", () => {
    expect(perExposed(rankEffect(2, 0.1), alike([0.5]), alike([0]), 0.05)).toEqual({
      effect: 4,
      low: null,
      high: null,
      method: "scaled",
    });
    const exact = { ...EFFECT, stdError: null, interval: () => ({ low: -1, high: 7 }) };
    expect(perExposed(exact, alike([0.6, 0.9]), alike([0.25]), 0.05)).toMatchObject({
      low: -2,
      high: 14,
      method: "scaled",
    });
  });
});
