import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DidInference,
  type DidInferenceName,
  type DidPanel,
  didInference,
} from "../../src/core/inference/did-inference.ts";
import { permutationInference } from "../../src/core/inference/permutation.ts";
import { randomStream } from "../../src/core/inference/random.ts";

const NAMES: readonly DidInferenceName[] = ["cr1", "cr2", "cr3", "hc1", "newey-west"];

const shape = fc.record({
  treated: fc.integer({ min: 2, max: 4 }),
  controls: fc.integer({ min: 2, max: 5 }),
  pre: fc.integer({ min: 8, max: 14 }),
  post: fc.integer({ min: 4, max: 8 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  missing: fc.constantFrom(0, 0.03),
});

function panelOf(s: {
  treated: number;
  controls: number;
  pre: number;
  post: number;
  seed: number;
  missing: number;
}): DidPanel {
  const random = randomStream(s.seed);
  const units = s.treated + s.controls;
  const steps = s.pre + s.post;
  const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  return {
    values: Float64Array.from({ length: units * steps }, () =>
      random.next() < s.missing ? Number.NaN : random.next(),
    ),
    units,
    steps,
    treated: range(0, units).map((unit) => unit < s.treated),
    clusters: range(0, units),
    pre: range(0, s.pre),
    post: range(s.pre, s.post),
  };
}

function run(name: DidInferenceName, panel: DidPanel): DidInference {
  const outcome = didInference(name, panel);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

describe.each(NAMES)("%s", (name) => {
  it("moves by exactly a planted effect and keeps its error", () => {
    fc.assert(
      fc.property(shape, fc.double({ min: -3, max: 3, noNaN: true }), (s, effect) => {
        const panel = panelOf(s);
        const planted = panel.values.map((value, cell) => {
          const isTreated = panel.treated[Math.floor(cell / panel.steps)] ?? false;
          return value + (isTreated && cell % panel.steps >= s.pre ? effect : 0);
        });
        const plain = run(name, panel);
        const moved = run(name, { ...panel, values: planted });
        expect(moved.att).toBeCloseTo(plain.att + effect, 9);
        expect(moved.stdError / plain.stdError).toBeCloseTo(1, 8);
      }),
      { numRuns: 20 },
    );
  });

  it("gives the same with all weights equal as without weights", () => {
    fc.assert(
      fc.property(shape, (s) => {
        const panel = panelOf(s);
        const plain = run(name, panel);
        const weighted = run(name, { ...panel, weights: new Float64Array(panel.units).fill(3) });
        expect(weighted.att).toBeCloseTo(plain.att, 10);
        expect(weighted.stdError / plain.stdError).toBeCloseTo(1, 8);
        expect(weighted.dof / plain.dof).toBeCloseTo(1, 6);
      }),
      { numRuns: 20 },
    );
  });
});

describe("permutation inference", () => {
  const changes = fc.tuple(
    fc.integer({ min: 2, max: 4 }),
    fc.integer({ min: 5, max: 7 }),
    fc.integer({ min: 0, max: 2 ** 31 }),
  );

  it("has an interval that holds exactly the effects it does not reject", () => {
    fc.assert(
      fc.property(changes, ([treatedCount, controls, seed]) => {
        const random = randomStream(seed);
        const n = treatedCount + controls;
        const options = {
          changes: Float64Array.from({ length: n }, () => random.next()),
          treated: Array.from({ length: n }, (_, i) => i < treatedCount),
          alpha: 0.1,
          seed: 1,
        };
        const result = permutationInference(options);
        if (!result.ok) throw new Error(result.refusal.message);
        const pAt = (nullEffect: number): number => {
          const shifted = permutationInference({ ...options, nullEffect });
          if (!shifted.ok) throw new Error(shifted.refusal.message);
          return shifted.value.pValue;
        };
        expect(result.value.confLow).toBeLessThanOrEqual(result.value.att);
        expect(pAt(result.value.confLow - 1e-6)).toBeLessThanOrEqual(0.1);
        expect(pAt(result.value.confLow + 1e-6)).toBeGreaterThan(0.1);
        expect(pAt(result.value.confHigh + 1e-6)).toBeLessThanOrEqual(0.1);
        expect(pAt(result.value.confHigh - 1e-6)).toBeGreaterThan(0.1);
      }),
      { numRuns: 10 },
    );
  });
});
