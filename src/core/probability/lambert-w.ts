/**
 * Lambert W: w with w e^w = x, on branch 0 (w >= -1, x >= -1/e) or branch -1 (w <= -1, -1/e <= x < 0).
 *
 * Formula: Halley iteration from the branch-point series or the logarithmic asymptote.
 * Source: Corless, Gonnet, Hare, Jeffrey and Knuth 1996, On the Lambert W function.
 */
export function lambertW(x: number, branch: 0 | -1 = 0): number {
  const aboveBranchPoint = Math.E * x + 1;
  if (Number.isNaN(x) || aboveBranchPoint < 0 || (branch === -1 && x >= 0)) {
    return branch === -1 && x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  }
  if (x === 0 || x === Number.POSITIVE_INFINITY) return x;
  let w = initialGuess(x, branch, aboveBranchPoint);
  for (let i = 0; i < 100; i++) {
    const exponential = Math.exp(w);
    const f = w * exponential - x;
    const slope = exponential * (w + 1);
    if (slope === 0) return w;
    const step = f / (slope - ((w + 2) * f) / (2 * w + 2));
    w -= step;
    if (Math.abs(step) <= 2e-16 * Math.abs(w)) break;
  }
  return w;
}

function initialGuess(x: number, branch: 0 | -1, aboveBranchPoint: number): number {
  const p = Math.sqrt(2 * aboveBranchPoint);
  if (branch === -1) {
    if (x < -0.25) return -1 - p - (p * p) / 3;
    const log = Math.log(-x);
    return log - Math.log(-log);
  }
  if (x < -0.25) return -1 + p - (p * p) / 3;
  if (x < 3) return Math.log1p(x) * (1 - Math.log1p(Math.log1p(x)) / (2 + Math.log1p(x)));
  const log = Math.log(x);
  return log - Math.log(log);
}
