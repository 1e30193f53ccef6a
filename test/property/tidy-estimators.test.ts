import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../src/app/estimate.ts";
import type { EstimateResult, TidyData } from "../../src/core/estimators/contract.ts";
import { tidyTable } from "../../src/core/estimators/tidy-table.ts";
import { buildPanel, type LongPanel, type PanelShape, panelShape, reorder } from "./panel-arbitrary.ts";

const RUNS = { numRuns: 12 };

/** An event study needs its reference period; an estimator of window means needs whole windows of equal weight. */
type Kind = "holes" | "no-holes" | "plain";

/** Long enough for a series. */
function panelOf(shape: PanelShape, kind: Kind): LongPanel {
  const holes = { holes: {}, "no-holes": { missing: 0 }, plain: { missing: 0, weighted: false } }[kind];
  return buildPanel({ ...shape, ...holes, pre: shape.pre + 4, post: shape.post + 3 });
}

function tableOf(panel: LongPanel, name: (unit: number) => string = (unit) => `u${unit}`): TidyData {
  return tidyTable({
    unit: panel.unit.map(name),
    time: panel.time,
    outcome: panel.y,
    treatment: panel.d,
    weights: panel.weights,
  });
}

function answered(id: string, panel: LongPanel, name?: (unit: number) => string): EstimateResult {
  const outcome = estimate(tableOf(panel, name), id, { alpha: 0.2 });
  if (!outcome.ok) throw new Error(`${id}: ${outcome.refusal.code} ${outcome.refusal.message}`);
  return outcome.value;
}

interface Numbers {
  readonly term: string;
  readonly estimate: number;
  readonly pValue: number;
  /** NaN for a permutation test. */
  readonly stdError: number;
}

/** Terms that unit and time effects leave alone. */
function numbersOf(result: EstimateResult): Numbers[] {
  return result.coefficients.filter(({ term }) => !["treated", "post", "(Intercept)"].includes(term));
}

function expectSame(actual: EstimateResult, wanted: EstimateResult, factor = 1): void {
  const rows = numbersOf(actual);
  const others = numbersOf(wanted);
  expect(rows.map(({ term }) => term)).toEqual(others.map(({ term }) => term));
  for (const [i, row] of rows.entries()) {
    const other = others[i] ?? row;
    const size = Math.abs(factor) * (Math.abs(other.estimate) + (other.stdError || 1));
    expect(Math.abs(row.estimate - factor * other.estimate)).toBeLessThanOrEqual(1e-8 * size);
    expect(Math.abs(row.pValue - other.pValue)).toBeLessThanOrEqual(1e-6);
    if (!Number.isNaN(other.stdError)) {
      expect(Math.abs(row.stdError - Math.abs(factor) * other.stdError)).toBeLessThanOrEqual(1e-7 * size);
    }
  }
}

describe.each<[string, Kind]>([
  ["twfe", "holes"],
  ["event-study", "no-holes"],
  ["did-2x2", "plain"],
  ["permutation", "plain"],
  ["newey-west", "plain"],
])("%s", (id, kind) => {
  it("does not see a constant, a unit's level or a common path", () => {
    fc.assert(
      fc.property(panelShape, fc.double({ min: -20, max: 20, noNaN: true }), (shape, size) => {
        const panel = panelOf(shape, kind);
        const isPooled = id === "did-2x2";
        const moved = panel.y.map((y, i) => {
          const unit = isPooled ? 0 : size * Math.cos(panel.unit[i] ?? 0);
          // the error of a pooled regression holds what units and periods differ by, so only a constant leaves it alone
          return y + size + unit + (isPooled ? 0 : 2 * size * Math.sin(3 * (panel.time[i] ?? 0)));
        });
        expectSame(answered(id, { ...panel, y: moved }), answered(id, panel));
      }),
      RUNS,
    );
  });

  it("scales with the outcome and turns with its sign", () => {
    fc.assert(
      fc.property(panelShape, fc.constantFrom(-3, 1e-6, 0.5, 1e6), (shape, factor) => {
        const panel = panelOf(shape, kind);
        const scaled = answered(id, { ...panel, y: panel.y.map((y) => factor * y) });
        expectSame(scaled, answered(id, panel), factor);
      }),
      RUNS,
    );
  });

  it("does not depend on names and order of rows", () => {
    fc.assert(
      fc.property(panelShape, fc.nat(), (shape, seed) => {
        const panel = panelOf(shape, kind);
        expectSame(
          answered(id, reorder(panel, seed), (unit) => `pod ${(unit * 7 + 3) % 101}`),
          answered(id, panel),
        );
      }),
      RUNS,
    );
  });

  it("finds a planted effect exactly where there is no noise", () => {
    fc.assert(
      fc.property(panelShape, fc.double({ min: 0.1, max: 9, noNaN: true }), (shape, effect) => {
        const panel = panelOf(shape, kind);
        const y = panel.y.map(
          (_, i) => 3 * (panel.unit[i] ?? 0) + Math.sin(panel.time[i] ?? 0) + effect * (panel.d[i] ?? 0),
        );
        const outcome = estimate(tableOf({ ...panel, y }), id, { alpha: 0.2 });
        if (!outcome.ok) {
          // without noise there is nothing to make a series' or a permutation's error of
          expect([id, outcome.refusal.code]).toEqual([expect.stringMatching(/newey-west|permutation/), "NO_VARIATION"]);
          return;
        }
        for (const { term, estimate: found } of numbersOf(outcome.value)) {
          const planted = /^rel::(>=)?[0-9]|^att$|^treatment$|^treated:post$/.test(term) ? effect : 0;
          expect(Math.abs(found - planted)).toBeLessThan(1e-9 * 20);
        }
      }),
      RUNS,
    );
  });

  it("gives the same bytes twice and leaves its input alone", () => {
    fc.assert(
      fc.property(panelShape, (shape) => {
        const table = tableOf(panelOf(shape, kind));
        const before = structuredClone(table);
        const first = JSON.stringify(estimate(table, id, { alpha: 0.2 }));
        expect(JSON.stringify(estimate(table, id, { alpha: 0.2 }))).toBe(first);
        expect(table).toEqual(before);
      }),
      RUNS,
    );
  });
});
