import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../src/app/estimate.ts";
import type { EstimateResult, TidyData } from "../../src/core/estimators/contract.ts";
import { tidyTable } from "../../src/core/estimators/tidy-table.ts";
import { type RandomStream, randomStream } from "../../src/core/inference/random.ts";

/** Balanced tables of one date of treatment, for estimators that mix controls or rank changes of units. */
interface Shape {
  readonly treated: number;
  readonly controls: number;
  readonly pre: number;
  readonly post: number;
  readonly seed: number;
}

interface Contender {
  readonly id: string;
  readonly vcov: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly treated: readonly [number, number];
  /** Whether a unit's own level drops out; a synthetic control without an intercept is compared level by level. */
  readonly forgetsLevels: boolean;
  /**
   * Whether any path that all units share drops out. Where a penalty is scaled by the controls' changes from period to
   * period (as in the source and its R package) only a straight line does: another path changes the penalty.
   */
  readonly forgetsPaths: boolean;
  /** Of the largest number involved. */
  readonly tolerance: number;
}

const ONE = [1, 1] as const;
const SEVERAL = [2, 4] as const;
const SYNTHDID = { id: "synthdid", forgetsLevels: true, forgetsPaths: false, tolerance: 1e-5 };
const CONTROL = { id: "synthetic-control", forgetsLevels: false, forgetsPaths: false, tolerance: 1e-5 };
const CONFORMAL = { id: "conformal", treated: ONE, forgetsPaths: true, tolerance: 1e-7 };
const FEW = { id: "few-treated", settings: {}, forgetsLevels: true, forgetsPaths: true, tolerance: 1e-9 };

const CONTENDERS: readonly Contender[] = [
  { ...SYNTHDID, vcov: "placebo", settings: {}, treated: ONE },
  { ...SYNTHDID, vcov: "jackknife", settings: {}, treated: SEVERAL },
  { ...CONTROL, vcov: "placebo", settings: { augment: "never" }, treated: ONE },
  { ...CONTROL, vcov: "placebo", settings: { augment: "always" }, treated: ONE },
  { ...CONFORMAL, vcov: "moving-block", settings: {}, forgetsLevels: true },
  { ...CONFORMAL, vcov: "moving-block", settings: { proxy: "sc" }, forgetsLevels: false, tolerance: 1e-5 },
  { ...CONFORMAL, vcov: "cross-fitted", settings: {}, forgetsLevels: true },
  { ...FEW, vcov: "ferman-pinto", treated: [1, 2] },
  { ...FEW, vcov: "conley-taber", treated: [1, 2] },
  { ...FEW, vcov: "donald-lang", treated: [1, 3] },
  { ...FEW, vcov: "ibragimov-mueller", treated: SEVERAL },
];

const RUNS = { numRuns: 10 };

