import { dot } from "../../linalg/kernels.ts";
import { mixture, type SimplexProblem } from "./simplex.ts";

const STEPS_BEFORE_SPARSE = 100;
const STEPS = 10_000;

/**
 * Conditional gradients with exact line search, stopped early and sparsified, as the R package synthdid does: for
 * comparison with its numbers, which lie 1e-4 to 5e-3 from the optimum.
 *
 * Formula: x += step (e_i - x), i the smallest gradient; 100 steps, weights up to a quarter of the largest set to zero,
 * then up to 10,000 steps; stops when the objective per row falls by at most minDecrease^2.
 * Complexity: O(rows * columns) per step.
 * Source: Arkhangelsky et al. 2021, American Economic Review 111(12); Jaggi 2013.
 */
export function frankWolfeWeights(problem: SimplexProblem, minDecrease: number): Float64Array {
  const count = problem.differences.length;
  const rough = descend(problem, new Float64Array(count).fill(1 / count), minDecrease, STEPS_BEFORE_SPARSE);
  return descend(problem, sparsified(rough), minDecrease, STEPS);
}

function sparsified(x: Float64Array): Float64Array {
  const limit = x.reduce((largest, value) => Math.max(largest, value), 0) / 4;
  const kept = x.map((value) => (value <= limit ? 0 : value));
  const total = kept.reduce((sum, value) => sum + value, 0);
  return kept.map((value) => value / total);
}

/** The steps themselves, in place: one pass over the columns for the gradient, one column for the rest. */
function descend(problem: SimplexProblem, start: Float64Array, minDecrease: number, steps: number): Float64Array {
  const { differences, ridge } = problem;
  const rows = differences[0]?.length ?? 1;
  const x = Float64Array.from(start);
  const mixed = mixture(differences, x);
  let before = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= steps; step++) {
    moveTowardsBest(problem, x, mixed);
    const value = (ridge * dot(x, x) + dot(mixed, mixed)) / rows;
    if (step >= 2 && !(before - value > minDecrease * minDecrease)) break;
    before = value;
  }
  return x;
}

function moveTowardsBest(problem: SimplexProblem, x: Float64Array, mixed: Float64Array): void {
  const { differences, ridge } = problem;
  let best = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let level = 0;
  for (let j = 0; j < x.length; j++) {
    const gradient = dot(differences[j] as Float64Array, mixed) + ridge * (x[j] as number);
    level += gradient * (x[j] as number);
    if (gradient < smallest) {
      smallest = gradient;
      best = j;
    }
  }
  const target = differences[best] as Float64Array;
  let curvature = 0;
  for (let i = 0; i < mixed.length; i++) curvature += ((target[i] as number) - (mixed[i] as number)) ** 2;
  const squares = dot(x, x) - 2 * (x[best] as number) + 1;
  if (squares === 0) return;
  const length = Math.min(1, Math.max(0, (level - smallest) / (curvature + ridge * squares)));
  for (let j = 0; j < x.length; j++) x[j] = (x[j] as number) * (1 - length);
  x[best] = (x[best] as number) + length;
  for (let i = 0; i < mixed.length; i++)
    mixed[i] = (mixed[i] as number) + length * ((target[i] as number) - (mixed[i] as number));
}
