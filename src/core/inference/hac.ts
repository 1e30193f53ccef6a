import { inverse, Matrix } from "ml-matrix";
import { dot, mean, sum } from "../linalg/kernels.ts";
import type { LinearFit } from "../regression/ols.ts";

/** Weights below this end the sum of autocovariances. */
const NEGLIGIBLE_WEIGHT = 1e-7;

export type Kernel = "bartlett" | "quadratic-spectral";

/** Columns x_tj e_t in time order. */
export function timeScores(fit: LinearFit): Float64Array[] {
  return fit.columns.map((column) => column.map((x, t) => x * (fit.residuals[t] ?? 0)));
}

/**
 * Kernel weight at x = lag / bandwidth.
 *
 * Formula: Bartlett 1 - |x|; quadratic spectral 25 / (12 pi^2 x^2) (sin z / z - cos z), z = 6 pi x / 5.
 * Source: Andrews 1991, Econometrica 59, equation 2.7.
 */
export function kernelWeight(kernel: Kernel, x: number): number {
  if (x === 0) return 1;
  if (kernel === "bartlett") return Math.max(0, 1 - Math.abs(x));
  const z = (6 * Math.PI * x) / 5;
  return (3 / z ** 2) * (Math.sin(z) / z - Math.cos(z));
}

/** Weights of lags 0, 1, .. up to the last that is not negligible. */
export function kernelWeights(kernel: Kernel, bandwidth: number, length: number): number[] {
  const weights = Array.from({ length }, (_, lag) => kernelWeight(kernel, lag / bandwidth));
  const last = weights.findLastIndex((weight) => Math.abs(weight) > NEGLIGIBLE_WEIGHT);
  return weights.slice(0, last + 1);
}

/** G_0 + sum over lags of weight (G_l + G_l'), not divided by n. */
export function longRunSum(scores: readonly Float64Array[], weights: readonly number[]): Matrix {
  const size = scores.length;
  const result = Matrix.zeros(size, size);
  const length = scores[0]?.length ?? 0;
  weights.forEach((weight, lag) => {
    if (lag >= length) return;
    scores.forEach((a, j) => {
      scores.forEach((b, k) => {
        const product = dot(a.subarray(lag), b.subarray(0, length - lag));
        result.set(j, k, result.get(j, k) + weight * product);
        if (lag > 0) result.set(k, j, result.get(k, j) + weight * product);
      });
    });
  });
  return result;
}

export interface Prewhitened {
  readonly residuals: readonly Float64Array[];
  /** (I - A)^-1. */
  readonly recolour: Matrix;
}

/**
 * First-order vector autoregression of the scores, without intercept, by least squares.
 *
 * Source: Andrews and Monahan 1992, Econometrica 60.
 */
export function prewhiten(scores: readonly Float64Array[]): Prewhitened {
  const length = scores[0]?.length ?? 0;
  const present = scores.map((column) => column.subarray(1));
  const past = scores.map((column) => column.subarray(0, length - 1));
  const crossed = new Matrix(present.map((a) => past.map((b) => dot(a, b))));
  const squared = new Matrix(past.map((a) => past.map((b) => dot(a, b))));
  const transition = crossed.mmul(inverse(squared));
  const residuals = present.map((column, j) =>
    column.map((value, t) => past.reduce((rest, b, k) => rest - transition.get(j, k) * (b[t] ?? 0), value)),
  );
  return { residuals, recolour: inverse(Matrix.sub(Matrix.eye(scores.length), transition)) };
}

/** Slope and innovation variance of x_t on an intercept and x_(t-1). */
function autoregression(x: Float64Array): { slope: number; innovation: number } {
  const centred = x.map((value) => value - mean(x));
  const present = centred.subarray(1);
  const past = centred.subarray(0, x.length - 1);
  const presentMean = mean(present);
  const pastMean = mean(past);
  const square = dot(past, past) - past.length * pastMean ** 2;
  const slope = (dot(present, past) - past.length * presentMean * pastMean) / square;
  const errors = present.map((value, t) => value - presentMean - slope * ((past[t] ?? 0) - pastMean));
  return { slope, innovation: dot(errors, errors) / errors.length };
}

/**
 * Andrews' plug-in bandwidth from first-order autoregressions of the scores.
 *
 * Formula: Bartlett 1.1447 (alpha1 n)^(1/3), quadratic spectral 1.3221 (alpha2 n)^(1/5); the intercept's score has
 * weight 0 (`counted` says which columns count).
 * Source: Andrews 1991, equations 6.2 and 6.4.
 */