function shapeFor({ treated: [min, max] }: Contender): fc.Arbitrary<Shape> {
  return fc.record({
    treated: fc.integer({ min, max }),
    controls: fc.integer({ min: 7, max: 10 }),
    pre: fc.integer({ min: 8, max: 12 }),
    post: fc.integer({ min: 2, max: 4 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
  });
}

interface Row {
  readonly unit: number;
  readonly time: number;
  readonly y: number;
}

function rowsOf(shape: Shape): Row[] {
  const random = randomStream(shape.seed);
  const units = shape.treated + shape.controls;
  return Array.from({ length: units }, (_, unit) =>
    Array.from({ length: shape.pre + shape.post }, (_, time) => ({ unit, time, y: value(random, unit, time) })),
  ).flat();
}

function value(random: RandomStream, unit: number, time: number): number {
  return 10 + 0.2 * (unit % 5) + Math.sin(time + unit) + 3 * (random.next() - 0.5);
}

function tableOf(rows: readonly Row[], shape: Shape, name: (unit: number) => string = (unit) => `u${unit}`): TidyData {
  return tidyTable({
    unit: rows.map(({ unit }) => name(unit)),
    time: rows.map(({ time }) => time),
    outcome: rows.map(({ y }) => y),
    treatment: rows.map(({ unit, time }) => (unit < shape.treated && time >= shape.pre ? 1 : 0)),
  });
}

function outcomeOf(table: TidyData, { id, vcov, settings }: Contender): ReturnType<typeof estimate> {
  const drawn = id === "conformal" ? {} : { seed: 3 };
  return estimate(table, id, { alpha: 0.2, vcov, settings, ...drawn });
}

function answered(table: TidyData, contender: Contender): EstimateResult {
  const outcome = outcomeOf(table, contender);
  if (!outcome.ok) throw new Error(`${contender.id}: ${outcome.refusal.code} ${outcome.refusal.message}`);
  return outcome.value;
}

function expectSame(actual: EstimateResult, wanted: EstimateResult, contender: Contender, factor = 1): void {
  expect(actual.coefficients.map(({ term }) => term)).toEqual(wanted.coefficients.map(({ term }) => term));
  for (const [i, row] of actual.coefficients.entries()) {
    const other = wanted.coefficients[i] ?? row;
    const spread = Number.isFinite(other.stdError) ? other.stdError : 0;
    const size = Math.abs(factor) * (Math.abs(other.estimate) + spread + 1) * contender.tolerance;
    expect(Math.abs(row.estimate - factor * other.estimate)).toBeLessThanOrEqual(size);
    if (Number.isFinite(other.stdError)) {
      expect(Math.abs(row.stdError - Math.abs(factor) * other.stdError)).toBeLessThanOrEqual(size);
    }
    expect(Math.abs(row.pValue - other.pValue)).toBeLessThanOrEqual(100 * contender.tolerance);
  }
}

describe.each(CONTENDERS.map((one) => [`${one.id} ${one.vcov} ${JSON.stringify(one.settings)}`, one] as const))(
  "%s",
  (_, contender) => {
    const shapes = shapeFor(contender);

    it("does not see a constant, a path that all units share, and where it has an intercept a unit's level", () => {
      fc.assert(
        fc.property(shapes, fc.double({ min: -20, max: 20, noNaN: true }), (shape, size) => {
          const rows = rowsOf(shape);
          const moved = rows.map(({ unit, time, y }) => ({
            unit,
            time,
            y:
              y +
              size +
              (contender.forgetsLevels ? size * Math.cos(3 * unit) : 0) +
              (contender.forgetsPaths ? size * Math.sin(3 * time) : 0.3 * size * time),
          }));
          expectSame(answered(tableOf(moved, shape), contender), answered(tableOf(rows, shape), contender), contender);
        }),
        RUNS,
      );
    });

    it("scales with the outcome and turns with its sign", () => {
      fc.assert(
        fc.property(shapes, fc.constantFrom(-2, 1e-4, 0.5, 1e5), (shape, factor) => {
          const rows = rowsOf(shape);
          const scaled = rows.map((row) => ({ ...row, y: factor * row.y }));
          const plain = answered(tableOf(rows, shape), contender);
          expectSame(answered(tableOf(scaled, shape), contender), plain, contender, factor);
        }),
        RUNS,
      );
    });

    it("does not depend on names and order of rows", () => {
      fc.assert(
        fc.property(shapes, fc.nat(), (shape, seed) => {
          const rows = rowsOf(shape);
          const table = tableOf(shuffled(rows, seed), shape, (unit) => `pod ${(unit * 7 + 3) % 101}`);
          expectSame(answered(table, contender), answered(tableOf(rows, shape), contender), contender);
        }),
        RUNS,
      );
    });

    it("finds a planted effect exactly where the treated units are the controls' mean", () => {
      fc.assert(
        fc.property(shapes, fc.double({ min: 0.5, max: 9, noNaN: true }), (shape, effect) => {
          const rows = planted(shape, effect, contender.forgetsLevels);
          const outcome = outcomeOf(tableOf(rows, shape), contender);
          if (!outcome.ok) {
            // treated units that are alike to the last digit leave one method nothing to make its error of
            expect([contender.vcov, outcome.refusal.code]).toEqual(["cross-fitted", "NO_VARIATION"]);
            return;
          }
          for (const { estimate: found } of outcome.value.coefficients) {
            expect(Math.abs(found - effect)).toBeLessThan(1e-6 * (10 + effect));
          }
        }),
        RUNS,
      );
    });

    it("gives the same bytes twice and leaves its input alone", () => {
      fc.assert(
        fc.property(shapes, (shape) => {
          const table = tableOf(rowsOf(shape), shape);
          const before = structuredClone(table);
          const first = JSON.stringify(outcomeOf(table, contender));
          expect(JSON.stringify(outcomeOf(table, contender))).toBe(first);
          expect(table).toEqual(before);
        }),
        RUNS,
      );
    });
  },
);

function shuffled(rows: readonly Row[], seed: number): Row[] {
  const random = randomStream(seed);
  const order = [...rows];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] as Row, order[i] as Row];
  }
  return order;
}

/** Treated units equal to the mean of the controls at every period, plus a level where that drops out, plus the effect. */
function planted(shape: Shape, effect: number, withLevels: boolean): Row[] {
  const rows = rowsOf(shape);
  const mean = (time: number): number =>
    rows.reduce((sum, row) => sum + (row.time === time && row.unit >= shape.treated ? row.y : 0), 0) / shape.controls;
  return rows.map((row) => {
    if (row.unit >= shape.treated) return row;
    const y = mean(row.time) + (withLevels ? 5 + row.unit : 0) + (row.time >= shape.pre ? effect : 0);
    return { ...row, y };
  });
}
