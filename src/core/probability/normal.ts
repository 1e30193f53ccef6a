import { erf, erfc, erfcScaled } from "./erf.ts";

const SQRT_HALF = Math.SQRT1_2;
const LOG_TWO = Math.LN2;
const INVERSE_SQRT_TWO_PI = 0.39894228040143267794;

export function normalPdf(x: number): number {
  return INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x);
}

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

/**
 * x > 0 with P(Z > x) = p < 1/2.
 *
 * Formula: Newton on log P(Z > x), which is concave, so that the iteration is monotone after the first step; close to
 * the centre Newton on P(0 < Z < x), which keeps relative accuracy of x.
 */
function upperQuantile(p: number): number {
  return p > 0.25 ? centralQuantile(0.5 - p) : tailQuantile(Math.log(p));
}

function centralQuantile(area: number): number {
  let x = area / INVERSE_SQRT_TWO_PI;
  for (let i = 0; i < 50; i++) {
    const step = (0.5 * erf(x * SQRT_HALF) - area) / normalPdf(x);
    x -= step;
    if (Math.abs(step) <= 1e-16 * x) break;
  }
  return x;
}

function tailQuantile(logP: number): number {
  let x = Math.sqrt(-2 * logP - Math.log(Math.max(-4 * Math.PI * logP, 1)));
  if (!(x > 0.6)) x = 0.6;
  for (let i = 0; i < 50; i++) {
    const logTail = normalLogSf(x);
    const hazard = Math.exp(-0.5 * x * x - logTail) * INVERSE_SQRT_TWO_PI;
    const step = (logTail - logP) / hazard;
    x += step;
    if (Math.abs(step) <= 2e-16 * x) break;
  }
  return x;
}
