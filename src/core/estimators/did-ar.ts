import { CholeskyDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";
import { lagResidual, lagResidualSquares, lagTotals } from "../linalg/lags.ts";
import { isStationary } from "./stationary.ts";

/**
 * Autoregression of a gap series before the deploy, and the variance it implies for contrasts such as
 * mean(post) - mean(pre).
 *
 * Formula: x_t = sum_k phi_k x_{t-k} + e_t, least squares on x minus its mean, order by BIC (p <= 6, p <= n/8);
 * persistence rho = sum phi corrected to rho + (1 + 3 rho)/n, at most 0.995. Contrast w: Var(sum w_t x_t) =
 * sigma^2 * || psi * w ||^2 with psi the impulse response cut at M = min(2000, max(200, 4 L)).
 * Assumes: stationary gap before and, without an effect, after the deploy. Units: squares of the series' units.
 * Source: docs/method.md section 3 step 4; Kendall (1954) for the bias of a least-squares persistence.
 */
export interface ArModel {
  readonly order: number;
  /** After the small-sample correction. */
  readonly phi: readonly number[];
  /** Innovation variance. */
  readonly sigma2: number;
  /** Finite points used. */
  readonly n: number;
}

/** A weight per grid step that is constant on each piece, zero elsewhere. */
export interface ContrastPiece {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly weight: number;
}

const MAX_ORDER = 6;
const MIN_POINTS = 12;
const PERSISTENCE_CAP = 0.995;
/** Below this share of the series' size a spread is rounding noise of the demeaning, not variation. */
const CONSTANT_TOLERANCE = 1e-12;

/** Finite values of x on [0, end), in order. */
export function finiteValues(x: Float64Array, end: number): Float64Array {
  const kept = new Float64Array(end);
  let n = 0;
  for (let t = 0; t < end; t++) {
    const value = x[t] as number;
    if (Number.isFinite(value)) kept[n++] = value;
  }
  return kept.subarray(0, n);
}

/**
 * Fits the autoregression to the finite points of `x` on [0, preEnd), closing gaps.
 * Returns null with fewer than 12 points or when the series does not vary beyond 1e-12 of `size`.
 */
export function fitAr(x: Float64Array, preEnd: number, size: number): ArModel | null {
  const series = finiteValues(x, preEnd);
  const n = series.length;
  if (n < MIN_POINTS) return null;
  demean(series);
  const energy = sumSquares(series);
  if (Math.sqrt(energy / n) <= CONSTANT_TOLERANCE * size) return null;
  const products = lagProducts(series, Math.min(MAX_ORDER, Math.floor(n / 8)));
  let best: { bic: number; phi: Float64Array } = { bic: bicOf(energy / n, n, 0), phi: new Float64Array(0) };
  for (let order = 1; order <= products.orders; order++) {
    const phi = solveAr(series, products, order);
    const bic = bicOf(innovationVariance(series, phi), n, order);
    if (bic < best.bic) best = { bic, phi };
  }
  const order = best.phi.length;
  if (order === 0) return { order, phi: [], sigma2: energy / n, n };
  const phi = refineAr(series, products, best.phi);
  return { order, phi: correctPersistence(phi, n), sigma2: innovationVariance(series, phi), n };
}

/** Residual squares over n - p equations less p coefficients and the mean. */
function innovationVariance(x: Float64Array, phi: Float64Array): number {
  return lagResidualSquares(x, phi) / Math.max(1, x.length - 2 * phi.length - 1);
}

function bicOf(sigma2: number, n: number, order: number): number {
  return n * Math.log(Math.max(sigma2, 1e-300)) + order * Math.log(n);
}

function demean(x: Float64Array): void {
  let sum = 0;
  for (const value of x) sum += value;
  const mean = sum / x.length;
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) - mean;
}

function sumSquares(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum;
}

/** total(k) = sum over all t of x_t x_{t-k}, k = 0..orders: from these every order's Gram matrix differs only at the ends. */
interface LagProducts {
  readonly orders: number;
  readonly totals: Float64Array;
}

function lagProducts(x: Float64Array, orders: number): LagProducts {
  return { orders, totals: lagTotals(x, orders) };
}

