import { weightedDot } from "../linalg/kernels.ts";
import type { Grouping } from "./effects.ts";
import { levelWeights, type TwoWaySystem, twoWaySystem } from "./two-way.ts";
import { balancedWithin, twoWayWithin } from "./two-way-within.ts";

/** Takes the fixed effects out of a column (returns a new one): the residual of its weighted regression on them. */
export type Within = (column: Float64Array) => Float64Array;

/** The smaller of two effect sets is solved directly up to this many levels. */
const DIRECT_LEVELS = 600;
const MAX_ITERATIONS = 5000;
const TOLERANCE = 1e-14;

/**
 * Within transformation for any number of fixed effects.
 *
 * none: the column itself; one: group means; two, balanced and unweighted: row and column means in one pass;
 * two: the Schur complement of the smaller set by conjugate gradients, directly where the table is poorly connected; more:
 * symmetric alternating projections with conjugate gradients.
 */
export function withinTransform(
  effects: readonly Grouping[],
  weights: Float64Array | null,
  { system, balanced }: KnownOfEffects = {
    system: directSystem(effects, weights),
    balanced: isBalancedPair(effects, weights),
  },
): Within {
  const [first, second] = effects;
  if (!first) return (column) => column.slice();
  if (!second) return oneWay(first, weights);
  if (effects.length > 2) return alternating(effects, weights);
  const [large, small] = first.count >= second.count ? [first, second] : [second, first];
  if (balanced) return balancedWithin(large, small);
  return twoWayWithin(large, small, { weights, system });
}

interface KnownOfEffects {
  readonly system: (() => TwoWaySystem) | null;
  readonly balanced: boolean;
}

/** The normal equations of two effect sets, made on first use; null when they are not two or too many to solve directly. */
export function directSystem(effects: readonly Grouping[], weights: Float64Array | null): (() => TwoWaySystem) | null {
  const [first, second, third] = effects;
  if (!first || !second || third || Math.min(first.count, second.count) > DIRECT_LEVELS) return null;
  let system: TwoWaySystem | null = null;
  return () => {
    system ??=
      first.count <= second.count ? twoWaySystem(second, first, weights) : twoWaySystem(first, second, weights);
    return system;
  };
}

function levelSums(effect: Grouping, column: Float64Array, weights: Float64Array | null): Float64Array {
  const sums = new Float64Array(effect.count);
  const { levels } = effect;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    sums[level] = (sums[level] ?? 0) + (weights === null ? 1 : (weights[i] ?? 0)) * (column[i] ?? 0);
  }
  return sums;
}

/** column -= weighted level mean, in place. */
function demean(effect: Grouping, totals: Float64Array, weights: Float64Array | null, column: Float64Array): void {
  const means = levelSums(effect, column, weights);
  for (let level = 0; level < effect.count; level++) means[level] = (means[level] ?? 0) / (totals[level] ?? 1);
  const { levels } = effect;
  for (let i = 0; i < levels.length; i++) column[i] = (column[i] ?? 0) - (means[levels[i] ?? 0] ?? 0);
}

function oneWay(effect: Grouping, weights: Float64Array | null): Within {
  const totals = levelWeights(effect, weights);
  return (column) => {
    const result = column.slice();
    demean(effect, totals, weights, result);
    demean(effect, totals, weights, result);
    return result;
  };
}

/** Two effect sets without weights, every pair of levels once. */
export function isBalancedPair([first, second, third]: readonly Grouping[], weights: Float64Array | null): boolean {
  return weights === null && !third && first !== undefined && second !== undefined && isBalanced(first, second);
}

/** Every pair of levels occurs exactly once. */
function isBalanced(a: Grouping, b: Grouping): boolean {
  const cells = a.count * b.count;
  if (a.levels.length !== cells) return false;
  const seen = new Uint8Array(cells);
  for (let i = 0; i < cells; i++) {
    const cell = (a.levels[i] ?? 0) * b.count + (b.levels[i] ?? 0);
    if (seen[cell] === 1) return false;
    seen[cell] = 1;
  }
  return true;
}

/**
 * Symmetric alternating projections accelerated by conjugate gradients.
 *
 * Formula: with T = M1 M2 .. MQ .. M2 M1 (each M removes one set's means), conjugate gradients on (I - T) x = 0 from
 * the column, which converges to its projection.
 * Source: Hernandez-Ramos, Escalante and Raydan 2011, Numerical Functional Analysis and Optimization 32(10).
 */
function alternating(effects: readonly Grouping[], weights: Float64Array | null): Within {
  const totals = effects.map((effect) => levelWeights(effect, weights));
  const order = [...effects.keys(), ...[...effects.keys()].reverse().slice(1)];
  const gap = (column: Float64Array): Float64Array => {
    const swept = column.slice();
    for (const j of order) {
      const effect = effects[j];
      const total = totals[j];
      if (effect && total) demean(effect, total, weights, swept);
    }
    for (let i = 0; i < swept.length; i++) swept[i] = (column[i] ?? 0) - (swept[i] ?? 0);
    return swept;
  };
  return (column) => {
    const x = column.slice();
    const scale = Math.max(weightedDot(x, x, weights), Number.MIN_VALUE);
    const direction = gap(x);
    const rest = direction.slice();
    let restSquare = weightedDot(rest, rest, weights);
    for (let i = 0; i < MAX_ITERATIONS && restSquare > TOLERANCE * TOLERANCE * scale; i++) {
      const image = gap(direction);
      const step = restSquare / weightedDot(direction, image, weights);
      for (let k = 0; k < x.length; k++) {
        x[k] = (x[k] ?? 0) - step * (direction[k] ?? 0);
        rest[k] = (rest[k] ?? 0) - step * (image[k] ?? 0);
      }
      const nextSquare = weightedDot(rest, rest, weights);
      const ratio = nextSquare / restSquare;
      restSquare = nextSquare;
      for (let k = 0; k < x.length; k++) direction[k] = (rest[k] ?? 0) + ratio * (direction[k] ?? 0);
    }
    return x;
  };
}
