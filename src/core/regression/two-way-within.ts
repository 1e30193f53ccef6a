import { dot } from "../linalg/kernels.ts";
import { cellGraph, conjugateGradients, eliminateLarge, largeEffects, restSize } from "./cell-graph.ts";
import type { Grouping } from "./effects.ts";
import type { TwoWaySystem } from "./two-way.ts";

/** A column is free of the effects when its level means are below this share of it. */
const TOLERANCE = 1e-15;
/** A round ends when what is left of the effects has shrunk by this; the next one starts from the column as it is then. */
const ROUND = 1e-9;
/** A column that the effects explain completely has only rounding left, which no round makes smaller. */
const MAX_ROUNDS = 3;
/** Effects that are larger than this, against what they leave (squares), leave rounding that is worth removing. */
const NEEDS_ROUNDING = 100;
/** Below this many rows a second round costs nothing. */
const LONG = 100_000;
/** More steps than this say that the table is poorly connected: then the normal equations are solved directly. */
const EASY_STEPS = 40;
const MAX_STEPS = 5000;

/** Sums of a column by level, or effects by level. */
interface ByLevel {
  readonly large: Float64Array;
  readonly small: Float64Array;
}

const byLevel = (large: Grouping, small: Grouping): ByLevel => ({
  large: new Float64Array(large.count),
  small: new Float64Array(small.count),
});

/**
 * Takes two sets of effects out of columns of an unbalanced or weighted table.
 *
 * Formula: the larger set is eliminated; S b = r with S = D_small - N' D_large^-1 N, never formed, is solved by conjugate
 * gradients preconditioned by D_small, in rounds of iterative refinement until the level means are below 1e-15 of the
 * column. A table that needs more than 40 steps is solved directly when `system` allows it.
 * Complexity: one pass over the rows per step, about six steps per column where a fifth of the cells is missing at random;
 * memory of the levels.
 * Source: Wansbeek and Kapteyn 1989, Journal of Econometrics 41.
 */
export function twoWayWithin(
  large: Grouping,
  small: Grouping,
  { weights, system }: { readonly weights: Float64Array | null; readonly system: (() => TwoWaySystem) | null },
): (column: Float64Array) => Float64Array {
  const sets = { large, small, weights };
  const graph = cellGraph(large, small, weights);
  const sums = byLevel(large, small);
  const effects = byLevel(large, small);
  const rest = new Float64Array(small.count);
  const state = { isHard: false };
  const solve = (target: number): void => {
    const right = rest.slice();
    const steps = system === null ? MAX_STEPS : EASY_STEPS;
    if (!state.isHard && conjugateGradients(graph, { rest, b: effects.small }, { target, steps })) return;
    if (system === null) return;
    state.isHard = true;
    system().inverse.forEach((row, j) => {
      effects.small[j] = dot(row, right);
    });
  };
  return (column) => {
    const result = column.slice();
    let square = sumByLevel(sets, result, sums);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      eliminateLarge(graph, sums, rest);
      const floor = TOLERANCE * Math.sqrt(square);
      const size = restSize(graph, rest);
      if (round > 0 && size <= floor) break;
      solve(Math.max(ROUND * size, floor / 4));
      largeEffects(graph, sums.large, effects.small, effects.large);
      remove(sets, effects, result);
      if (round < MAX_ROUNDS - 1) square = sumByLevel(sets, result, sums);
    }
    return result;
  };
}

/** x_ut - mean_u - mean_t + mean where every pair of levels occurs once; a second round removes the rounding that large effects leave. */
export function balancedWithin(large: Grouping, small: Grouping): (column: Float64Array) => Float64Array {
  const sums = byLevel(large, small);
  const effects = byLevel(large, small);
  const sets = { large, small, weights: null };
  return (column) => {
    const result = column.slice();
    for (let round = 0; round < 2; round++) {
      const before = sumByLevel(sets, result, sums);
      let total = 0;
      for (let j = 0; j < small.count; j++) total += sums.small[j] ?? 0;
      const mean = total / result.length;
      for (let j = 0; j < small.count; j++) effects.small[j] = (sums.small[j] ?? 0) / large.count - mean;
      for (let u = 0; u < large.count; u++) effects.large[u] = (sums.large[u] ?? 0) / small.count;
      const left = remove(sets, effects, result);
      if (result.length >= LONG && before <= NEEDS_ROUNDING * left) break;
    }
    return result;
  };
}

interface Sets {
  readonly large: Grouping;
  readonly small: Grouping;
  readonly weights: Float64Array | null;
}

/** Sums by level and sum w x^2 of a column. Running sums, because rows of a unit mostly follow each other. */
function sumByLevel({ large, small, weights }: Sets, column: Float64Array, sums: ByLevel): number {
  const { large: sumsLarge, small: sumsSmall } = sums;
  const [u, t] = [large.levels, small.levels];
  sumsLarge.fill(0);
  sumsSmall.fill(0);
  let square = 0;
  let current = u[0] ?? 0;
  let running = 0;
  for (let i = 0; i < column.length; i++) {
    const a = u[i] as number;
    if (a !== current) {
      sumsLarge[current] = (sumsLarge[current] as number) + running;
      running = 0;
      current = a;
    }
    const value = column[i] as number;
    const weighted = weights === null ? value : (weights[i] as number) * value;
    const b = t[i] as number;
    running += weighted;
    sumsSmall[b] = (sumsSmall[b] as number) + weighted;
    square += weighted * value;
  }
  if (column.length > 0) sumsLarge[current] = (sumsLarge[current] as number) + running;
  return square;
}

/** Subtracts the effects from the column, in place; answers the sum of squares of what is left. */
function remove({ large, small }: Sets, effects: ByLevel, column: Float64Array): number {
  const { large: effectsLarge, small: effectsSmall } = effects;
  const [u, t] = [large.levels, small.levels];
  let square = 0;
  for (let i = 0; i < column.length; i++) {
    const effect = (effectsLarge[u[i] as number] as number) + (effectsSmall[t[i] as number] as number);
    const value = (column[i] as number) - effect;
    column[i] = value;
    square += value * value;
  }
  return square;
}
