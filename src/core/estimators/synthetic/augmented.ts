import { Matrix } from "ml-matrix";
import { symmetricEigen } from "../../linalg/dense.ts";
import { dot, mean } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Block, blockRow } from "./block.ts";
import { evaluate, type SyntheticFit } from "./fit.ts";

/** The eigenvalue decomposition of the smaller side of the pre matrix is done up to this size. */
const MAX_SIDE = 1500;
const GRID = 60;

export interface AugmentedFit extends SyntheticFit {
  /** Ridge penalty of the outcome model, chosen by leave-one-control-out prediction. */
  readonly penalty: number;
  /** Fit before the correction. */
  readonly plain: SyntheticFit;
}

/**
 * Synthetic control corrected by a ridge regression of the post mean on the pre outcomes, for a poor pre-fit.
 *
 * Formula: weights omega + (x1 - X0'omega)' X0' (X0 X0' + penalty I)^-1 over controls, with X0 the controls' pre
 * outcomes centred per period; they sum to one and may be negative (extrapolation). The penalty minimises the
 * leave-one-control-out squared error of predicting the controls' post mean.
 * Assumes: `fit` is a synthetic control (no period weights); the untreated post mean is close to linear in the pre outcomes.
 * Complexity: O(N0 T0 min(N0, T0)); refuses when both sides exceed 1,500.
 * Source: Ben-Michael, Feller and Rothstein 2021, JASA 116.
 */
export function augmentFit(block: Block, fit: SyntheticFit): Outcome<AugmentedFit> {
  const { controls, pre } = block;
  if (Math.min(controls, pre) > MAX_SIDE) {
    return refuse(
      "NOT_ESTIMABLE",
      `The ridge correction is limited to ${MAX_SIDE} controls or pre periods, here both are more.`,
      "Shorten the pre period, or leave the correction out.",
      { controls, periods: pre },
    );
  }
  const centred = centredPre(block);
  const decomposition = leftSingular(centred, controls, pre);
  const post = Float64Array.from({ length: controls }, (_, u) => mean(blockRow(block, u).subarray(pre)));
  const middle = mean(post);
  const penalty = bestPenalty(
    decomposition,
    post.map((value) => value - middle),
  );
  // X0 (x1 - X0'omega): the pre gap seen by each control
  const gap = fit.curve.subarray(0, pre);
  const seen = Float64Array.from({ length: controls }, (_, u) => dot(centred.subarray(u * pre, (u + 1) * pre), gap));
  const correction = shrink(decomposition, seen, penalty);
  const omega = fit.omega.map((weight, u) => weight + (correction[u] as number));
  const corrected = evaluate(block, {
    omega,
    lambda: fit.lambda,
    regularization: fit.regularization,
    centred: false,
  });
  return answer({ ...corrected, penalty, plain: fit });
}

/** Pre outcomes of the controls, each period less its mean over the controls, row-major. */
function centredPre(block: Block): Float64Array {
  const { controls, pre } = block;
  const result = new Float64Array(controls * pre);
  const means = new Float64Array(pre);
  for (let u = 0; u < controls; u++) {
    const row = blockRow(block, u);
    for (let t = 0; t < pre; t++) means[t] = (means[t] as number) + (row[t] as number) / controls;
  }
  for (let u = 0; u < controls; u++) {
    const row = blockRow(block, u);
    for (let t = 0; t < pre; t++) result[u * pre + t] = (row[t] as number) - (means[t] as number);
  }
  return result;
}

/** Left singular vectors (one array per vector) with squared singular values. */
interface LeftSingular {
  readonly squares: Float64Array;
  readonly vectors: readonly Float64Array[];
}

function leftSingular(x: Float64Array, rows: number, columns: number): LeftSingular {
  const isWide = columns >= rows;
  const side = isWide ? rows : columns;
  const row = (u: number): Float64Array => x.subarray(u * columns, (u + 1) * columns);
  const product = new Matrix(side, side);
  if (isWide) {
    for (let i = 0; i < side; i++) for (let j = 0; j <= i; j++) setBoth(product, i, j, dot(row(i), row(j)));
  } else {
    const flat = new Float64Array(side * side);
    for (let u = 0; u < rows; u++) {
      const values = row(u);
      for (let i = 0; i < side; i++) {
        const value = values[i] as number;
        for (let j = 0; j <= i; j++)
          flat[i * side + j] = (flat[i * side + j] as number) + value * (values[j] as number);
      }
    }
    for (let i = 0; i < side; i++) for (let j = 0; j <= i; j++) setBoth(product, i, j, flat[i * side + j] as number);
  }
  const { values, vectors } = symmetricEigen(product);
  const largest = Math.max(...values, 0);
  const kept = values.map((_, k) => k).filter((k) => (values[k] ?? 0) > 1e-12 * largest);
  return {
    squares: Float64Array.from(kept, (k) => values[k] ?? 0),
    vectors: kept.map((k) => {
      const vector = Float64Array.from(vectors.getColumn(k));
      if (isWide) return vector;
      const length = Math.sqrt(values[k] ?? 1);
      return Float64Array.from({ length: rows }, (_, u) => dot(row(u), vector) / length);
    }),
  };
}

function setBoth(matrix: Matrix, i: number, j: number, value: number): void {
  matrix.set(i, j, value);
  matrix.set(j, i, value);
}

/** (X0 X0' + penalty I)^-1 seen, for `seen` in the column space of X0. */
function shrink(decomposition: LeftSingular, seen: Float64Array, penalty: number): Float64Array {
  const result = new Float64Array(seen.length);
  decomposition.vectors.forEach((vector, k) => {
    const loading = dot(vector, seen) / ((decomposition.squares[k] as number) + penalty);
    for (let u = 0; u < result.length; u++) result[u] = (result[u] as number) + loading * (vector[u] as number);
  });
  return result;
}

/** Minimises the leave-one-out error sum (e_u / (1 - h_u))^2 on a logarithmic grid below the largest squared singular value. */
function bestPenalty(decomposition: LeftSingular, outcome: Float64Array): number {
  const { squares, vectors } = decomposition;
  const largest = squares.reduce((top, value) => Math.max(top, value), Number.MIN_VALUE);
  const loadings = vectors.map((vector) => dot(vector, outcome));
  const count = outcome.length;
  let best = { penalty: largest, error: Number.POSITIVE_INFINITY };
  for (let step = 0; step < GRID; step++) {
    const penalty = largest * 10 ** ((-6 * step) / (GRID - 1));
    let error = 0;
    for (let u = 0; u < count; u++) {
      let fitted = 0;
      let leverage = 1 / count;
      for (let k = 0; k < vectors.length; k++) {
        const share = (squares[k] as number) / ((squares[k] as number) + penalty);
        const value = (vectors[k] as Float64Array)[u] as number;
        fitted += share * value * (loadings[k] as number);
        leverage += share * value * value;
      }
      error += (((outcome[u] as number) - fitted) / (1 - leverage)) ** 2;
    }
    if (error < best.error) best = { penalty, error };
  }
  return best.penalty;
}
