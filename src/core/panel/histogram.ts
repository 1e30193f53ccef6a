/** One cumulative bucket: how many observations (or what rate of them) were <= le. */
export interface Bucket {
  /** Upper bound; the last one must be +Infinity. */
  readonly le: number;
  readonly count: number;
}

/**
 * Quantile of a classic cumulative histogram by linear interpolation inside the bucket that holds the rank.
 *
 * Formula: rank = q * total; value = lower + (upper - lower) * (rank - countBelow) / countInside; the first bucket starts
 * at 0 when its bound is positive; a rank in the last bucket gives the highest finite bound.
 * Assumes: observations spread evenly inside a bucket, hence "approximate". Counts that fall with le (scrapes that did
 * not see all buckets at once) are raised to the previous one.
 * Units: those of `le`. Source: behaviour of Prometheus' `histogram_quantile` as documented.
 * Returns NaN without a +Inf bucket, with fewer than two buckets, or with no observations; -Infinity and Infinity for q
 * below 0 and above 1, as Prometheus does.
 */
export function histogramQuantile(q: number, buckets: readonly Bucket[]): number {
  const sorted = mergeBuckets(buckets);
  const last = sorted.at(-1);
  if (last === undefined || sorted.length < 2 || last.le !== Number.POSITIVE_INFINITY) return Number.NaN;
  if (!(last.count > 0) || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const rank = q * last.count;
  const at = sorted.findIndex((bucket) => bucket.count >= rank);
  if (at === sorted.length - 1) return (sorted[at - 1] as Bucket).le;
  const upper = sorted[at] as Bucket;
  if (at === 0 && upper.le <= 0) return upper.le;
  const lower = at === 0 ? { le: 0, count: 0 } : (sorted[at - 1] as Bucket);
  return lower.le + (upper.le - lower.le) * ((rank - lower.count) / (upper.count - lower.count));
}

/** Sorted by bound, equal bounds added up, counts made non-decreasing. */
function mergeBuckets(buckets: readonly Bucket[]): Bucket[] {
  const merged: { le: number; count: number }[] = [];
  for (const bucket of [...buckets].sort((a, b) => a.le - b.le)) {
    const before = merged.at(-1);
    if (before !== undefined && before.le === bucket.le) before.count += bucket.count;
    else merged.push({ le: bucket.le, count: bucket.count });
  }
  for (let i = 1; i < merged.length; i++) {
    const bucket = merged[i] as { le: number; count: number };
    bucket.count = Math.max(bucket.count, (merged[i - 1] as Bucket).count);
  }
  return merged;
}

/**
 * One histogram of several parts that may have different bounds.
 *
 * Formula: the count at each bound of any part is the sum of the parts' counts there, read between their own bounds as
 * `histogramShare` does; equal bounds simply add up. Parts without a +Inf bucket are not seen and do not count.
 */
export function joinHistograms(parts: readonly (readonly Bucket[])[]): Bucket[] {
  const complete = parts.map(mergeBuckets).filter((part) => part.at(-1)?.le === Number.POSITIVE_INFINITY);
  const bounds = [...new Set(complete.flatMap((part) => part.map(({ le }) => le)))].sort((a, b) => a - b);
  return bounds.map((le) => ({ le, count: complete.reduce((sum, part) => sum + countBelow(le, part), 0) }));
}

function countBelow(le: number, part: readonly Bucket[]): number {
  const known = part.find((bucket) => bucket.le === le);
  if (known !== undefined) return known.count;
  const total = part.at(-1)?.count ?? 0;
  return total > 0 ? total * histogramShare(le, part) : 0;
}

/**
 * Share of observations at or below a value, by linear interpolation inside the bucket that holds it.
 *
 * Formula: (countBelow + countInside * (value - lower)/(upper - lower))/total; the first bucket starts at 0 when its bound
 * is positive. Above the highest finite bound nothing is known but that bound's share.
 * Returns NaN where `histogramQuantile` does.
 */
export function histogramShare(value: number, buckets: readonly Bucket[]): number {
  const sorted = mergeBuckets(buckets);
  const last = sorted.at(-1);
  if (last === undefined || sorted.length < 2 || last.le !== Number.POSITIVE_INFINITY) return Number.NaN;
  if (!(last.count > 0) || Number.isNaN(value)) return Number.NaN;
  if (value === Number.POSITIVE_INFINITY) return 1;
  const at = sorted.findIndex((bucket) => bucket.le >= value);
  const upper = sorted[at] as Bucket;
  if (at === sorted.length - 1) return (sorted[at - 1] as Bucket).count / last.count;
  if (upper.le === value) return upper.count / last.count;
  const lower = at === 0 ? { le: Math.min(0, upper.le), count: 0 } : (sorted[at - 1] as Bucket);
  if (value <= lower.le) return 0;
  const inside = ((upper.count - lower.count) * (value - lower.le)) / (upper.le - lower.le);
  return (lower.count + inside) / last.count;
}
