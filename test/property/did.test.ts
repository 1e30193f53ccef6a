import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { analyze } from "../../src/core/analyze.ts";
import type { Series } from "../../src/core/panel/series.ts";
import type { Scale, SliPlan } from "../../src/core/plan.ts";
import type { Analysis, SliResult, Verdict } from "../../src/core/result.ts";
import { LATENCY, type MadePanel, madeRows, planWith, seriesOf } from "../unit/core/generated.ts";

const RUNS = { numRuns: 12, seed: 20260731 };

/** A made panel: seed and shape. */
const panels = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  treated: fc.integer({ min: 1, max: 3 }),
  controls: fc.integer({ min: 2, max: 6 }),
  pre: fc.integer({ min: 24, max: 60 }),
  post: fc.integer({ min: 4, max: 14 }),
  phi: fc.constantFrom(0, 0.4, 0.8),
  effect: fc.constantFrom(0, 0, 1, -4),
});
type Made = MadePanel & { readonly seed: number };

type Rows = readonly (readonly number[])[];
const seriesFrom = (rows: Rows, made: Made): Series[] => seriesOf(rows, { treated: made.treated, pre: made.pre });

function analysisOf(series: readonly Series[], scale: "auto" | Scale = "auto", sli: Partial<SliPlan> = {}): Analysis {
  const plan = planWith({ scale, slis: [{ ...LATENCY, ...sli }] });
  return analyze([{ plan, inputs: [{ sli: LATENCY.id, series, warnings: [] }] }]);
}

function sliOf(series: readonly Series[], scale: "auto" | Scale = "auto", sli: Partial<SliPlan> = {}): SliResult {
  const [result] = analysisOf(series, scale, sli).slis;
  if (result === undefined) throw new Error("no result");
  return result;
}

/** Numbers of an estimate that agree to eight digits of its standard error. */
function expectSame(actual: SliResult, expected: SliResult, factor = 1): void {
  const se = expected.estimate?.stdError ?? 1;
  for (const key of ["att", "stdError", "confLow", "confHigh"] as const) {
    const [a, e] = [actual.estimate?.[key] ?? Number.NaN, (expected.estimate?.[key] ?? Number.NaN) * factor];
    expect(Math.abs(a - e), `${key}: ${a} is not ${e}`).toBeLessThanOrEqual(
      1e-7 * Math.abs(factor) * (se + Math.abs(e)),
    );
  }
  expect(actual.estimate?.pValue).toBeCloseTo(expected.estimate?.pValue ?? Number.NaN, 6);
  expect(actual.inference?.method).toBe(expected.inference?.method);
}

const mapRows = (rows: Rows, change: (value: number, u: number, t: number) => number): number[][] =>
  rows.map((row, u) => row.map((value, t) => change(value, u, t)));

describe("changes nothing", () => {
  test("a constant, a unit effect or a time effect on the additive scale", () => {
    fc.assert(
      fc.property(panels, fc.integer({ min: -500, max: 500 }), (made, shift) => {
        const rows = madeRows(made.seed, made);
        const expected = sliOf(seriesFrom(rows, made), "additive");
        const constant = mapRows(rows, (value) => value + shift);
        const unit = mapRows(rows, (value, u) => value + shift * ((u * 7) % 5));
        const time = mapRows(rows, (value, _, t) => value + shift * Math.sin(t / 3));
        for (const other of [constant, unit, time]) expectSame(sliOf(seriesFrom(other, made), "additive"), expected);
      }),
      RUNS,
    );
  });

  test("a common factor path on the multiplicative scale moves no test of the past", () => {
    fc.assert(
      fc.property(panels, (made) => {
        // Noise-free apart from the path: what a common factor must leave exact is a planted proportional effect.
        const path = (t: number): number => 2 + Math.sin(t / 5) + 0.01 * t;
        const rows = madeRows(made.seed, { ...made, sd: 0, common: () => 0, effect: 0 });
        const moved = mapRows(rows, (value, u, t) => value * path(t) + (u < made.treated && t >= made.pre ? 3 : 0));
        const sli = sliOf(seriesFrom(moved, made), "multiplicative");
        expect(sli.estimate?.att).toBeCloseTo(3, 9);
        expect(sli.inference?.method).toBe("placebo-rank");
      }),
      RUNS,
    );
  });

  test("reordering units, series and rows: the same text", () => {
    fc.assert(
      fc.property(panels, fc.integer({ min: 1, max: 1000 }), (made, salt) => {
        const series = seriesFrom(madeRows(made.seed, made), made);
        const key = (i: number): number => (i * 7919 + salt * 104729) % 1013;
        const order = (n: number): number[] =>
          Array.from({ length: n }, (_, i) => i).sort((a, b) => key(a) - key(b) || a - b);
        const mixed = order(series.length).map((s) => {
          const one = series[s] as Series;
          const rows = order(one.times.length);
          const pick = (x: Float64Array): Float64Array => Float64Array.from(rows, (i) => x[i] as number);
          return { ...one, times: pick(one.times), values: pick(one.values) };
        });
        const text = (all: readonly Series[]): string =>
          JSON.stringify(analysisOf(all), (name, value) => (name === "raw" ? null : value));
        expect(text(mixed)).toBe(text(series));
      }),
      RUNS,
    );
  });

  test("renaming units, but for the names", () => {
    fc.assert(
      fc.property(panels, (made) => {
        const series = seriesFrom(madeRows(made.seed, made), made);
        const renamed = series.map((one, u) => ({ ...one, unit: `unit-${(u * 37) % 101}` }));
        const [actual, expected] = [sliOf(renamed), sliOf(series)];
        expectSame(actual, expected);
        expect(actual.verdict).toBe(expected.verdict);
        expect(actual.reasonCodes).toEqual(expected.reasonCodes);
        expect(actual.units.treated).toEqual(
          renamed.flatMap((one) => (one.group === "treated" ? [one.unit] : [])).sort(),
        );
      }),
      RUNS,
    );
  });
});