/** sum over t = order..n-1 of x_{t-i} x_{t-j}, i <= j <= order. */
function lagProduct(x: Float64Array, { totals }: LagProducts, order: number, i: number, j: number): number {
  const lag = j - i;
  let sum = totals[lag] as number;
  for (let s = lag; s < order - i; s++) sum -= (x[s] as number) * (x[s - lag] as number);
  for (let s = x.length - i; s < x.length; s++) sum -= (x[s] as number) * (x[s - lag] as number);
  return sum;
}

/** Least squares of x_t on its last `order` values by the normal equations. */
function solveAr(x: Float64Array, products: LagProducts, order: number): Float64Array {
  const right = Matrix.zeros(order, 1);
  for (let i = 1; i <= order; i++) right.set(i - 1, 0, lagProduct(x, products, order, 0, i));
  const factor = gramFactor(x, products, order);
  return factor === null ? minimumNormAr(x, order) : Float64Array.from(factor.solve(right).to1DArray());
}

/** One step of iterative refinement: normal equations lose half of the digits, this brings them back. */
function refineAr(x: Float64Array, products: LagProducts, phi: Float64Array): Float64Array {
  const factor = gramFactor(x, products, phi.length);
  if (factor === null) return phi;
  const correction = factor.solve(residualCorrelations(x, phi)).to1DArray();
  return phi.map((value, k) => value + (correction[k] as number));
}

/** Cholesky factor of the lags' Gram matrix; null when they are collinear. */
function gramFactor(x: Float64Array, products: LagProducts, order: number): CholeskyDecomposition | null {
  const gram = Matrix.zeros(order, order);
  for (let i = 1; i <= order; i++) {
    for (let j = i; j <= order; j++) {
      const value = lagProduct(x, products, order, i, j);
      gram.set(i - 1, j - 1, value);
      gram.set(j - 1, i - 1, value);
    }
  }
  const factor = new CholeskyDecomposition(gram);
  return isWellConditioned(factor) ? factor : null;
}

/** Pivots far above rounding: the squared diagonal of the factor against the largest one. */
function isWellConditioned(factor: CholeskyDecomposition): boolean {
  if (!factor.isPositiveDefinite()) return false;
  const pivots = factor.lowerTriangularMatrix.diagonal().map((value) => value * value);
  return Math.min(...pivots) > 1e-12 * Math.max(...pivots);
}

/** Column of sum over t of e_t x_{t-k}, k = 1..order, e the residuals of phi. */
function residualCorrelations(x: Float64Array, phi: Float64Array): Matrix {
  const order = phi.length;
  const sums = new Float64Array(order);
  for (let t = order; t < x.length; t++) {
    const error = lagResidual(x, phi, t);
    for (let k = 0; k < order; k++) sums[k] = (sums[k] as number) + error * (x[t - k - 1] as number);
  }
  return Matrix.columnVector(Array.from(sums));
}

/** Minimum-norm solution for collinear lags (a spike in an otherwise flat series). */
function minimumNormAr(x: Float64Array, order: number): Float64Array {
  const rows = x.length - order;
  const design = new Matrix(rows, order);
  const target = new Matrix(rows, 1);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < order; k++) design.set(r, k, x[order + r - k - 1] as number);
    target.set(r, 0, x[order + r] as number);
  }
  const solution = new SingularValueDecomposition(design, { autoTranspose: true }).solve(target);
  return Float64Array.from(solution.to1DArray());
}

/**
 * Kendall's correction, spread over the lags in proportion. Where lags of both signs nearly cancel the proportion is
 * huge and would turn a stationary model into one that grows with every step: then the estimate stays as it is.
 */
function correctPersistence(phi: Float64Array, n: number): number[] {
  let rho = 0;
  for (const value of phi) rho += value;
  const factor = rho > 0 ? Math.min(rho + (1 + 3 * rho) / n, PERSISTENCE_CAP) / rho : 1;
  const corrected = Array.from(phi, (value) => value * factor);
  return isStationary(corrected) ? corrected : Array.from(phi);
}

