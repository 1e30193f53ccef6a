import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VARIANCE_ESTIMATORS } from "../../src/core/vcov/index.ts";
import type { VarianceEstimator } from "../../src/core/vcov/variance.ts";
import { buildPanel, contextOf, fitPanel, type LongPanel, panelShape, reorder } from "./panel-arbitrary.ts";

const RUNS = { numRuns: 15 };

interface Answer {
  readonly estimate: number;
  readonly stdError: number;
  readonly dof: number;
}

function answerOf(estimator: VarianceEstimator, panel: LongPanel): Answer {
  const fit = fitPanel(panel);
  const variance = estimator.estimate(fit, contextOf(panel));
  if (!variance.ok) throw new Error(`${estimator.id}: ${variance.refusal.message}`);
  return {
    estimate: fit.coefficients[0] ?? Number.NaN,
    stdError: Math.sqrt(variance.value.matrix.get(0, 0)),
    dof: variance.value.dof[0] ?? Number.NaN,
  };
}

function expectSame(actual: Answer, wanted: Answer): void {
  const scale = Math.abs(wanted.estimate) + wanted.stdError;
  expect(Math.abs(actual.estimate - wanted.estimate)).toBeLessThan(1e-9 * scale);
  expect(Math.abs(actual.stdError - wanted.stdError)).toBeLessThan(1e-8 * wanted.stdError);
  expect(Math.abs(actual.dof - wanted.dof)).toBeLessThan(1e-6 * wanted.dof);
}

describe.each(VARIANCE_ESTIMATORS.map((estimator) => [estimator.id, estimator] as const))("%s", (_, estimator) => {
  it("does not see a constant, a unit's level or a common path", () => {
    fc.assert(
      fc.property(panelShape, fc.double({ min: -20, max: 20, noNaN: true }), (shape, size) => {
        const panel = buildPanel(shape);
        const moved = panel.y.map(
          (y, i) => y + size + size * Math.cos(panel.unit[i] ?? 0) + 2 * size * Math.sin(3 * (panel.time[i] ?? 0)),
        );
        expectSame(answerOf(estimator, { ...panel, y: moved }), answerOf(estimator, panel));
      }),
      RUNS,
    );
  });

  it("scales with the outcome and turns with its sign", () => {
    fc.assert(
      fc.property(panelShape, fc.constantFrom(-3, 1e-6, 0.5, 1e6), (shape, factor) => {
        const panel = buildPanel(shape);
        const plain = answerOf(estimator, panel);
        expectSame(answerOf(estimator, { ...panel, y: panel.y.map((y) => factor * y) }), {
          estimate: factor * plain.estimate,
          stdError: Math.abs(factor) * plain.stdError,
          dof: plain.dof,
        });
      }),
      RUNS,
    );
  });

  it("does not depend on the order of rows or the names of units", () => {
    fc.assert(
      fc.property(panelShape, (shape) => {
        const panel = buildPanel(shape);
        const mixed = reorder(panel, shape.seed + 1);
        const renamed = { ...mixed, unit: mixed.unit.map((unit) => 1000 - 7 * unit) };
        expectSame(answerOf(estimator, renamed), answerOf(estimator, panel));
      }),
      RUNS,
    );
  });

  it("does not see the unit of weights", () => {
    fc.assert(
      fc.property(panelShape, (shape) => {
        const panel = buildPanel(shape);
        const heavier = { ...panel, weights: panel.weights.map((weight) => 1000 * weight) };
        expectSame(answerOf(estimator, heavier), answerOf(estimator, panel));
      }),
      RUNS,
    );
  });
});

describe("least squares with absorbed effects", () => {
  it("returns a planted effect exactly when there is no noise", () => {
    fc.assert(
      fc.property(panelShape, fc.double({ min: -5, max: 5, noNaN: true }), (shape, effect) => {
        const panel = buildPanel(shape);
        const y = panel.d.map(
          (d, i) => effect * d + 0.3 * (panel.x[i] ?? 0) + (panel.unit[i] ?? 0) + Math.sin(panel.time[i] ?? 0),
        );
        const fit = fitPanel({ ...panel, y });
        expect(fit.coefficients[0]).toBeCloseTo(effect, 9);
        expect(fit.coefficients[1]).toBeCloseTo(0.3, 9);
      }),
      RUNS,
    );
  });

  it("never changes its inputs", () => {
    fc.assert(
      fc.property(panelShape, (shape) => {
        const panel = buildPanel(shape);
        const before = JSON.stringify(panel);
        for (const estimator of VARIANCE_ESTIMATORS) answerOf(estimator, panel);
        expect(JSON.stringify(panel)).toBe(before);
      }),
      RUNS,
    );
  });
});
