import { describe, expect, test } from "vitest";
import { type Effect, rankEffect, studentEffect } from "../../../../src/core/inference/effect.ts";
import type { Direction, Margin } from "../../../../src/core/plan.ts";
import type { Verdict } from "../../../../src/core/result.ts";
import { absoluteMargin, harmBounds, judge, marginP, relativeEstimate } from "../../../../src/core/verdict/judge.ts";
import { minimumDetectableEffect } from "../../../../src/core/verdict/power.ts";

function student(att: number, stdError: number, dof: number): Effect {
  return studentEffect({ att, stdError, dof, method: "precision-weighted", clusters: 5 });
}

function verdictOf(effect: Effect, direction: Direction, margin: number, alpha: number, family = 1) {
  const p = marginP(effect, direction, margin);
  const improvement = direction === "up" ? effect.pBelow(0) : effect.pAbove(0);
  const adjusted = p === null ? null : Math.min(1, family * p);
  return judge(harmBounds(effect, direction, alpha), margin, { margin: p, adjusted, improvement }, alpha);
}

/**
 * Rows made with R 4.2.2 (stats::pt, stats::qt): estimate, se, df, margin, p of
 * H0: effect <= margin, the 90 % interval and the verdict of two one-sided 5 % tests.
 */
const TABLE = [
  [-0.02, 0.01, 2, 0.02, 0.97140452079103168, -0.049199855803537237, 0.0091998558035372366, "no-impact"],
  [0, 0.01, 2, 0.02, 0.90824829046386302, -0.029199855803537237, 0.029199855803537237, "inconclusive"],
  [0.03, 0.01, 2, 0.02, 0.21132486540518713, 0.00080014419646276189, 0.059199855803537232, "inconclusive"],
  [0.06, 0.01, 2, 0.02, 0.028595479208968329, 0.030800144196462761, 0.089199855803537231, "regression"],
  [-0.02, 0.025, 2, 0.02, 0.87463432463267765, -0.092999639508843102, 0.052999639508843094, "inconclusive"],
  [0.06, 0.025, 2, 0.02, 0.1253656753673224, -0.0129996395088431, 0.13299963950884308, "inconclusive"],
  [-0.02, 0.01, 5, 0.02, 0.9948382922595842, -0.040150483733330224, 0.0001504837333302228, "no-impact"],
] as const;

describe("non-inferiority table (alpha = 0.10: 5 % per side)", () => {
  test.each(TABLE)("%d, se %d, df %d, margin %d", (estimate, se, df, margin, pHarm, low, high, verdict) => {
    const effect = student(estimate, se, df);
    const close = (a: number | null | undefined, b: number): void =>
      expect(Math.abs((a ?? Number.NaN) - b)).toBeLessThanOrEqual(1e-11 * Math.abs(b));
    close(marginP(effect, "up", margin), pHarm);
    const interval = effect.interval(0.1);
    close(interval?.low, low);
    close(interval?.high, high);
    expect(verdictOf(effect, "up", margin, 0.1).verdict).toBe<Verdict>(verdict);
  });

  test.each(TABLE)("%d, se %d, df %d mirrored: down is worse", (estimate, se, df, margin, _p, _l, _h, verdict) => {
    expect(verdictOf(student(-estimate, se, df), "down", margin, 0.1).verdict).toBe(verdict);
  });
});