export function andrewsBandwidth(scores: readonly Float64Array[], counted: readonly boolean[], kernel: Kernel): number {
  let denominator = 0;
  let first = 0;
  let second = 0;
  scores.forEach((column, j) => {
    if (!counted[j]) return;
    const { slope, innovation } = autoregression(column);
    const fourth = innovation ** 2;
    denominator += fourth / (1 - slope) ** 4;
    first += (4 * slope ** 2 * fourth) / ((1 - slope) ** 6 * (1 + slope) ** 2);
    second += (4 * slope ** 2 * fourth) / (1 - slope) ** 8;
  });
  const n = scores[0]?.length ?? 0;
  return kernel === "bartlett"
    ? 1.1447 * ((first / denominator) * n) ** (1 / 3)
    : 1.3221 * ((second / denominator) * n) ** (1 / 5);
}

/**
 * Newey and West's automatic Bartlett bandwidth.
 *
 * Formula: 1.1447 ((s1 / s0)^2 n)^(1/3) from m = floor(c (n / 100)^(2/9)) autocovariances of the summed scores, c = 3 for
 * prewhitened scores and 4 otherwise.
 * Source: Newey and West 1994, Review of Economic Studies 61.
 */
export function neweyWestBandwidth(
  scores: readonly Float64Array[],
  counted: readonly boolean[],
  prewhitened: boolean,
): number {
  const length = scores[0]?.length ?? 0;
  const total = new Float64Array(length);
  scores.forEach((column, j) => {
    if (counted[j])
      column.forEach((value, t) => {
        total[t] = (total[t] ?? 0) + value;
      });
  });
  const n = length + (prewhitened ? 1 : 0);
  const lags = Math.floor((prewhitened ? 3 : 4) * (n / 100) ** (2 / 9));
  let level = dot(total, total) / length;
  let slope = 0;
  for (let lag = 1; lag <= lags; lag++) {
    const covariance = dot(total.subarray(lag), total.subarray(0, length - lag)) / length;
    level += 2 * covariance;
    slope += 2 * lag * covariance;
  }
  return 1.1447 * ((slope / level) ** 2 * n) ** (1 / 3);
}

/**
 * Equal-weighted cosine long-run sum, times n.
 *
 * Formula: (1 / nu) sum_j L_j L_j' with L_j = sqrt(2) sum_t z_t cos(pi j (t - 1/2) / n), j = 1..nu; t with nu degrees.
 * Source: Lazarus, Lewis, Stock and Watson 2018, JBES 36.
 */
export function cosineSum(scores: readonly Float64Array[], nu: number): Matrix {
  const n = scores[0]?.length ?? 0;
  const result = Matrix.zeros(scores.length, scores.length);
  for (let j = 1; j <= nu; j++) {
    const wave = Float64Array.from({ length: n }, (_, t) => Math.SQRT2 * Math.cos((Math.PI * j * (t + 0.5)) / n));
    const loading = scores.map((column) => dot(column, wave));
    loading.forEach((a, row) => {
      loading.forEach((b, column) => {
        result.set(row, column, result.get(row, column) + (a * b) / nu);
      });
    });
  }
  return result;
}

/** Autocorrelations at lags 1..count, with divisor n and the mean removed. Source: Box and Jenkins 1976. */
export function autocorrelations(x: Float64Array, count: number): number[] {
  const centre = mean(x);
  const centred = x.map((value) => value - centre);
  const square = dot(centred, centred);
  return Array.from(
    { length: count },
    (_, i) => dot(centred.subarray(i + 1), centred.subarray(0, x.length - i - 1)) / square,
  );
}

/** sum (e_t - e_(t-1))^2 / sum e_t^2; 2 without first-order correlation. Source: Durbin and Watson 1950. */
export function durbinWatson(residuals: Float64Array): number {
  let steps = 0;
  for (let t = 1; t < residuals.length; t++) steps += ((residuals[t] ?? 0) - (residuals[t - 1] ?? 0)) ** 2;
  return steps / dot(residuals, residuals);
}

/** Means of consecutive blocks of nearly equal length. */
export function blockMeans(x: Float64Array, blocks: number): Float64Array {
  return Float64Array.from({ length: blocks }, (_, b) => {
    const from = Math.round((b * x.length) / blocks);
    const part = x.subarray(from, Math.round(((b + 1) * x.length) / blocks));
    return sum(part) / part.length;
  });
}
