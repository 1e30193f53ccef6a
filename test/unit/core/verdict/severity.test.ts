import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SliResult } from "../../../../src/core/result.ts";
import { severityOf, withSeverity } from "../../../../src/core/verdict/severity.ts";
import { percent, points, sli } from "../../../surfaces/documents.ts";

const DAY = 86_400;
const slo = { target: 0.999, window: 30 * DAY };

/** A ratio of errors: `before` of all requests fail without the deploy, `after` with it. */
function errors(before: number, after: number, more: Partial<SliResult> = {}): SliResult {
  const effect = (after - before) / before;
  const base = sli({
    id: "error-rate",
    verdict: "regression",
    kind: "ratio",
    margin: points(0.05),
    level: before,
    effect: [effect, effect * 0.8, effect * 1.2],
  });
  return { ...base, ...more };
}

describe("severity by the SLO", () => {
  it("is the speed at which the budget is spent, worked by hand", () => {
    // 99.9 % over 30 days leave 43.2 minutes of full outage, 1.44 a day. 0.4 % of errors spend 5.76 a day: four times
    // as fast, so the budget is gone in 7.5 days; the deploy added 0.3 points, three times the budget.
    expect(severityOf(errors(0.001, 0.004), { slo })).toEqual({
      level: "page",
      basis: "slo",
      margins: expect.closeTo(6, 9),
      burn: {
        target: 0.999,
        window: 30 * DAY,
        errorRate: 0.004,
        rate: expect.closeTo(4, 9),
        rateAdded: expect.closeTo(3, 9),
        budgetMinutesPerDay: expect.closeTo(1.44, 9),
        spentMinutesPerDay: expect.closeTo(5.76, 9),
        spentIn: expect.closeTo(7.5 * DAY, 3),
      },
    });
  });

  it("is the same for a ratio of good events", () => {
    const good = errors(0.001, 0.004);
    const mirrored: SliResult = {
      ...good,
      direction: "down",
      baseline: { ...good.baseline, treatedPost: 0.996, counterfactualPost: 0.999 },
      estimate: good.estimate === null ? null : { ...good.estimate, att: -0.003 },
      relative: { att: -0.003 / 0.999, confLow: null, confHigh: null },
    };
    const [one, other] = [severityOf(good, { slo }), severityOf(mirrored, { slo })];
    expect(other?.level).toBe("page");
    expect(other?.burn?.rate).toBeCloseTo(one?.burn?.rate ?? 0, 9);
    expect(other?.burn?.rateAdded).toBeCloseTo(one?.burn?.rateAdded ?? 0, 9);
  });

  it.each([
    [0.0019, "ticket"],
    [0.0021, "page"],
  ])("of a share of bad events of %d is a %s: the line is twice the budget", (after, level) => {
    expect(severityOf(errors(0.0005, after), { slo })?.level).toBe(level);
  });

  it("follows the target, whatever the margin", () => {
    expect(severityOf(errors(0.001, 0.004), { slo: { ...slo, target: 0.99 } })).toMatchObject({
      level: "ticket",
      burn: { rate: expect.closeTo(0.4, 9) },
    });
  });

  it("never decreases with the harm, and is proportional to it", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.0011, max: 0.4, noNaN: true }),
        fc.double({ min: 1, max: 2, noNaN: true }),
        (after, factor) => {
          const [less, more] = [
            severityOf(errors(0.001, after), { slo }),
            severityOf(errors(0.001, after * factor), { slo }),
          ];
          expect((more?.burn?.rate ?? 0) / (less?.burn?.rate ?? 1)).toBeCloseTo(factor, 6);
          if (less?.level === "page") expect(more?.level).toBe("page");
        },
      ),
    );
  });

  it("falls back to the margin when the level after the deploy is not known, or not a share", () => {
    const unknown = errors(0.001, 0.004);
    const without = { ...unknown, baseline: { ...unknown.baseline, treatedPost: null } };
    expect(severityOf(without, { slo })).toMatchObject({ basis: "margin", burn: null });
    const beyond = { ...unknown, baseline: { ...unknown.baseline, treatedPost: 1.5 } };
    expect(severityOf(beyond, { slo })).toMatchObject({ basis: "margin", burn: null });
  });
});

describe("severity without an SLO", () => {
  const latency = (effect: number): SliResult =>
    sli({ id: "p95", verdict: "regression", margin: percent(5), level: 200, effect: [effect, effect / 2, effect * 2] });

  it.each([
    [0.06, "ticket", 1.2],
    [0.1, "ticket", 2],
    [0.124, "page", 2.48],
  ])("is the harm in margins: %d is a %s (%d margins)", (effect, level, margins) => {
    expect(severityOf(latency(effect), {})).toEqual({
      level,
      basis: "margin",
      burn: null,
      margins: expect.closeTo(margins, 9),
    });
  });

  it("is a ticket when there is nothing to measure by", () => {
    const without = { ...latency(0.5), margin: { absolute: 0, relative: null, text: "0" } };
    expect(severityOf(without, {})).toEqual({ level: "ticket", basis: "none", burn: null, margins: null });
    expect(severityOf({ ...latency(0.5), estimate: null, relative: null }, {})?.basis).toBe("none");
  });

  it("is not stated in the result, so that results without an SLO stay as they were", () => {
    expect(withSeverity(latency(0.5), {})).not.toHaveProperty("severity");
    expect(withSeverity(errors(0.001, 0.004), { slo }).severity?.level).toBe("page");
  });
});

describe("what has no severity", () => {
  it.each(["improvement", "no-impact", "inconclusive", "invalid"] as const)("%s", (verdict) => {
    expect(severityOf(errors(0.001, 0.004, { verdict }), { slo })).toBeNull();
  });

  it.each(["informational", "placebo"] as const)("an SLI with the role %s", (role) => {
    expect(severityOf(errors(0.001, 0.004, { role }), { slo })).toBeNull();
  });
});