describe("moves with the data", () => {
  test("scaling scales effect, error and interval, on either scale", () => {
    fc.assert(
      fc.property(panels, fc.constantFrom(1e-6, 0.37, 3, 1e9), (made, factor) => {
        const rows = madeRows(made.seed, made);
        for (const scale of ["additive", "multiplicative", "auto"] as const) {
          const expected = sliOf(seriesFrom(rows, made), scale);
          const scaled = sliOf(
            seriesFrom(
              mapRows(rows, (value) => value * factor),
              made,
            ),
            scale,
          );
          expectSame(scaled, expected, factor);
          expect(scaled.scale).toBe(expected.scale);
          expect(scaled.relative?.att).toBeCloseTo(expected.relative?.att ?? Number.NaN, 8);
        }
      }),
      RUNS,
    );
  });

  test("an effect added to the treated adds to the att and leaves the error alone", () => {
    fc.assert(
      fc.property(panels, fc.integer({ min: -50, max: 50 }), (made, more) => {
        const rows = madeRows(made.seed, made);
        const hit = mapRows(rows, (value, u, t) => value + (u < made.treated && t >= made.pre ? more : 0));
        const [before, after] = [sliOf(seriesFrom(rows, made), "additive"), sliOf(seriesFrom(hit, made), "additive")];
        if (before.inference?.method === "pooled-unit-changes") return;
        expect((after.estimate?.att ?? Number.NaN) - (before.estimate?.att ?? Number.NaN)).toBeCloseTo(more, 7);
        expect(after.estimate?.stdError).toBeCloseTo(before.estimate?.stdError ?? Number.NaN, 7);
      }),
      RUNS,
    );
  });

  test("turning sign and direction together keeps the verdict; turning one swaps harm and relief", () => {
    const swapped: Record<Verdict, Verdict> = {
      regression: "improvement",
      improvement: "regression",
      "no-impact": "no-impact",
      inconclusive: "inconclusive",
      invalid: "invalid",
    };
    fc.assert(
      fc.property(panels, fc.constantFrom(0, 0.5, 3), (made, value) => {
        const margin = { type: "absolute", value, text: `${value}` } as const;
        const rows = madeRows(made.seed, made);
        const up = sliOf(seriesFrom(rows, made), "additive", { margin });
        const mirrored = sliOf(
          seriesFrom(
            mapRows(rows, (x) => -x),
            made,
          ),
          "additive",
          { margin, direction: "down" },
        );
        expect(mirrored.verdict).toBe(up.verdict);
        expect(mirrored.estimate?.pMargin).toBeCloseTo(up.estimate?.pMargin ?? Number.NaN, 9);
        if (value !== 0) return;
        expect(sliOf(seriesFrom(rows, made), "additive", { direction: "down" }).verdict).toBe(swapped[up.verdict]);
      }),
      RUNS,
    );
  });

  test("in noise-free data on a common path the planted effect comes back exactly", () => {
    fc.assert(
      fc.property(panels, fc.integer({ min: 1, max: 40 }), (made, effect) => {
        const rows = madeRows(made.seed, { ...made, sd: 0, effect, common: (t) => 8 * Math.sin(t / 4) });
        const sli = sliOf(seriesFrom(rows, made), "additive");
        expect(sli.estimate?.att).toBeCloseTo(effect, 9);
        expect(sli.estimate?.pValue).toBeCloseTo(1 / (1 + Math.floor(made.pre / made.post)), 11);
      }),
      { ...RUNS, numRuns: 25 },
    );
  });
});
