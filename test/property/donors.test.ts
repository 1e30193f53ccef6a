import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preLevels } from "../../src/core/estimators/did-path.ts";
import { type DonorFit, fitDonors } from "../../src/core/estimators/donors/donors.ts";
import { type Panel, windowOf } from "../../src/core/panel/panel.ts";
import type { Scale } from "../../src/core/plan.ts";
import { noise, panelOf } from "../unit/core/generated.ts";

/** Invariances of synthetic difference-in-differences on a panel's grid (core/estimators/donors). */
interface Shape {
  readonly treated: number;
  readonly donors: number;
  readonly pre: number;
  readonly post: number;
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  treated: fc.integer({ min: 1, max: 3 }),
  donors: fc.integer({ min: 5, max: 9 }),
  pre: fc.integer({ min: 30, max: 130 }),
  post: fc.integer({ min: 4, max: 12 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});
const RUNS = { numRuns: 12 };

function rowsOf({ treated, donors, pre, post, seed }: Shape): number[][] {
  const { path, uniform } = noise(seed);
  const shared = path(pre + post, 0.8);
  return Array.from({ length: treated + donors }, (_, u) => {
    const part = 2 * uniform();
    return path(pre + post, 0.3).map((value, t) => 60 + 3 * u + part * (shared[t] ?? 0) + value);
  });
}

function fitted(rows: readonly (readonly number[])[], shape: Shape, scale: Scale = "additive"): DonorFit {
  return fitPanel(panelOf(rows, { treated: shape.treated, pre: shape.pre }), scale);
}

function fitPanel(panel: Panel, scale: Scale): DonorFit {
  const window = windowOf(panel);
  const side = (isTreated: boolean): number[] =>
    panel.treated.flatMap((treated, u) => (treated === isTreated ? [u] : []));
  const levels = preLevels(panel, window);
  const fit = fitDonors({ panel, window, treated: side(true), control: side(false), levels, scale });
  if (!fit.ok) throw new Error(fit.refusal.message);
  return fit.value;
}

function expectSame(actual: DonorFit, wanted: DonorFit, factor = 1, shift = 0): void {
  const error = Math.sqrt(wanted.variance);
  const close = 1e-6 * Math.abs(factor) * (error + Math.abs(wanted.att));
  expect(Math.abs(actual.att - factor * wanted.att - shift)).toBeLessThan(close);
  expect(Math.abs(Math.sqrt(actual.variance) - Math.abs(factor) * error)).toBeLessThan(close);
  expect(actual.doubt.dof).toBeCloseTo(wanted.doubt.dof, 4);
  expect(actual.shrinkage).toBe(wanted.shrinkage);
}

describe("a mix of donors on a panel", () => {
  it("does not see a constant or a unit's level", () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: -40, max: 40, noNaN: true }), (shape, size) => {
        const rows = rowsOf(shape);
        const moved = rows.map((row, u) => row.map((value) => value + size + size * Math.cos(u)));
        expectSame(fitted(moved, shape), fitted(rows, shape));
      }),
      RUNS,
    );
  });

  it("scales with the outcome, and on the additive scale turns with its sign", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(1e-6, 3, 1e6), (shape, factor) => {
        const rows = rowsOf(shape);
        for (const [scale, by] of [
          ["additive", -factor],
          ["multiplicative", factor],
        ] as const) {
          const scaled = rows.map((row) => row.map((value) => by * value));
          expectSame(fitted(scaled, shape, scale), fitted(rows, shape, scale), by);
        }
      }),
      RUNS,
    );
  });

  it("on the multiplicative scale does not see in which unit each series is measured", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const rows = rowsOf(shape);
        const scaled = rows.map((row, u) => row.map((value) => (u < shape.treated ? 1 : 2 + u) * value));
        expectSame(fitted(scaled, shape, "multiplicative"), fitted(rows, shape, "multiplicative"));
      }),
      RUNS,
    );
  });

  it("does not depend on names and order of units", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const rows = rowsOf(shape);
        const turned = [...rows.slice(0, shape.treated).reverse(), ...rows.slice(shape.treated).reverse()];
        expectSame(fitted(turned, shape), fitted(rows, shape));
      }),
      RUNS,
    );
  });

  it("adds what is added to the treated units after the deploy, and nothing else changes", () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: -9, max: 9, noNaN: true }), (shape, effect) => {
        const rows = rowsOf(shape);
        const moved = rows.map((row, u) =>
          row.map((value, t) => value + (u < shape.treated && t >= shape.pre ? effect : 0)),
        );
        expectSame(fitted(moved, shape), fitted(rows, shape), 1, effect);
      }),
      RUNS,
    );
  });

  it("gives a planted effect back exactly where the treated unit is the donors' mean", () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0.5, max: 9, noNaN: true }), (shape, effect) => {
        const rows = rowsOf({ ...shape, treated: 1 });
        const donors = rows.slice(1);
        const { normal } = noise(shape.seed + 1);
        const own = Array.from({ length: shape.pre + shape.post }, () => 1e-6 * normal());
        const mean = (t: number): number => donors.reduce((sum, row) => sum + (row[t] ?? 0), 0) / donors.length;
        const mixed = own.map((tiny, t) => 17 + mean(t) + tiny + (t >= shape.pre ? effect : 0));
        const fit = fitted([mixed, ...donors], { ...shape, treated: 1 });
        expect(fit.att).toBeCloseTo(effect, 3);
      }),
      RUNS,
    );
  });

  it("gives the same bytes twice and leaves its input alone", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const panel = panelOf(rowsOf(shape), { treated: shape.treated, pre: shape.pre });
        const before = structuredClone(panel);
        const bytes = (): string => JSON.stringify({ ...fitPanel(panel, "additive"), table: null, spaces: null });
        expect(bytes()).toBe(bytes());
        expect(panel).toEqual(before);
      }),
      RUNS,
    );
  });
});
