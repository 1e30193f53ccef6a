const MAX_EXPANSIONS = 200;
const MAX_ITERATIONS = 300;

/**
 * Root of a continuous increasing function on the whole line: the bracket grows from `guess` by doubling steps, then
 * Chandrupatla's method (bisection that switches to inverse quadratic interpolation where that is safe).
 *
 * Formula: inverse quadratic step when xi < phi^2 and 1 - xi < (1 - phi)^2, bisection otherwise.
 * Assumes: f is increasing; it may return -Infinity and Infinity, which only count by their sign.
 * Source: Chandrupatla 1997, Advances in Engineering Software 28(3).
 */
export function solveIncreasing(f: (u: number) => number, guess: number, step: number): number {
  const start = f(guess);
  if (start === 0) return guess;
  if (Number.isNaN(start)) return Number.NaN;
  let near = guess;
  let nearValue = start;
  let reach = start < 0 ? Math.abs(step) : -Math.abs(step);
  for (let i = 0; i < MAX_EXPANSIONS; i++) {
    const far = near + reach;
    const farValue = f(far);
    if (farValue === 0) return far;
    if (Number.isNaN(farValue)) return Number.NaN;
    if (farValue > 0 !== nearValue > 0) return refine(f, near, nearValue, far, farValue);
    near = far;
    nearValue = farValue;
    reach *= 2;
  }
  return Number.NaN;
}

/** Root between two points where `f` has opposite signs; `accuracy` is the width at which to stop (0: full precision). */
export function findRoot(f: (u: number) => number, low: number, high: number, accuracy = 0): number {
  const lowValue = f(low);
  const highValue = f(high);
  if (lowValue === 0) return low;
  if (highValue === 0) return high;
  if (!(lowValue < 0 !== highValue < 0) || Number.isNaN(lowValue) || Number.isNaN(highValue)) return Number.NaN;
  return refine(f, low, lowValue, high, highValue, accuracy);
}

function refine(
  f: (u: number) => number,
  low: number,
  lowValue: number,
  high: number,
  highValue: number,
  accuracy = 0,
): number {
  let a = high;
  let fa = highValue;
  let b = low;
  let fb = lowValue;
  let c = b;
  let fc = fb;
  let t = 0.5;
  for (let i = 0; i < MAX_ITERATIONS; i++) {
    const x = a + t * (b - a);
    const fx = f(x);
    if (fx > 0 === fa > 0) {
      c = a;
      fc = fa;
    } else {
      c = b;
      fc = fb;
      b = a;
      fb = fa;
    }
    a = x;
    fa = fx;
    const best = Math.abs(fa) < Math.abs(fb) ? a : b;
    const tolerance = (2 * Number.EPSILON * Math.abs(best) + accuracy / 2 + Number.MIN_VALUE) / Math.abs(b - a);
    if (fa === 0 || tolerance > 0.5) return best;
    t = Math.min(Math.max(interpolate(a, fa, b, fb, c, fc), tolerance), 1 - tolerance);
  }
  return Math.abs(fa) < Math.abs(fb) ? a : b;
}

/** Fraction of the way from a to b for the next point. */
function interpolate(a: number, fa: number, b: number, fb: number, c: number, fc: number): number {
  if (!Number.isFinite(fa) || !Number.isFinite(fb) || !Number.isFinite(fc) || fc === fb) return 0.5;
  const xi = (a - b) / (c - b);
  const phi = (fa - fb) / (fc - fb);
  if (!(phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi)) return 0.5;
  const t = (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb));
  return Number.isFinite(t) ? t : 0.5;
}
