import { describe, expect, test } from "vitest";
import { exactCountEffect } from "../../../../src/core/estimators/did-exact-count.ts";
import { windowOf } from "../../../../src/core/panel/panel.ts";
import { panelOf } from "../generated.ts";

const PRE = 48;
const STEPS = 60;

/** Events of one unit: `before` and `after` spread over the first steps of each window. */
function unit(before: number, after: number): number[] {
  return Array.from({ length: STEPS }, (_, t) => (t < before || (t >= PRE && t < PRE + after) ? 1 : 0));
}

function effectOf(treated: [number, number], control: [number, number]) {
  const panel = panelOf([unit(...treated), unit(...control)], { treated: 1, pre: PRE });
  return exactCountEffect(panel, windowOf(panel), [0], [1]);
}

describe("rare counts", () => {
  test("from 0 to 5 events: a finite interval that excludes no change, and a p below 5 %", () => {
    const effect = effectOf([0, 5], [0, 0]);
    const interval = effect.interval(0.05);
    expect(effect.att).toBeCloseTo(5 / 12, 12);
    expect(interval?.low ?? 0).toBeLessThan(effect.att);
    expect(interval?.high ?? 0).toBeGreaterThan(effect.att);
    expect(Number.isFinite(interval?.high)).toBe(true);
    expect(effect.stdError).toBeNull();
  });

  test("upper bound from 0 to 0 events in all cells is positive: no events are no proof", () => {
    const interval = effectOf([0, 0], [0, 0]).interval(0.05);
    expect(interval?.low ?? 0).toBeLessThan(0);
    expect(interval?.high ?? 0).toBeGreaterThan(0);
  });

  test("p-values invert the interval: at alpha = 2 p the bound touches the threshold", () => {
    const effect = effectOf([1, 6], [2, 1]);
    const p = effect.pAbove(0) ?? 0;
    expect(effect.interval(2 * p)?.low ?? 1).toBeCloseTo(0, 6);
    const below = effect.pBelow(1) ?? 0;
    expect(effect.interval(2 * below)?.high ?? 0).toBeCloseTo(1, 6);
  });

  test("exchanging the groups mirrors effect and interval", () => {
    const [one, other] = [effectOf([1, 6], [2, 1]), effectOf([2, 1], [1, 6])];
    expect(other.att).toBeCloseTo(-one.att, 12);
    expect(other.interval(0.05)?.low ?? 0).toBeCloseTo(-(one.interval(0.05)?.high ?? 0), 10);
  });

  test("missing cells are not exposure", () => {
    const rows = [unit(1, 3), unit(1, 1)].map((row) => row.map((value, t) => (t >= 54 ? Number.NaN : value)));
    const panel = panelOf(rows, { treated: 1, pre: PRE });
    expect(exactCountEffect(panel, windowOf(panel), [0], [1]).att).toBeCloseTo(3 / 6 - 1 / 48 - 1 / 6 + 1 / 48, 12);
  });
});
