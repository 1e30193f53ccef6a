import { describe, expect, test } from "vitest";
import { type DidFit, fitDid } from "../../../../src/core/estimators/did.ts";
import type { Panel } from "../../../../src/core/panel/panel.ts";
import type { Scale } from "../../../../src/core/plan.ts";
import { studentTTwoSided } from "../../../../src/core/probability/student-t.ts";
import { type MadePanel, madeRows, panelOf } from "../generated.ts";

function made(seed: number, shape: MadePanel): Panel {
  return panelOf(madeRows(seed, shape), shape);
}

function fitted(panel: Panel, scale: "auto" | Scale = "auto"): DidFit {
  const fit = fitDid(panel, { scale });
  if (!fit.ok) throw new Error(fit.refusal.message);
  return fit.value;
}

function code(panel: Panel, scale: "auto" | Scale = "auto"): string {
  const fit = fitDid(panel, { scale });
  return fit.ok ? "answered" : fit.refusal.code;
}

const BASE = { treated: 1, controls: 2, pre: 48, post: 12, phi: 0.3 };

describe("what the controls know", () => {
  test("controls that differ by a factor only carry no doubt of their own: the error is the gap's, not rounding noise", () => {
    const [t = [], c = []] = madeRows(5, BASE);
    const fit = fitted(panelOf([t, c, c.map((value) => 1.37 * value)], BASE));
    expect(fit.scale).toBe("multiplicative");
    expect(fit.method).toBe("time-only");
    expect(fit.codes).toEqual(["ONE_CONTROL"]);
    expect(fit.variance).toBe(fit.time?.variance);
  });

  test("one control and several treated units: pooled changes, and both codes say so", () => {
    const fit = fitted(made(6, { ...BASE, treated: 3, controls: 1 }));
    expect(fit.method).toBe("pooled-unit-changes");
    expect(fit.codes).toEqual(["ONE_CONTROL", "UNIT_DOUBT_POOLED"]);
    expect(fit.dof).toBe(2);
  });

  test("one control and one treated unit: the gap's own past alone", () => {
    const fit = fitted(made(7, { ...BASE, controls: 1 }));
    expect(fit.method).toBe("time-only");
    expect(fit.dof).toBe(fit.time?.dof);
  });

  test("controls that move apart after the deploy widen the interval by phi and leave little more than q degrees of freedom", () => {
    const rows = madeRows(8, { ...BASE, controls: 6 });
    const apart = rows.map((row, u) =>
      row.map((value, t) => (u > 0 && t >= 48 ? value + 4 * (u % 2 === 0 ? 1 : -1) : value)),
    );
    const calm = fitted(panelOf(rows, BASE), "additive");
    const wild = fitted(panelOf(apart, BASE), "additive");
    expect(wild.phi ?? 0).toBeGreaterThan(10);
    expect(wild.variance).toBeCloseTo((wild.time?.variance ?? 0) * (wild.phi ?? 0), 12);
    expect(wild.dof).toBeGreaterThan(5);
    expect(wild.dof).toBeLessThan(5.2);
    expect(wild.variance ?? 0).toBeGreaterThan(10 * (calm.variance ?? 0));
  });

  test("a noisy control gets little weight and weights have mean 1", () => {
    const rows = madeRows(9, { ...BASE, controls: 5 });
    const loud = rows.map((row, u) => (u === 3 ? (madeRows(10, { ...BASE, sd: 20 })[0] ?? row) : row));
    const { weights } = fitted(panelOf(loud, BASE), "additive");
    expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(5, 12);
    expect(Math.min(...weights)).toBe(weights[2]);
    expect(weights[2] ?? 1).toBeLessThan(0.2 * (weights[0] ?? 0));
  });
});

describe("scale", () => {
  const sizes = { ...BASE, controls: 4, pre: 96 };
  const cycle = (t: number): number => 1 + 0.4 * Math.sin((2 * Math.PI * t) / 24);

  test("units of different size that follow one relative cycle are multiplicative", () => {
    const noise = madeRows(11, { ...sizes, level: () => 0, common: () => 0, sd: 0.02 });
    const rows = noise.map((row, u) => row.map((value, t) => 10 * 3 ** u * cycle(t) * (1 + value)));
    expect(fitted(panelOf(rows, sizes)).scale).toBe("multiplicative");
  });

  test("units that follow one absolute cycle are additive", () => {
    const noise = madeRows(12, { ...sizes, level: () => 0, common: () => 0, sd: 0.05 });
    const rows = noise.map((row, u) => row.map((value, t) => 10 * 3 ** u + 5 * cycle(t) + value));
    expect(fitted(panelOf(rows, sizes)).scale).toBe("additive");
  });

  test("treated values after the deploy take no part in the choice", () => {
    const rows = madeRows(13, sizes);
    const hit = rows.map((row, u) => row.map((value, t) => (u === 0 && t >= 96 ? 1000 * value : value)));
    expect(fitted(panelOf(hit, sizes)).scale).toBe(fitted(panelOf(rows, sizes)).scale);
  });

  test("noise-free data are fitted on the scale that explains them, and the planted effect comes back", () => {
    const shape = { treated: 1, pre: 24 };
    const relative = [2, 5, 11].map((level, u) =>
      Array.from({ length: 36 }, (_, t) => level * cycle(t) + (u === 0 && t >= 24 ? 0.7 : 0)),
    );
    const fit = fitted(panelOf(relative, shape));
    expect(fit.scale).toBe("multiplicative");
    expect(fit.method).toBe("placebo-rank");
    expect(fit.rankP).toBe(1 / 3);
    expect(fit.att).toBeCloseTo(0.7, 12);
  });

  test("a treated unit at zero does not make the multiplicative scale look calm", () => {
    const rows = madeRows(14, { ...BASE, controls: 3 }).map((row, u) =>
      u === 0 ? row.map((_, t) => (t >= 48 ? 1 : 0)) : row,
    );
    expect(fitted(panelOf(rows, BASE)).scale).toBe("additive");
  });

  test("the multiplicative scale needs positive control levels", () => {
    const rows = madeRows(15, BASE).map((row) => row.map((value) => -value));
    expect(code(panelOf(rows, BASE), "multiplicative")).toBe("SCALE_NOT_POSSIBLE");
    expect(fitted(panelOf(rows, BASE)).scale).toBe("additive");
  });
});

