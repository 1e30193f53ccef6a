import { Matrix } from "ml-matrix";
import { invertPositiveDefinite } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";

export const KERNELS = ["triangular", "epanechnikov", "uniform"] as const;
export type Kernel = (typeof KERNELS)[number];

/** Rows on one side of the cut-off, ascending in x. */
export interface Side {
  readonly name: "below" | "above";
  /** Running variable less the cut-off. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly covariates: readonly Float64Array[];
  /** Positive; null: all 1. */
  readonly weights: Float64Array | null;
  /** Number of the row's cluster; null: rows are independent. */
  readonly cluster: Int32Array | null;
}

/** A weighted polynomial at the cut-off, in u = x / h. Rows with a weight are from..to-1 of the side. */
export interface LocalFit {
  readonly h: number;
  readonly order: number;
  readonly from: number;
  readonly to: number;
  /** Kernel times row weight, for from..to-1. */
  readonly weights: Float64Array;
  /** Inverse of U'WU. */
  readonly inverse: Matrix;
}

/**
 * Local polynomial of the given order on one side.
 *
 * Formula: weights K(x / h), K = 1 - |u|, 3/4 (1 - u^2) or 1/2 on |u| <= 1. Scaling by h keeps the powers well conditioned.
 * Assumes: refuses a window with fewer distinct values than coefficients.
 * Source: Fan and Gijbels 1996.
 */
export function localFit(side: Side, h: number, order: number, kernel: Kernel): Outcome<LocalFit> {
  const { from, to } = rangeOf(side, h, kernel);
  const size = order + 1;
  const weights = new Float64Array(to - from);
  const sums = new Float64Array(2 * order + 1);
  let distinct = 0;
  for (let i = from; i < to; i++) {
    const x = side.x[i] ?? 0;
    const u = x / h;
    const weight = kernelWeight(u, kernel) * (side.weights === null ? 1 : (side.weights[i] ?? 0));
    weights[i - from] = weight;
    if (i === from || x !== side.x[i - 1]) distinct++;
    for (let k = 0, power = weight; k < sums.length; k++, power *= u) sums[k] = (sums[k] ?? 0) + power;
  }
  const gram = new Matrix(
    Array.from({ length: size }, (_, j) => Array.from({ length: size }, (_, k) => sums[j + k] ?? 0)),
  );
  const inverse = distinct < size ? null : invertPositiveDefinite(gram);
  if (inverse === null) return tooFew(side, h, distinct, size);
  return answer({ h, order, from, to, weights, inverse });
}

function tooFew(side: Side, h: number, distinct: number, needed: number): Outcome<never> {
  return refuse(
    "TOO_FEW_UNITS",
    `Within ${h.toPrecision(3)} ${side.name} the cut-off the running variable has ${distinct} distinct values; a polynomial with ${needed} coefficients needs more.`,
    "Give more rows near the cut-off, or a wider window with --set h=N.",
    { side: side.name, distinct, needed },
  );
}

/** Rows with a positive kernel weight; a triangular or Epanechnikov kernel gives 0 at its edge. */
function rangeOf({ x }: Side, h: number, kernel: Kernel): { from: number; to: number } {
  const isIn = (value: number): boolean => kernelWeight(value / h, kernel) > 0;
  let from = 0;
  let to = x.length;
  while (from < to && !isIn(x[from] ?? 0)) from++;
  while (to > from && !isIn(x[to - 1] ?? 0)) to--;
  return { from, to };
}

function kernelWeight(u: number, kernel: Kernel): number {
  const size = Math.abs(u);
  if (size > 1) return 0;
  if (kernel === "triangular") return 1 - size;
  return kernel === "uniform" ? 0.5 : 0.75 * (1 - u * u);
}

/**
 * How much every row counts in the coefficient of u^power: coefficient = sum of loading times y. In x's own units divide by
 * h^power.
 */
export function loadings(side: Side, fit: LocalFit, power: number): Float64Array {
  const { h, from, inverse, order } = fit;
  return fit.weights.map((weight, i) => {
    const u = (side.x[from + i] ?? 0) / h;
    let value = 0;
    for (let k = order; k >= 0; k--) value = value * u + inverse.get(power, k);
    return weight * value;
  });
}

/** All coefficients of a column, in powers of u. */
export function coefficientsOf(side: Side, fit: LocalFit, column: Float64Array): number[] {
  const { h, from, inverse, order } = fit;
  const moments = new Float64Array(order + 1);
  fit.weights.forEach((weight, i) => {
    const u = (side.x[from + i] ?? 0) / h;
    for (let k = 0, power = weight * (column[from + i] ?? 0); k <= order; k++, power *= u) {
      moments[k] = (moments[k] ?? 0) + power;
    }
  });
  return Array.from({ length: order + 1 }, (_, j) =>
    moments.reduce((total, moment, k) => total + inverse.get(j, k) * moment, 0),
  );
}

/** Values of the polynomial on rows from..to-1 of the side. */
export function fittedOn(
  side: Side,
  fit: LocalFit,
  coefficients: readonly number[],
  from: number,
  to: number,
): Float64Array {
  return side.x.slice(from, to).map((x) => coefficients.reduceRight((total, value) => total * (x / fit.h) + value, 0));
}

/**
 * What the fit leaves of u^(order + 1) in the coefficient of u^power: the leading bias per unit of that derivative.
 *
 * Formula: [(U'WU)^-1 U'W u^(order + 1)]_power.
 */
export function biasConstant(side: Side, fit: LocalFit, power: number): number {
  const next = side.x.map((x) => (x / fit.h) ** (fit.order + 1));
  return coefficientsOf(side, fit, next)[power] ?? Number.NaN;
}
