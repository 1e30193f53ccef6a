import { erfc, erfcScaled } from "./erf.ts";

const SQRT_HALF = Math.SQRT1_2;
const LOG_TWO = Math.LN2;
const INVERSE_SQRT_TWO_PI = 0.39894228040143267794;

/** P(Z <= x), with relative accuracy in the lower tail. */
export function normalCdf(x: number): number {
  return normalSf(-x);
}

/** P(Z > x), with relative accuracy in the upper tail. */
export function normalSf(x: number): number {
  return 0.5 * erfc(x * SQRT_HALF);
}

/** log P(Z <= x); finite where the probability itself underflows. */
export function normalLogCdf(x: number): number {
  return normalLogSf(-x);
}

/** log P(Z > x). */
export function normalLogSf(x: number): number {
  if (x < 0) return Math.log1p(-normalSf(-x));
  if (x < 1) return Math.log(normalSf(x));
  return Math.log(erfcScaled(x * SQRT_HALF)) - LOG_TWO - 0.5 * x * x;
}

/** x with P(Z <= x) = p. For an upper tail p use -normalQuantile(p). */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  return p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p);
}

/** Rational approximations in powers of q^2 or r, constant term first. Source: Wichura 1988, AS 241 (PPND16). */
const CENTRAL_NUMERATOR = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
] as const;
const CENTRAL_DENOMINATOR = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852854561,
] as const;
const TAIL_NUMERATOR = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
] as const;
const TAIL_DENOMINATOR = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
] as const;
const FAR_NUMERATOR = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
] as const;
const FAR_DENOMINATOR = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
] as const;

function ratio(numerator: readonly number[], denominator: readonly number[], r: number): number {
  let top = 0;
  let bottom = 0;
  for (let i = numerator.length - 1; i >= 0; i--) {
    top = top * r + (numerator[i] ?? 0);
    bottom = bottom * r + (denominator[i] ?? 0);
  }
  return top / bottom;
}

/**
 * x > 0 with P(Z > x) = p < 1/2.
 *
 * Formula: AS 241; beyond p = 1e-20, where it loses digits, one Newton step on log P(Z > x).
 * Source: Wichura 1988, Applied Statistics 37(3).
 */
function upperQuantile(p: number): number {
  const q = 0.5 - p;
  if (q <= 0.425) return q * ratio(CENTRAL_NUMERATOR, CENTRAL_DENOMINATOR, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(p));
  if (r <= 5) return ratio(TAIL_NUMERATOR, TAIL_DENOMINATOR, r - 1.6);
  const x = ratio(FAR_NUMERATOR, FAR_DENOMINATOR, r - 5);
  if (p > 1e-20) return x;
  const logTail = normalLogSf(x);
  const hazard = Math.exp(-0.5 * x * x - logTail) * INVERSE_SQRT_TWO_PI;
  return x + (logTail - Math.log(p)) / hazard;
}
