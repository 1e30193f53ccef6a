import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EstimateOptions } from "../../../../src/core/estimators/contract.ts";
import {
  halfGradient,
  mixture,
  projectToSimplex,
  simplexWeights,
} from "../../../../src/core/estimators/synthetic/simplex.ts";
import { syntheticControl, syntheticDid } from "../../../../src/core/estimators/synthetic/tidy.ts";
import { type TidyColumns, tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { dot } from "../../../../src/core/linalg/kernels.ts";

const OPTIONS: EstimateOptions = {
  vcov: null,
  ref: -1,
  control: "never",
  alpha: 0.05,
  seed: 1,
  settings: { draws: "20", augment: "never" },
};

function noise(seed: number, length: number): Float64Array {
  const random = randomStream(seed);
  return Float64Array.from({ length }, () => random.next() - 0.5);
}

describe("weights on the simplex", () => {
  test("satisfy the optimality conditions, with more columns than rows and the reverse", () => {
    const shapes = fc.record({
      rows: fc.integer({ min: 2, max: 12 }),
      columns: fc.integer({ min: 2, max: 20 }),
      ridge: fc.constantFrom(1e-9, 1e-3, 1, 50),
      seed: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(shapes, ({ rows, columns, ridge, seed }) => {
        const differences = Array.from({ length: columns }, (_, j) => noise(seed + 7919 * j, rows));
        const problem = { differences, ridge };
        const x = simplexWeights(problem);
        expect(x.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 12);
        expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
        const mixed = mixture(differences, x);
        const level = dot(mixed, mixed) + ridge * dot(x, x);
        halfGradient(problem, x, mixed).forEach((value, j) => {
          expect(value).toBeGreaterThan(level - 1e-9);
          if ((x[j] ?? 0) > 1e-9) expect(value).toBeLessThan(level + 1e-9);
        });
      }),
      { numRuns: 200 },
    );
  });

  test("by hand: the point between (0, 1) and (1, 0) closest to the origin, and a projection", () => {
    const problem = { differences: [Float64Array.of(0, 1), Float64Array.of(1, 0), Float64Array.of(3, 3)], ridge: 0 };
    expect([...simplexWeights(problem)].map((value) => Number(value.toFixed(12)))).toEqual([0.5, 0.5, 0]);
    expect([...projectToSimplex(Float64Array.of(1, 0.5, -1))]).toEqual([0.75, 0.25, 0]);
  });
});

const PERIODS = 12;
const START = 9;

/** Controls with their own paths; treated units are mixtures of them plus a level and, after the start, an effect. */
function columns(effect: number, treated = 2, controls = 6): TidyColumns {
  const paths = Array.from({ length: controls }, (_, u) =>
    noise(u + 1, PERIODS).map((value, t) => 10 * u + t + 4 * value),
  );
  const mix = (k: number): Float64Array =>
    (paths[0] ?? new Float64Array(PERIODS)).map((value, t) => {
      const other = paths[k % 2 === 0 ? 1 : 2]?.[t] ?? 0;
      return 0.5 * value + 0.5 * other + (t + 1 >= START ? effect : 0);
    });
  const all = [...paths, ...Array.from({ length: treated }, (_, k) => mix(k))];
  const rows = all.flatMap((path, u) => Array.from(path, (y, t) => ({ u, t: t + 1, y })));
  return {
    unit: rows.map(({ u }) => (u < controls ? `c${u}` : `t${u}`)),
    time: rows.map(({ t }) => t),
    outcome: rows.map(({ y }) => y),
    treatment: rows.map(({ u, t }) => (u >= controls && t >= START ? 1 : 0)),
  };
}

const run = (table: TidyColumns, estimator = syntheticDid, options: Partial<EstimateOptions> = {}) =>
  estimator.estimate(tidyTable(table), { ...OPTIONS, ...options });

const attOf = (outcome: ReturnType<typeof run>): number =>
  outcome.ok ? (outcome.value.coefficients[0]?.estimate ?? Number.NaN) : Number.NaN;

describe("estimators on a table", () => {
  test("a synthetic control gives a planted effect back where the treated are mixtures of controls", () => {
    expect(attOf(run(columns(3, 1), syntheticControl))).toBeCloseTo(3, 4);
  });

  test("invariances: a constant, unit levels, time effects, scale, order of rows", () => {
    const base = columns(2);
    const plain = attOf(run(base));
    const moved = (f: (y: number, i: number) => number): TidyColumns => ({
      ...base,
      outcome: Array.from(base.outcome, (y, i) => f(y, i)),
    });
    const units = [...new Set(base.unit)];
    const level = (i: number): number => 7 * units.indexOf(base.unit?.[i] ?? "");
    expect(attOf(run(moved((y) => y + 1000)))).toBeCloseTo(plain, 6);
    expect(attOf(run(moved((y, i) => y + level(i))))).toBeCloseTo(plain, 6);
    expect(attOf(run(moved((y, i) => y + 3 * Math.sin(base.time?.[i] ?? 0))))).not.toBeNaN();
    expect(attOf(run(moved((y) => -4 * y)))).toBeCloseTo(-4 * plain, 6);
    const order = [...(base.unit ?? []).keys()].reverse();
    const pick = <T>(values: ArrayLike<T> | undefined): T[] => order.map((i) => values?.[i] as T);
    const reversed = {
      unit: pick(base.unit),
      time: pick(base.time),
      outcome: pick(base.outcome),
      treatment: pick(base.treatment),
    };
    expect(attOf(run(reversed))).toBeCloseTo(plain, 8);
  });

  test("same seed, same bytes for every error; the input is not changed", () => {
    const table = tidyTable(columns(2));
    const before = JSON.stringify(table.outcome);
    for (const vcov of ["placebo", "jackknife", "bootstrap"]) {
      const once = syntheticDid.estimate(table, { ...OPTIONS, vcov });
      expect(once.ok).toBe(true);
      expect(JSON.stringify(syntheticDid.estimate(table, { ...OPTIONS, vcov }))).toBe(JSON.stringify(once));
    }
    expect(JSON.stringify(table.outcome)).toBe(before);
  });

  test("the ridge correction brings a treated unit outside the controls' range closer before the treatment", () => {
    const outside = columns(2, 1);
    const lifted = {
      ...outside,
      outcome: Array.from(outside.outcome, (y, i) => (outside.unit?.[i]?.startsWith("t") ? y - 30 : y)),
    };
    const outcome = run(lifted, syntheticControl, { settings: { draws: "20", augment: "auto" } });
    expect(outcome.ok && outcome.value.coefficients.map(({ term }) => term)).toEqual(["att", "att_augmented"]);
    expect(outcome.ok && outcome.value.notes.join(" ")).toContain("ridge correction");
  });

  const codeOf = (outcome: ReturnType<typeof run>): string => (outcome.ok ? "answer" : outcome.refusal.code);

  test("refuses what has no answer, by name", () => {
    const base = columns(2);
    const rows = base.unit?.length ?? 0;
    const without = (row: number): TidyColumns => {
      const keep = <T>(values: ArrayLike<T> | undefined): T[] => Array.from(values ?? []).filter((_, i) => i !== row);
      return {
        unit: keep(base.unit),
        time: keep(base.time),
        outcome: keep(base.outcome),
        treatment: keep(base.treatment),
      };
    };
    const gap = run(without(5));
    expect(gap.ok ? "" : gap.refusal.message).toBe("Unit c0 has no row in period 6.");
    expect(codeOf(gap)).toBe("TIME_GAPS");
    const switched = Array.from(base.treatment ?? []);
    switched[rows - 1] = 0;
    expect(codeOf(run({ ...base, treatment: switched }))).toBe("TREATMENT_REVERSED");
    expect(codeOf(run({ ...base, treatment: Array.from(base.outcome, () => 0) }))).toBe("NO_TREATED_UNITS");
    expect(codeOf(run({ ...base, outcome: Array.from(base.outcome, () => 5) }))).toBe("NO_VARIATION");
    expect(codeOf(run({ ...base, outcome: Array.from(base.outcome, (y, i) => (i === 3 ? Number.NaN : y)) }))).toBe(
      "NOT_FINITE",
    );
    expect(codeOf(run(columns(2, 1), syntheticDid, { vcov: "jackknife" }))).toBe("TOO_FEW_UNITS");
    expect(codeOf(run(columns(2, 6, 3)))).toBe("TOO_FEW_UNITS");
  });
});