/** Running sums of the impulse response: cumulative[k] = psi_0 + ... + psi_k, k < M. */
export interface ImpulseResponse {
  readonly sigma2: number;
  readonly psi: Float64Array;
  readonly cumulative: Float64Array;
}

/** Shares of the running sum far below rounding: what follows cannot change a digit of it. */
const FADED = 1e-24;

/** Impulse response of the model for a window of `length` steps, cut earlier where it has faded away. */
export function impulseResponse(model: ArModel, length: number): ImpulseResponse {
  const size = Math.min(2000, Math.max(200, 4 * length));
  const psi = new Float64Array(size);
  const cumulative = new Float64Array(size);
  const { order, phi } = model;
  psi[0] = 1;
  cumulative[0] = 1;
  let [used, small] = [1, 0];
  // As many faded values as the model remembers: all that follow are made of them.
  while (used < size && small < Math.max(1, order)) {
    let value = 0;
    for (let j = 0; j < Math.min(order, used); j++) value += (phi[j] as number) * (psi[used - 1 - j] as number);
    const sum = (cumulative[used - 1] as number) + value;
    psi[used] = value;
    cumulative[used] = sum;
    small = Math.abs(value) <= FADED * Math.abs(sum) ? small + 1 : 0;
    used++;
  }
  return { sigma2: model.sigma2, psi: psi.subarray(0, used), cumulative: cumulative.subarray(0, used) };
}

/** psi_0 + ... + psi_k, zero for k < 0, constant past the cut. */
function cumulativeAt(response: ImpulseResponse, k: number): number {
  if (k < 0) return 0;
  const last = response.cumulative.length - 1;
  return response.cumulative[Math.min(k, last)] as number;
}

/** (psi * w)(s) = sum_j psi_j w_{s+j} for every shock time s that reaches the window. */
export function shockLoadings(
  response: ImpulseResponse,
  pieces: readonly ContrastPiece[],
  length: number,
): Float64Array {
  const reach = response.psi.length - 1;
  const loadings = new Float64Array(length + reach);
  const { cumulative } = response;
  const limit = cumulative[reach] as number;
  for (const { from, to, weight } of pieces) {
    // Shocks before i = from reach the piece from its start on, the others from themselves on.
    for (let i = 0; i < from + reach; i++) {
      const first = from - 1 - i + reach;
      const last = to - 1 - i + reach;
      const sum =
        (last < reach ? (cumulative[last] as number) : limit) - (first < reach ? (cumulative[first] as number) : limit);
      loadings[i] = (loadings[i] as number) + weight * sum;
    }
    for (let i = from + reach; i < to + reach; i++) {
      const last = to - 1 - i + reach;
      loadings[i] = (loadings[i] as number) + weight * (last < reach ? (cumulative[last] as number) : limit);
    }
  }
  return loadings;
}

/** The same for a weight per step. */
export function shockLoadingsOf(response: ImpulseResponse, weights: Float64Array): Float64Array {
  const reach = response.psi.length - 1;
  const loadings = new Float64Array(weights.length + reach);
  for (let t = 0; t < weights.length; t++) {
    const weight = weights[t] as number;
    if (weight === 0) continue;
    for (let j = 0; j <= reach; j++) {
      const at = t - j + reach;
      loadings[at] = (loadings[at] as number) + weight * (response.psi[j] as number);
    }
  }
  return loadings;
}

/** Covariance of two contrasts from their shock loadings. */
export function contrastCovariance(response: ImpulseResponse, a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) sum += (a[i] as number) * (b[i] as number);
  return response.sigma2 * sum;
}

/** gamma_0, and the long-run variance gamma_0 + 2 sum_{k < length} gamma_k. */
export function autocovarianceSummary(
  response: ImpulseResponse,
  length: number,
): { readonly gamma0: number; readonly longRun: number } {
  const { psi, sigma2 } = response;
  let gamma0 = 0;
  let total = 0;
  for (let j = 0; j < psi.length; j++) {
    const value = psi[j] as number;
    gamma0 += value * value;
    total += value * (cumulativeAt(response, j + length - 1) - cumulativeAt(response, j - 1));
  }
  return { gamma0: gamma0 * sigma2, longRun: (2 * total - gamma0) * sigma2 };
}