describe("no number instead of a wrong one", () => {
  const rows = madeRows(16, { ...BASE, controls: 4 });

  test.each([
    ["1e298", 1e298],
    ["1e160", 1e160],
    ["1e-165", 1e-165],
    ["1e-300", 1e-300],
  ])("values times %s leave the range in which squares can be computed", (_, factor) => {
    expect(
      code(
        panelOf(
          rows.map((row) => row.map((value) => value * factor)),
          BASE,
        ),
      ),
    ).toBe("NOT_ESTIMABLE");
  });

  test.each([1e90, 1e-90])("values times %d do not, and the statistic is the same", (factor) => {
    const scaled = fitted(
      panelOf(
        rows.map((row) => row.map((value) => value * factor)),
        BASE,
      ),
    );
    const plain = fitted(panelOf(rows, BASE));
    const t = (fit: DidFit): number => fit.att / Math.sqrt(fit.variance ?? Number.NaN);
    expect(t(scaled)).toBeCloseTo(t(plain), 9);
  });

  test("the same constant before and after is NO_VARIATION", () => {
    expect(
      code(
        panelOf(
          rows.map((row) => row.map(() => 7)),
          BASE,
        ),
      ),
    ).toBe("NO_VARIATION");
    expect(
      code(
        panelOf(
          rows.map((row) => row.map(() => 0)),
          BASE,
        ),
      ),
    ).toBe("NO_VARIATION");
    expect(
      code(
        panelOf(
          rows.map((row, u) => row.map(() => 0.1 * (u + 1))),
          BASE,
        ),
      ),
    ).toBe("NO_VARIATION");
  });

  test("a pre window no longer than the post window and too short for a forecast is PRE_TOO_SHORT", () => {
    expect(code(made(17, { ...BASE, pre: 11, post: 11 }))).toBe("PRE_TOO_SHORT");
    expect(code(made(17, { ...BASE, pre: 11, post: 10 }))).toBe("answered");
    expect(code(made(17, { ...BASE, pre: 12, post: 40 }))).toBe("answered");
  });

  test("groups that were never seen at the same time cannot be compared", () => {
    const split = rows.map((row, u) => row.map((value, t) => ((t % 2 === 0) === (u === 0) ? value : Number.NaN)));
    expect(code(panelOf(split, BASE))).toBe("NO_DATA");
  });

  test("a side without a unit seen before and after is refused by name", () => {
    const late = (gone: (u: number) => boolean): Panel =>
      panelOf(
        rows.map((row, u) => row.map((value, t) => (gone(u) && t < 48 ? Number.NaN : value))),
        BASE,
      );
    expect(code(late((u) => u === 0))).toBe("NO_TREATED_UNITS");
    expect(code(late((u) => u > 0))).toBe("NO_CONTROL_UNITS");
  });
});

describe("settle", () => {
  test("steps between deploy and post window change nothing that is estimated", () => {
    const shape = { ...BASE, controls: 4, settle: 5 };
    const rows = madeRows(18, shape);
    const wild = rows.map((row) => row.map((value, t) => (t >= 48 && t < 53 ? value + 1e4 * (t % 2) : value)));
    expect(fitted(panelOf(wild, shape), "additive").att).toBeCloseTo(fitted(panelOf(rows, shape), "additive").att, 9);
    expect(fitted(panelOf(wild, shape), "additive").time).toEqual(fitted(panelOf(rows, shape), "additive").time);
  });
});

/** Fixed seeds: these shares are numbers, not chances. */
describe("calibration", () => {
  const shapeOf = (i: number): MadePanel => ({
    treated: 1 + (i % 3),
    controls: 4 + (i % 5),
    pre: 60,
    post: 12,
    phi: [0, 0.3, 0.6, 0.8][i % 4] ?? 0,
  });
  const pOf = (fit: DidFit): number =>
    studentTTwoSided(fit.att / Math.sqrt(fit.variance ?? Number.NaN), fit.dof ?? Number.NaN);
  const rowsOf = Array.from({ length: 300 }, (_, i) => madeRows(20_000 + i, shapeOf(i)));

  test("alarms on 300 panels in which nothing happened stay near 5 %", () => {
    const alarms = rowsOf.filter((rows, i) => pOf(fitted(panelOf(rows, shapeOf(i)))) < 0.05).length;
    expect(alarms / 300).toBeGreaterThanOrEqual(0.01);
    expect(alarms / 300).toBeLessThanOrEqual(0.09);
  });

  test("effects of eight standard errors are found with the right sign", () => {
    let found = 0;
    for (const [i, rows] of rowsOf.entries()) {
      const shape = shapeOf(i);
      const { variance } = fitted(panelOf(rows, shape), "additive");
      const effect = 8 * Math.sqrt(variance ?? Number.NaN) * (i % 2 === 0 ? 1 : -1);
      const hit = rows.map((row, u) => row.map((value, t) => (u < shape.treated && t >= 60 ? value + effect : value)));
      const fit = fitted(panelOf(hit, shape));
      if (pOf(fit) < 0.05 && Math.sign(fit.att) === Math.sign(effect)) found++;
    }
    expect(found / 300).toBeGreaterThan(0.95);
  });
});
