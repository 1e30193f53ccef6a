import { betaLogOdds, betaTails } from "./beta.ts";
import { chiSquareCdf, chiSquareQuantile, chiSquareSf, chiSquareUpperQuantile } from "./chi-square.ts";
import type { Tails } from "./gamma.ts";

/**
 * Tails of the F distribution with real d1, d2 > 0 (d2 = Infinity: chi-square over d1).
 *
 * Formula: I_z(d1 / 2, d2 / 2), z = d1 x / (d1 x + d2).
 * Source: DLMF 8.17; Johnson, Kotz and Balakrishnan 1995, chapter 27.
 */
function fTails(x: number, d1: number, d2: number): Tails {
  if (Number.isNaN(x) || !(d1 > 0 && d2 > 0)) return { lower: Number.NaN, upper: Number.NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 };
  if (d2 === Number.POSITIVE_INFINITY) return { lower: chiSquareCdf(d1 * x, d1), upper: chiSquareSf(d1 * x, d1) };
  const odds = (d1 / d2) * x;
  return betaTails(0.5 * d1, 0.5 * d2, odds === Number.POSITIVE_INFINITY ? 1 : odds / (1 + odds), 1 / (1 + odds));
}

export function fCdf(x: number, d1: number, d2: number): number {
  return fTails(x, d1, d2).lower;
}

/** P(F > x), with relative accuracy in the upper tail. */
export function fSf(x: number, d1: number, d2: number): number {
  return fTails(x, d1, d2).upper;
}

/** x with P(F <= x) = p. */
export function fQuantile(p: number, d1: number, d2: number): number {
  if (d2 === Number.POSITIVE_INFINITY) return chiSquareQuantile(p, d1) / d1;
  return p <= 0.5 ? solve("lower", p, d1, d2) : solve("upper", 1 - p, d1, d2);
}

/** x with P(F > x) = p; use it for small upper tails. */
export function fUpperQuantile(p: number, d1: number, d2: number): number {
  if (d2 === Number.POSITIVE_INFINITY) return chiSquareUpperQuantile(p, d1) / d1;
  return p <= 0.5 ? solve("upper", p, d1, d2) : solve("lower", 1 - p, d1, d2);
}

function solve(tail: "lower" | "upper", p: number, d1: number, d2: number): number {
  if (!(p >= 0 && p <= 1) || !(d1 > 0 && d2 > 0)) return Number.NaN;
  if (p === 0) return tail === "lower" ? 0 : Number.POSITIVE_INFINITY;
  if (p === 1) return tail === "lower" ? Number.POSITIVE_INFINITY : 0;
  return (d2 / d1) * Math.exp(betaLogOdds(tail, p, 0.5 * d1, 0.5 * d2));
}
