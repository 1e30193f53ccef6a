/** The nine sample quantiles of Hyndman and Fan; 1 is the inverse of the empirical distribution, 7 interpolates. */
export type QuantileType = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

const FUZZ = 4 * Number.EPSILON;

/** a and b of the plotting positions (k - a)/(n + 1 - a - b) for types 4 to 9. */
const POSITIONS: Readonly<Record<4 | 5 | 6 | 7 | 8 | 9, readonly [number, number]>> = {
  4: [0, 1],
  5: [0.5, 0.5],
  6: [0, 0],
  7: [1, 1],
  8: [1 / 3, 1 / 3],
  9: [3 / 8, 3 / 8],
};

/**
 * Sample quantile of ascending values.
 *
 * Formula: types 1 to 3 are steps (inverse distribution; with averages at jumps; nearest even), 4 to 9 interpolate
 * between order statistics. A position within 4 eps n of an integer counts as that integer.
 * Assumes: `sorted` is ascending and not empty; 0 <= p <= 1.
 * Source: Hyndman and Fan 1996, American Statistician 50.
 */
export function sampleQuantile(sorted: Float64Array, p: number, type: QuantileType): number {
  const n = sorted.length;
  const at = (k: number): number => sorted[Math.min(Math.max(k, 1), n) - 1] ?? Number.NaN;
  const fuzz = FUZZ * n;
  if (type === 1 || type === 2 || type === 3) {
    const position = type === 3 ? n * p - 0.5 : n * p;
    const j = Math.floor(position + fuzz);
    const isJump = position <= j + fuzz;
    if (!isJump) return at(j + 1);
    if (type === 1) return at(j);
    return type === 2 ? (at(j) + at(j + 1)) / 2 : at(j % 2 === 0 ? j : j + 1);
  }
  const [a, b] = POSITIONS[type];
  const position = a + p * (n + 1 - a - b);
  const j = Math.floor(position + fuzz);
  const share = Math.abs(position - j) <= fuzz ? 0 : position - j;
  return share === 0 ? at(j) : at(j) + share * (at(j + 1) - at(j));
}

/** Share of ascending values that are at most x. */
export function empiricalCdf(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= x) low = middle + 1;
    else high = middle;
  }
  return low / sorted.length;
}

/** Largest distance of two empirical distributions (Kolmogorov and Smirnov), both samples ascending. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (const sample of [a, b]) {
    for (const x of sample) largest = Math.max(largest, Math.abs(empiricalCdf(a, x) - empiricalCdf(b, x)));
  }
  return largest;
}

/**
 * Mean distance of the quantile functions of two samples (Wasserstein-1), both ascending.
 *
 * Formula: integral |F^-1(q) - G^-1(q)| dq exactly, or with `points` its mean over the mid-points of as many intervals.
 * Source: Villani 2003, Topics in Optimal Transportation, section 2.2.
 */
export function wassersteinDistance(a: Float64Array, b: Float64Array, points?: number): number {
  if (points !== undefined) {
    let total = 0;
    for (let k = 0; k < points; k++) {
      const q = (k + 0.5) / points;
      total += Math.abs(sampleQuantile(a, q, 1) - sampleQuantile(b, q, 1));
    }
    return total / points;
  }
  let [i, j, from, total] = [0, 0, 0, 0];
  while (i < a.length && j < b.length) {
    // the next jump of either quantile function, compared as integers
    const left = (i + 1) * b.length;
    const right = (j + 1) * a.length;
    const to = Math.min(left, right);
    total += (to - from) * Math.abs((a[i] as number) - (b[j] as number));
    from = to;
    if (left === to) i++;
    if (right === to) j++;
  }
  return total / (a.length * b.length);
}
