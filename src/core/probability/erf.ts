const TWO_OVER_SQRT_PI = 1.1283791670955125739;
const ONE_OVER_SQRT_PI = 0.56418958354775628695;
const SERIES_BELOW = 2.2;

/**
 * Error function.
 *
 * Formula: erf x = 2 / sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!! below 2, 1 - erfc x above.
 * Source: DLMF 7.6.2.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) < SERIES_BELOW) return series(x);
  return x > 0 ? 1 - erfcScaled(x) * expMinusSquare(x) : erfcScaled(-x) * expMinusSquare(x) - 1;
}

/** Complementary error function 1 - erf x, with relative accuracy in the upper tail. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < SERIES_BELOW) return 1 - erf(x);
  return erfcScaled(x) * expMinusSquare(x);
}

/**
 * e^(x^2) erfc x for x >= 1/2, which neither under- nor overflows.
 *
 * Formula: continued fraction 1 / (sqrt(pi) (x + (1/2) / (x + 1 / (x + (3/2) / ...)))), evaluated backwards with as
 * many terms as double precision needs at this x.
 * Source: DLMF 7.9.1.
 */
export function erfcScaled(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  const terms = Math.ceil(10 + 200 / (x * x));
  let tail = x;
  for (let k = terms; k >= 1; k--) tail = x + (0.5 * k) / tail;
  return ONE_OVER_SQRT_PI / tail;
}

function series(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * square) / (2 * n + 1);
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-square) * sum;
}

/** e^(-x^2) with x split into a short head, so that rounding x^2 does not cost digits for large x. */
export function expMinusSquare(x: number): number {
  const head = Math.trunc(Math.abs(x) * 16) / 16;
  const rest = Math.abs(x) - head;
  return Math.exp(-head * head) * Math.exp(-rest * (2 * head + rest));
}
