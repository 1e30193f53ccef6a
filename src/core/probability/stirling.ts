/** B(2k) / (2k (2k-1)), k = 1..9: the asymptotic series of the Stirling error. */
const STIRLING_COEFFICIENTS = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
  43867 / 244188,
] as const;

const SERIES_FROM = 16;

/**
 * Error of Stirling's formula: log Gamma(a + 1) - [(a + 1/2) log a - a + log(2 pi) / 2], for a > 0.
 *
 * Formula: asymptotic series from a = 16 on; below, the recurrence delta(a) = delta(a + 1) + (a + 1/2) log(1 + 1/a) - 1.
 * With it, powers and gamma functions of large arguments combine without cancelling.
 * Source: Loader 2000, Fast and accurate computation of binomial probabilities; DLMF 5.11.1.
 */
export function stirlingError(a: number): number {
  let shifted = a;
  let sum = 0;
  while (shifted < SERIES_FROM) {
    sum += (shifted + 0.5) * Math.log1p(1 / shifted) - 1;
    shifted += 1;
  }
  const inverseSquare = 1 / (shifted * shifted);
  let series = 0;
  for (let k = STIRLING_COEFFICIENTS.length - 1; k >= 0; k--) {
    series = series * inverseSquare + (STIRLING_COEFFICIENTS[k] ?? 0);
  }
  return sum + series / shifted;
}

/**
 * Deviance part x log(x / mean) + mean - x, accurate when x is close to the mean.
 *
 * Formula: for |x - mean| < 0.1 (x + mean), (x - mean) v + 2 x sum v^(2j+1) / (2j + 1) with v = (x - mean) / (x + mean).
 * Source: Loader 2000 (bd0).
 */
export function deviancePart(x: number, mean: number): number {
  if (x === 0) return mean;
  const difference = x - mean;
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  const v = difference / (x + mean);
  let sum = difference * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) return next;
    sum = next;
  }
  return sum;
}
