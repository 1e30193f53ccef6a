import type { Tails } from "./gamma.ts";
import { solveIncreasing } from "./root.ts";
import { deviancePart, stirlingError } from "./stirling.ts";

const MAX_TERMS = 1_000_000;
const TINY = 1e-300;

/**
 * Regularized incomplete beta function I_x(a, b) and its complement, for a, b > 0.
 *
 * `y` is 1 - x; a caller who knows it better than the subtraction would (Student t, F) passes it.
 *
 * Formula: even part of the continued fraction on the side of the mean where it converges; the prefactor
 * x^a y^b / B(a, b) is built from deviance parts and Stirling errors, which does not cancel for large a or b.
 * Source: DiDonato and Morris 1992, ACM TOMS 18(3), section 9; Loader 2000.
 */
export function betaTails(a: number, b: number, x: number, y: number = 1 - x): Tails {
  if (!(a > 0 && b > 0) || !(x >= 0 && y >= 0)) return { lower: Number.NaN, upper: Number.NaN };
  if (x === 0) return { lower: 0, upper: 1 };
  if (y === 0) return { lower: 1, upper: 0 };
  const n = a + b;
  const density =
    Math.sqrt((a * b) / (2 * Math.PI * n)) *
    Math.exp(stirlingError(n) - stirlingError(a) - stirlingError(b) - deviancePart(a, n * x) - deviancePart(b, n * y));
  if (x < (a + 1) / (n + 2)) {
    const lower = density * continuedFraction(a, b, x, y);
    return { lower, upper: 1 - lower };
  }
  const upper = density * continuedFraction(b, a, y, x);
  return { lower: 1 - upper, upper };
}

/**
 * B(a, b) I_x(a, b) / (x^a y^b), by the modified Lentz method.
 *
 * The distance a y - b x of x from the mean enters as such, so that nothing cancels when a is huge and x close to 1.
 */
function continuedFraction(a: number, b: number, x: number, y: number): number {
  const distance = a * y - b * x + 1;
  let c = nonZero((a / (a + 1)) * distance);
  let d = 0;
  let h = c;
  for (let m = 1; m < MAX_TERMS; m++) {
    const twice = a + 2 * m;
    const alpha = ((a + m - 1) / (twice - 1)) * ((a + b + m - 1) / (twice - 1)) * m * (b - m) * x * x;
    const beta = m + (m * (b - m) * x) / (twice - 1) + ((a + m) / (twice + 1)) * (distance + m * (1 + y));
    d = 1 / nonZero(beta + alpha * d);
    c = nonZero(beta + alpha / c);
    const delta = d * c;
    h *= delta;
    if (Math.abs(delta - 1) < 1e-16) break;
  }
  return 1 / h;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

export function regularizedBeta(x: number, a: number, b: number): number {
  return betaTails(a, b, x).lower;
}

/**
 * The point where the chosen tail of Beta(a, b) has area p, as log(x / (1 - x)): keeps the digits of both x and 1 - x.
 */
export function betaLogOdds(tail: "lower" | "upper", p: number, a: number, b: number): number {
  const target = Math.log(p);
  return solveIncreasing(
    (logOdds) => {
      const x = 1 / (1 + Math.exp(-logOdds));
      const y = 1 / (1 + Math.exp(logOdds));
      const tails = betaTails(a, b, x, y);
      return tail === "lower" ? Math.log(tails.lower) - target : target - Math.log(tails.upper);
    },
    Math.log(a / b),
    Math.min(2, Math.sqrt((a + b) / (a * b))),
  );
}

/** x with I_x(a, b) = p. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1) || !(a > 0 && b > 0)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  const logOdds = p <= 0.5 ? betaLogOdds("lower", p, a, b) : betaLogOdds("upper", 1 - p, a, b);
  return 1 / (1 + Math.exp(-logOdds));
}

/** x with 1 - I_x(a, b) = p; use it for small upper tails. */
export function betaUpperQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1) || !(a > 0 && b > 0)) return Number.NaN;
  if (p === 0 || p === 1) return 1 - p;
  const logOdds = p <= 0.5 ? betaLogOdds("upper", p, a, b) : betaLogOdds("lower", 1 - p, a, b);
  return 1 / (1 + Math.exp(-logOdds));
}
