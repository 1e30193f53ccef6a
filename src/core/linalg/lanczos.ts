import { Matrix } from "ml-matrix";
import { symmetricEigen } from "./dense.ts";
import { axpy, dot, scaled } from "./kernels.ts";

const CONVERGED = 1e-14;
/** Eigenvalues at or below this are zero. */
const ZERO = 1e-10;

export interface FunctionOfOperator {
  readonly vector: Float64Array;
  /** Share of v's squared length (outside `nullSpace`) on which A is zero; f is taken as 0 there. */
  readonly nullShare: number;
}

/**
 * f(A) v for a symmetric positive semidefinite operator A, without forming A; v shorter than `negligible` counts as 0.
 *
 * Formula: Lanczos with full re-orthogonalisation, f evaluated on the tridiagonal matrix; vectors in `nullSpace`
 * (orthonormal, A n = 0) are kept out, so that f may be a generalized inverse power.
 * Assumes: f(0) is not needed; eigenvalues up to 1e-10 that remain count as zero.
 * Source: Higham 2008, Functions of Matrices, section 13.2; Parlett 1998, The Symmetric Eigenvalue Problem, chapter 13.
 */
export function applySymmetricFunction(
  operator: (x: Float64Array) => Float64Array,
  f: (eigenvalue: number) => number,
  v: Float64Array,
  nullSpace: readonly Float64Array[],
  negligible = 0,
): FunctionOfOperator {
  const start = Float64Array.from(v);
  removeComponents(start, nullSpace);
  const norm = Math.sqrt(dot(start, start));
  if (!(norm > Math.max(negligible, 1e-13 * Math.sqrt(dot(v, v))))) {
    return { vector: new Float64Array(v.length), nullShare: 0 };
  }
  const basis: Float64Array[] = [scaled(start, 1 / norm)];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let weights: number[] = [];
  let nullShare = 0;
  for (let step = 0; step < v.length; step++) {
    const current = basis[step];
    if (!current) break;
    const next = operator(current);
    diagonal.push(dot(current, next));
    for (let pass = 0; pass < 2; pass++) {
      removeComponents(next, basis);
      removeComponents(next, nullSpace);
    }
    const beta = Math.sqrt(dot(next, next));
    const previous = weights;
    ({ weights, nullShare } = firstColumn(diagonal, offDiagonal, f));
    if (beta < CONVERGED * 100 || change(previous, weights) < CONVERGED) break;
    offDiagonal.push(beta);
    basis.push(scaled(next, 1 / beta));
  }
  const result = new Float64Array(v.length);
  weights.forEach((weight, i) => {
    const vector = basis[i];
    if (vector) axpy(norm * weight, vector, result);
  });
  return { vector: result, nullShare };
}

function removeComponents(x: Float64Array, directions: readonly Float64Array[]): void {
  for (const direction of directions) axpy(-dot(direction, x), direction, x);
}

/** f(T) e1 for the tridiagonal T. */
function firstColumn(
  diagonal: readonly number[],
  offDiagonal: readonly number[],
  f: (x: number) => number,
): { weights: number[]; nullShare: number } {
  const size = diagonal.length;
  const tridiagonal = Matrix.zeros(size, size);
  diagonal.forEach((value, i) => {
    tridiagonal.set(i, i, value);
  });
  offDiagonal.slice(0, size - 1).forEach((value, i) => {
    tridiagonal.set(i, i + 1, value);
    tridiagonal.set(i + 1, i, value);
  });
  const { values, vectors } = symmetricEigen(tridiagonal);
  const result = new Array<number>(size).fill(0);
  let nullShare = 0;
  values.forEach((value, k) => {
    if (value <= ZERO) {
      nullShare += vectors.get(0, k) ** 2;
      return;
    }
    const factor = f(value) * vectors.get(0, k);
    for (let i = 0; i < size; i++) result[i] = (result[i] ?? 0) + factor * vectors.get(i, k);
  });
  return { weights: result, nullShare };
}

/** Relative size of the last change; early steps never count as converged. */
function change(previous: readonly number[], current: readonly number[]): number {
  if (previous.length < 2) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  current.forEach((value, i) => {
    difference += (value - (previous[i] ?? 0)) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(difference / size);
}
