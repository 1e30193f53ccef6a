import type { Tails } from "./gamma.ts";
import { normalCdf, normalSf } from "./normal.ts";
import { stirlingError } from "./stirling.ts";

/** Integrand contributions below e^-NEGLIGIBLE of the total are left out. */
const NEGLIGIBLE = 90;

/**
 * Tails of the noncentral t distribution: (Z + ncp) / sqrt(chi2(dof) / dof).
 *
 * Formula: integral over s of Phi(t s - ncp) times the density of s = sqrt(chi2(dof) / dof), on the log scale u = log s,
 * where the integrand is smooth and decays at both ends, so that the trapezoidal rule converges exponentially. Both
 * tails are sums of positive terms: no cancellation for negative ncp or t. Far tails live where s is small (or large) rather
 * than near 1, at e^2u = dof / (dof + t^2) and beyond, so that the range reaches as far.
 * Assumes: dof > 0, finite ncp; Infinity as dof gives the shifted normal.
 * Source: Johnson, Kotz and Balakrishnan 1995, chapter 31; Trefethen and Weideman 2014 (trapezoidal rule).
 */
export function noncentralTTails(t: number, dof: number, ncp: number): Tails {
  if (Number.isNaN(t) || Number.isNaN(ncp) || !(dof > 0)) return { lower: Number.NaN, upper: Number.NaN };
  if (dof === Number.POSITIVE_INFINITY) return { lower: normalCdf(t - ncp), upper: normalSf(t - ncp) };
  const scale = 2 * Math.sqrt(dof / (4 * Math.PI)) * Math.exp(-stirlingError(dof / 2));
  const step = 1 / (2.5 * Math.max(Math.sqrt(2 * dof), Math.abs(ncp), 4));
  const from = Math.floor((lowEnd(dof) - 0.5 * Math.log1p((t * t + Math.abs(t * ncp)) / dof)) / step);
  const to = Math.ceil((highEnd(dof) + Math.log1p(Math.abs(t * ncp) / (dof + t * t))) / step);
  let lower = 0;
  let upper = 0;
  for (let i = from; i <= to; i++) {
    const u = i * step;
    const density = Math.exp(dof * (u - 0.5 * Math.expm1(2 * u)));
    const z = t * Math.exp(u) - ncp;
    lower += density * normalCdf(z);
    upper += density * normalSf(z);
  }
  return { lower: lower * scale * step, upper: upper * scale * step };
}

/**
 * Left end of the range: dof (u - (e^2u - 1) / 2) is below -NEGLIGIBLE there. The exponent is at most u + 1/2, and at
 * most -0.7 u^2 while |u| < 1/2.
 */
function lowEnd(dof: number): number {
  const quadratic = Math.sqrt(NEGLIGIBLE / (0.7 * dof));
  return quadratic < 0.5 ? -quadratic : -NEGLIGIBLE / dof - 0.5;
}

/** Right end: the exponent is at most -u^2, and e^2u dominates further out. */
function highEnd(dof: number): number {
  return Math.min(Math.sqrt(NEGLIGIBLE / dof), 0.5 * Math.log((2 * NEGLIGIBLE) / dof + 10));
}

/** P(T <= t). */
export function noncentralTCdf(t: number, dof: number, ncp: number): number {
  return noncentralTTails(t, dof, ncp).lower;
}

/** P(T > t). */
export function noncentralTSf(t: number, dof: number, ncp: number): number {
  return noncentralTTails(t, dof, ncp).upper;
}