describe("rules", () => {
  test("harm beyond the margin that Holm does not confirm is inconclusive with MULTIPLICITY", () => {
    const effect = student(3, 1, 50);
    expect(verdictOf(effect, "up", 0.5, 0.05)).toEqual({ verdict: "regression", codes: [] });
    expect(verdictOf(effect, "up", 0.5, 0.05, 10)).toEqual({ verdict: "inconclusive", codes: ["MULTIPLICITY"] });
  });

  test("an interval below zero is an improvement, whatever the margin", () => {
    for (const margin of [0, 0.5, 10])
      expect(verdictOf(student(-3, 1, 50), "up", margin, 0.05).verdict).toBe("improvement");
  });

  test("worse but within the margin: harm is shown, harm beyond the margin is ruled out", () => {
    expect(verdictOf(student(3, 1, 50), "up", 10, 0.05)).toEqual({
      verdict: "no-impact",
      codes: ["WORSE_BUT_WITHIN_MARGIN"],
    });
    expect(verdictOf(student(3, 1, 50), "up", 4, 0.05)).toEqual({
      verdict: "inconclusive",
      codes: ["WORSE_BUT_WITHIN_MARGIN"],
    });
  });

  test("without a margin no-impact cannot occur", () => {
    for (let att = -6; att <= 6; att += 0.05) {
      expect(verdictOf(student(att, 1, 20), "up", 0, 0.05).verdict).not.toBe("no-impact");
    }
  });

  test("as the effect grows the verdict walks improvement, no-impact, inconclusive, regression and never back", () => {
    const order: Verdict[] = ["improvement", "no-impact", "inconclusive", "regression"];
    let last = 0;
    for (let att = -10; att <= 20; att += 0.05) {
      const at = order.indexOf(verdictOf(student(att, 1, 20), "up", 5, 0.05).verdict);
      expect(at).toBeGreaterThanOrEqual(last);
      last = at;
    }
    expect(last).toBe(3);
  });

  test("a rank without an interval decides by its one-sided p alone", () => {
    expect(verdictOf(rankEffect(2, 0.04), "up", 0, 0.05).verdict).toBe("regression");
    expect(verdictOf(rankEffect(2, 0.2), "up", 0, 0.05).verdict).toBe("inconclusive");
    expect(verdictOf(rankEffect(2, 0.04), "down", 0, 0.05).verdict).toBe("improvement");
    expect(verdictOf(rankEffect(2, 0.04), "up", 3, 0.05).verdict).toBe("inconclusive");
  });
});

describe("margins", () => {
  const percent = (value: number): Margin => ({ type: "relative", value, text: `${value}` });

  test.each(["up", "down"] as const)(
    "a relative margin, %s is worse: the absolute test is the test on the relative interval",
    (direction) => {
      for (let att = -40; att <= 40; att += 0.7) {
        const effect = student(att, 3, 12);
        const [treatedPost, margin] = [100, 0.1];
        const relative = relativeEstimate(effect, treatedPost, 0.05);
        const absolute = absoluteMargin(percent(margin), direction, treatedPost) ?? Number.NaN;
        const harmLow = direction === "up" ? (relative.confLow ?? 0) : -(relative.confHigh ?? 0);
        const harmHigh = direction === "up" ? (relative.confHigh ?? 0) : -(relative.confLow ?? 0);
        const bounds = harmBounds(effect, direction, 0.05);
        expect((bounds.low ?? 0) > absolute).toBe(harmLow > margin);
        expect((bounds.high ?? 0) < absolute).toBe(harmHigh < margin);
      }
    },
  );

  test("an absolute margin is taken as it is", () => {
    expect(absoluteMargin({ type: "absolute", value: 7, text: "7" }, "up", null)).toBe(7);
  });

  test("a relative margin has no meaning without a level", () => {
    expect(absoluteMargin(percent(0.1), "up", null)).toBeNull();
    expect(absoluteMargin(percent(0.1), "up", -5)).toBeNull();
  });

  test("where down is worse a tolerated loss of everything can never be exceeded", () => {
    expect(absoluteMargin(percent(1), "down", 100)).toBe(Number.POSITIVE_INFINITY);
  });

  test("the relative effect is a fraction of the counterfactual, absent where that is not positive", () => {
    const { att, confLow, confHigh } = relativeEstimate(student(10, 60, 10), 110, 0.05);
    expect(att).toBeCloseTo(0.1, 12);
    expect(confLow).toBeLessThan(0);
    expect(confHigh).toBeNull();
  });
});

describe("smallest effect that would have been seen", () => {
  test("margin + (t_0.975 + t_0.8) se: t quantiles of 10 degrees of freedom from a table", () => {
    const mde = minimumDetectableEffect(2, 10, 1.5, 0.05, 50);
    expect(mde.absolute).toBeCloseTo(1.5 + 2 * (2.2281388519649385 + 0.8790578285505887), 10);
    expect(mde.relative).toBeCloseTo(mde.absolute / 50, 12);
    expect(mde.power).toBe(0.8);
  });

  test("a harm of that size is called a regression in four of five draws", () => {
    const { absolute } = minimumDetectableEffect(1, 1e7, 0, 0.05, null);
    expect(absolute).toBeCloseTo(1.959963984540054 + 0.8416212335729143, 5);
  });
});
