import { CholeskyDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";

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
  let best: { readonly bic: number; readonly phi: Float64Array; readonly sigma2: number } | null = null;
  for (let order = 0; order <= Math.min(MAX_ORDER, Math.floor(n / 8)); order++) {
    const phi = order === 0 ? new Float64Array(0) : solveAr(series, order);
    const sigma2 = order === 0 ? energy / n : residualSquares(series, phi) / Math.max(1, n - order - order - 1);
    const bic = n * Math.log(Math.max(sigma2, 1e-300)) + order * Math.log(n);
    if (best === null || bic < best.bic) best = { bic, phi, sigma2 };
  }
  if (best === null) return null;
  return { order: best.phi.length, phi: correctPersistence(best.phi, n), sigma2: best.sigma2, n };
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

/** Least squares of x_t on its last `order` values: normal equations with one step of iterative refinement. */
function solveAr(x: Float64Array, order: number): Float64Array {
  const factor = new CholeskyDecomposition(lagProducts(x, order));
  if (!isWellConditioned(factor)) return minimumNormAr(x, order);
  const phi = Float64Array.from(factor.solve(lagCorrelations(x, x, order)).to1DArray());
  const refinement = factor.solve(lagCorrelations(residuals(x, phi), x, order)).to1DArray();
  return phi.map((value, k) => value + (refinement[k] as number));
}

/** Pivots far above rounding: the squared diagonal of the factor against the largest one. */
function isWellConditioned(factor: CholeskyDecomposition): boolean {
  if (!factor.isPositiveDefinite()) return false;
  const pivots = factor.lowerTriangularMatrix.diagonal().map((value) => value * value);
  return Math.min(...pivots) > 1e-12 * Math.max(...pivots);
}

/** Column of sum over t = order..n-1 of y_t x_{t-k}, k = 1..order. */
function lagCorrelations(y: Float64Array, x: Float64Array, order: number): Matrix {
  const column = new Matrix(order, 1);
  for (let k = 1; k <= order; k++) {
    let sum = 0;
    for (let t = order; t < x.length; t++) sum += (y[t] as number) * (x[t - k] as number);
    column.set(k - 1, 0, sum);
  }
  return column;
}

/** Gram matrix of lags 1..order over t = order..n-1; along a diagonal the sums differ only at the two ends. */
function lagProducts(x: Float64Array, order: number): Matrix {
  const n = x.length;
  const gram = new Matrix(order, order);
  for (let lag = 0; lag < order; lag++) {
    let sum = 0;
    for (let t = order; t < n; t++) sum += (x[t - 1] as number) * (x[t - 1 - lag] as number);
    for (let i = 1; i + lag <= order; i++) {
      if (i > 1) {
        sum += (x[order - i] as number) * (x[order - i - lag] as number);
        sum -= (x[n - i] as number) * (x[n - i - lag] as number);
      }
      gram.set(i - 1, i - 1 + lag, sum);
      gram.set(i - 1 + lag, i - 1, sum);
    }
  }
  return gram;
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

function residuals(x: Float64Array, phi: Float64Array): Float64Array {
  const order = phi.length;
  const out = new Float64Array(x.length);
  for (let t = order; t < x.length; t++) {
    let fitted = 0;
    for (let k = 0; k < order; k++) fitted += (phi[k] as number) * (x[t - k - 1] as number);
    out[t] = (x[t] as number) - fitted;
  }
  return out;
}

function residualSquares(x: Float64Array, phi: Float64Array): number {
  return sumSquares(residuals(x, phi));
}

function correctPersistence(phi: Float64Array, n: number): number[] {
  let rho = 0;
  for (const value of phi) rho += value;
  const factor = rho > 0 ? Math.min(rho + (1 + 3 * rho) / n, PERSISTENCE_CAP) / rho : 1;
  return Array.from(phi, (value) => value * factor);
}

/** Running sums of the impulse response: cumulative[k] = psi_0 + ... + psi_k, k < M. */
export interface ImpulseResponse {
  readonly sigma2: number;
  readonly psi: Float64Array;
  readonly cumulative: Float64Array;
}

/** Impulse response of the model for a window of `length` steps. */
export function impulseResponse(model: ArModel, length: number): ImpulseResponse {
  const size = Math.min(2000, Math.max(200, 4 * length));
  const psi = new Float64Array(size);
  const cumulative = new Float64Array(size);
  psi[0] = 1;
  cumulative[0] = 1;
  for (let k = 1; k < size; k++) {
    let sum = 0;
    for (let j = 0; j < Math.min(model.order, k); j++) sum += (model.phi[j] as number) * (psi[k - 1 - j] as number);
    psi[k] = sum;
    cumulative[k] = (cumulative[k - 1] as number) + sum;
  }
  return { sigma2: model.sigma2, psi, cumulative };
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
  for (const piece of pieces) {
    for (let i = 0; i < piece.to + reach; i++) {
      const s = i - reach;
      const sum = cumulativeAt(response, piece.to - 1 - s) - cumulativeAt(response, piece.from - 1 - s);
      loadings[i] = (loadings[i] as number) + piece.weight * sum;
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
