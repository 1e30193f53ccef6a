import { solveIncreasing } from "./root.ts";
import { deviancePart, stirlingError } from "./stirling.ts";

const HALF_LOG_TWO_PI = 0.9189385332046727418;
const ONE_MINUS_EULER = 0.42278433509846713939;
const MAX_TERMS = 10_000_000;

/** zeta(k) - 1 for k = 2..41 (DLMF 25.6). */
const ZETA_MINUS_ONE = [
  0.64493406684822643647, 0.2020569031595942854, 0.082323233711138191516, 0.036927755143369926331,
  0.017343061984449139715, 0.0083492773819228268398, 0.0040773561979443393787, 0.0020083928260822144179,
  0.00099457512781808533715, 0.0004941886041194645587, 0.00024608655330804829864, 0.00012271334757848914675,
  0.000061248135058704829259, 0.000030588236307020493552, 0.000015282259408651871733, 7.6371976378997622736e-6,
  3.8172932649998398565e-6, 1.9082127165539389257e-6, 9.5396203387279611315e-7, 4.7693298678780646312e-7,
  2.3845050272773299e-7, 1.1921992596531107307e-7, 5.9608189051259479612e-8, 2.9803503514652280186e-8,
  1.4901554828365041235e-8, 7.450711789835429492e-9, 3.7253340247884570548e-9, 1.8626597235130490064e-9,
  9.3132743241966818287e-10, 4.656629065033784073e-10, 2.328311833676505492e-10, 1.1641550172700519776e-10,
  5.8207720879027008892e-11, 2.9103850444970996869e-11, 1.4551921891041984236e-11, 7.2759598350574810145e-12,
  3.6379795473786511902e-12, 1.8189896503070659476e-12, 9.0949478402638892825e-13, 4.5474737830421540268e-13,
] as const;

/** log Gamma(2 + w) for |w| <= 1/2; keeps relative accuracy at its zero w = 0. */
function logGammaNearTwo(w: number): number {
  let sum = 0;
  for (let i = ZETA_MINUS_ONE.length - 1; i >= 0; i--) {
    const k = i + 2;
    sum = sum * -w + (ZETA_MINUS_ONE[i] ?? 0) / k;
  }
  return ONE_MINUS_EULER * w + w * w * sum;
}

/**
 * log Gamma(x) for x > 0; NaN for x <= 0 (no statistic here needs the reflection).
 *
 * Formula: Taylor series at 2 with recurrences below 8 (relative accuracy at the zeros 1 and 2), Stirling from 8 on.
 * Source: DLMF 5.7.3, 5.5.1, 5.11.1.
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x >= 8) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirlingError(x);
  if (x < 0.5) return logGammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return logGammaNearTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let shifted = x;
  while (shifted > 2.5) {
    shifted -= 1;
    product *= shifted;
  }
  return Math.log(product) + logGammaNearTwo(shifted - 2);
}

/** Both tails of a continuous distribution, each with its own relative accuracy. */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Regularized incomplete gamma functions P(a, x) and Q(a, x) for shape a > 0, x >= 0.
 *
 * Formula: power series for x < max(1, a), Lentz continued fraction otherwise; the prefactor x^a e^-x / Gamma(a) is
 * sqrt(a / 2 pi) exp(-deviancePart(a, x) - stirlingError(a)), which does not cancel for large a.
 * Source: DLMF 8.7.1, 8.9.2; Loader 2000.
 */
export function gammaTails(a: number, x: number): Tails {
  if (!(a > 0) || !(x >= 0)) return { lower: Number.NaN, upper: Number.NaN };
  if (x === 0) return { lower: 0, upper: 1 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 };
  if (a < 1 && x < 1) return smallShapeTails(a, x);
  const density = Math.sqrt(a / (2 * Math.PI)) * Math.exp(-deviancePart(a, x) - stirlingError(a));
  if (x < Math.max(1, a)) {
    const lower = (density / a) * lowerSeries(a, x);
    return { lower, upper: 1 - lower };
  }
  const upper = density * upperFraction(a, x);
  return { lower: 1 - upper, upper };
}

/**
 * Tails for a, x < 1, where 1 - P would cancel.
 *
 * Formula: with p0 = x^a / Gamma(a + 1), P = p0 (1 + a S) and Q = (1 - p0) - p0 a S, S = sum (-x)^k / ((a + k) k!).
 * Source: DLMF 8.7.1.
 */
function smallShapeTails(a: number, x: number): Tails {
  const logFirst = a * Math.log(x) - logGamma(a + 1);
  const first = Math.exp(logFirst);
  let power = 1;
  let sum = 0;
  for (let k = 1; k < 40; k++) {
    power *= -x / k;
    sum += power / (a + k);
  }
  return { lower: first * (1 + a * sum), upper: -Math.expm1(logFirst) - first * a * sum };
}

function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < MAX_TERMS; k++) {
    term *= x / (a + k);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let k = 1; k < MAX_TERMS; k++) {
    const an = -k * (k - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const delta = d * c;
    h *= delta;
    if (Math.abs(delta - 1) < 1e-16) break;
  }
  return h;
}

export function regularizedGammaQ(a: number, x: number): number {
  return gammaTails(a, x).upper;
}

/** x with the given tail area; solved for log x on the log of that tail, so that far tails keep their digits. */
function solveGamma(a: number, tail: "lower" | "upper", p: number): number {
  if (!(p >= 0 && p <= 1) || !(a > 0)) return Number.NaN;
  if (p === 0) return tail === "lower" ? 0 : Number.POSITIVE_INFINITY;
  if (p === 1) return tail === "lower" ? Number.POSITIVE_INFINITY : 0;
  const target = Math.log(p);
  const u = solveIncreasing(
    (logX) => {
      const tails = gammaTails(a, Math.exp(logX));
      return tail === "lower" ? Math.log(tails.lower) - target : target - Math.log(tails.upper);
    },
    Math.log(a),
    Math.min(2, 1 / Math.sqrt(a)),
  );
  return Math.exp(u);
}

/** x with P(a, x) = p. */
export function gammaQuantile(p: number, a: number): number {
  return p <= 0.5 ? solveGamma(a, "lower", p) : solveGamma(a, "upper", 1 - p);
}

/** x with Q(a, x) = p; use it for small upper tails. */
export function gammaUpperQuantile(p: number, a: number): number {
  return p <= 0.5 ? solveGamma(a, "upper", p) : solveGamma(a, "lower", 1 - p);
}
