import { describe, expect, it } from "vitest";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { type Grouping, groupBy } from "../../../../src/core/regression/effects.ts";
import { leverages } from "../../../../src/core/regression/hat.ts";
import { leastSquares } from "../../../../src/core/regression/ols.ts";
import type { NamedColumn } from "../../../../src/core/regression/sample.ts";

const ROWS = 160;

function data() {
  const random = randomStream(11);
  const draw = (count: number): number[] => Array.from({ length: ROWS }, () => random.below(count));
  return {
    effects: [groupBy("unit", draw(9)), groupBy("time", draw(14)), groupBy("zone", draw(4))],
    x: Float64Array.from({ length: ROWS }, () => random.next()),
    y: Float64Array.from({ length: ROWS }, () => random.next()),
    weights: Float64Array.from({ length: ROWS }, () => 0.2 + random.next()),
  };
}

function dummies(effect: Grouping, from: number): NamedColumn[] {
  return Array.from({ length: effect.count - from }, (_, k) => ({
    name: `${effect.name} ${k + from}`,
    values: Float64Array.from(effect.levels, (level) => Number(level === k + from)),
  }));
}

describe.each([
  ["one set", 1],
  ["two sets", 2],
  ["three sets", 3],
] as const)("absorbing %s of effects", (_, count) => {
  it.each([true, false])("gives the slope, residuals and leverages of explicit dummies (weighted: %s)", (weighted) => {
    const { effects, x, y, weights } = data();
    const used = effects.slice(0, count);
    const common = { outcome: y, singletons: "keep" as const, ...(weighted ? { weights } : {}) };
    const absorbed = leastSquares({ ...common, columns: [{ name: "x", values: x }], effects: used });
    const explicit = leastSquares({
      ...common,
      columns: [{ name: "x", values: x }, ...used.flatMap((effect, k) => dummies(effect, k === 0 ? 0 : 1))],
      effects: [],
    });
    if (!absorbed.ok || !explicit.ok) throw new Error("not estimable");
    expect(absorbed.value.coefficients[0]).toBeCloseTo(explicit.value.coefficients[0] ?? Number.NaN, 11);
    expect(absorbed.value.parameters).toBe(explicit.value.parameters);
    expect(absorbed.value.ssr).toBeCloseTo(explicit.value.ssr, 11);
    expect(absorbed.value.bread.get(0, 0)).toBeCloseTo(explicit.value.bread.get(0, 0), 11);
    const hats = leverages(absorbed.value);
    if (count === 3) {
      expect(hats.ok).toBe(false);
      return;
    }
    const wanted = leverages(explicit.value);
    if (!hats.ok || !wanted.ok) throw new Error("no leverages");
    hats.value.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted.value[i] ?? Number.NaN, 10);
    });
  });
});

describe("collinear and missing input", () => {
  it("drops later collinear columns by name and keeps the first", () => {
    const { effects, x, y } = data();
    const unit = effects[0];
    if (!unit) throw new Error("no unit");
    const fit = leastSquares({
      outcome: y,
      columns: [
        { name: "memory", values: Float64Array.from(unit.levels, (level) => 8 * level) },
        { name: "x", values: x },
        { name: "twice x", values: x.map((value) => 2 * value) },
      ],
      effects: [unit],
      singletons: "keep",
    });
    if (!fit.ok) throw new Error(fit.refusal.message);
    expect(fit.value.terms).toEqual(["x"]);
    expect(fit.value.dropped).toEqual(["memory", "twice x"]);
  });

  it("leaves out rows with a missing value or no weight, and refuses when none is left", () => {
    const { x, y } = data();
    const holes = y.map((value, i) => (i % 10 === 0 ? Number.NaN : value));
    const weights = y.map((_, i) => Number(i % 7 !== 0));
    const columns = [{ name: "x", values: x }];
    const fit = leastSquares({ outcome: holes, columns, effects: [], weights, singletons: "keep" });
    if (!fit.ok) throw new Error(fit.refusal.message);
    expect(fit.value.n).toBe(holes.filter((value, i) => !Number.isNaN(value) && i % 7 !== 0).length);
    const none = leastSquares({ outcome: holes.map(() => Number.NaN), columns, effects: [], singletons: "keep" });
    expect(none.ok ? "answered" : none.refusal.code).toBe("NO_DATA");
    const constant = leastSquares({
      outcome: y,
      columns: [{ name: "x", values: x.map(() => 1) }],
      effects: [
        groupBy(
          "u",
          Array.from(x, () => 1),
        ),
      ],
      singletons: "keep",
    });
    expect(constant.ok ? "answered" : constant.refusal.code).toBe("NOT_ESTIMABLE");
  });
});
