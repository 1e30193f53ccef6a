import { lambertW } from "../../probability/lambert-w.ts";

export type Sides = "two-sided" | "one-sided";

/**
 * Half-width at time t of an asymptotic confidence sequence for a mean whose observations have standard deviation 1.
 *
 * Formula: sqrt(2 (t rho^2 + 1) / (t^2 rho^2) log(sqrt(t rho^2 + 1) / alpha)); one-sided log(1 + sqrt(t rho^2 + 1) /
 * (2 alpha)) in place of the logarithm.
 * Assumes: independent observations with finite variance; valid at all times together, in the limit of late starts.
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Annals of Statistics 52.
 */
export function sequenceHalfWidth(t: number, rho: number, alpha: number, sides: Sides): number {
  const spread = t * rho * rho + 1;
  const log = sides === "two-sided" ? Math.log(Math.sqrt(spread) / alpha) : Math.log1p(Math.sqrt(spread) / (2 * alpha));
  return Math.sqrt(((2 * spread) / (t * t * rho * rho)) * log);
}

/**
 * The rho whose two-sided sequence is narrowest at time t.
 *
 * Formula: rho^2 t = -W_-1(-alpha^2 / e) - 1; the approximation (-2 log alpha + log(1 - 2 log alpha)) is often quoted.
 */
export function tightestRho(t: number, alpha: number): number {
  return Math.sqrt((-lambertW(-alpha * alpha * Math.exp(-1), -1) - 1) / t);
}

/** sqrt((-2 log alpha + log(1 - 2 log alpha)) / t). */
export function approximateRho(t: number, alpha: number): number {
  const size = -2 * Math.log(alpha);
  return Math.sqrt((size + Math.log(size + 1)) / t);
}

export interface SequencePoint {
  readonly t: number;
  readonly mean: number;
  /** Maximum likelihood standard deviation of the first t observations. */
  readonly sd: number;
  readonly low: number;
  readonly high: number;
  /** Evidence against a mean of zero. */
  readonly logE: number;
  /** min(1, 1/e), the smallest so far from `start` on. */
  readonly pValue: number;
}

/**
 * The confidence sequence of a stream's mean, two-sided; points before `start` are left out.
 *
 * Formula: mean -/+ sd x sequenceHalfWidth; log e = t^2 rho^2 (mean / sd)^2 / (2 (t rho^2 + 1)) - log(t rho^2 + 1) / 2.
 * Units: those of the stream. Complexity: one pass.
 */
export function meanSequence(
  stream: Float64Array,
  options: { readonly rho: number; readonly alpha: number; readonly start: number },
): SequencePoint[] {
  const { rho, alpha, start } = options;
  const points: SequencePoint[] = [];
  let mean = 0;
  let squares = 0;
  let pValue = 1;
  stream.forEach((value, i) => {
    const t = i + 1;
    const step = value - mean;
    mean += step / t;
    squares += step * (value - mean);
    if (t < start) return;
    const sd = Math.sqrt(squares / t);
    const spread = t * rho * rho + 1;
    const logE = (t * rho * (mean / sd)) ** 2 / (2 * spread) - Math.log(spread) / 2;
    pValue = Math.min(pValue, Math.exp(-logE));
    const reach = sd * sequenceHalfWidth(t, rho, alpha, "two-sided");
    points.push({ t, mean, sd, low: mean - reach, high: mean + reach, logE, pValue });
  });
  return points;
}

/**
 * Polynomial stitched boundary: a sub-Gaussian sum stays below it at all intrinsic times at once with probability 1 - alpha.
 *
 * Formula: k1 sqrt(v (s log log(eta v / m) + log(zeta(s) / (alpha log^s eta)))), k1 = (eta^1/4 + eta^-1/4) / sqrt 2, v >= m.
 * Source: Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49, equation 10 with c = 0.
 */
export function stitchedBoundary(
  v: number,
  {
    alpha,
    m = 1,
    eta = 2,
    s = 1.4,
  }: { readonly alpha: number; readonly m?: number; readonly eta?: number; readonly s?: number },
): number {
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
  const time = Math.max(v, m);
  const log = s * Math.log(Math.log((eta * time) / m)) + Math.log(zeta(s) / (alpha * Math.log(eta) ** s));
  return k1 * Math.sqrt(time * log);
}

/** Bernoulli numbers B2, B4, ... over (2k)!. */
const CORRECTIONS = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160];
const DIRECT_TERMS = 20;

/** Riemann's zeta for s > 1. Formula: Euler-Maclaurin summation from term 20 on. */
function zeta(s: number): number {
  let total = 0;
  for (let n = 1; n < DIRECT_TERMS; n++) total += n ** -s;
  total += DIRECT_TERMS ** (1 - s) / (s - 1) + DIRECT_TERMS ** -s / 2;
  let rising = s;
  CORRECTIONS.forEach((coefficient, k) => {
    total += coefficient * rising * DIRECT_TERMS ** (-s - 2 * k - 1);
    rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
  });
  return total;
}
