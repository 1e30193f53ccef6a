/** One native histogram at one instant: filled buckets only, not cumulative. */
export interface NativeHistogram {
  /** Epoch seconds. */
  readonly time: number;
  /** All observations, those that are no number among them; NaN: the server could not say. */
  readonly count: number;
  /** Ascending triples: lower bound, upper bound, observations between them. */
  readonly buckets: Float64Array;
}

/** Cumulative counts of one unit below each bound, at every instant: what classic buckets would have held. */
export interface BucketColumns {
  /** Epoch seconds, ascending. */
  readonly times: Float64Array;
  /** Ascending; the last one is +Infinity. */
  readonly bounds: readonly number[];
  /** One array per bound, as long as `times`. */
  readonly counts: readonly Float64Array[];
  /** Bounds that all instants have in common, before they were thinned out. */
  readonly exactBounds: number;
}

/**
 * A finer resolution than this says nothing more about a quantile: 160 bounds are 20 doublings at 9 % each (schema 3).
 * Each bound is a series of its own, here and in result.json.
 */
const MOST_BOUNDS = 160;

/** Sums of counts at every rate differ from the total by rounding alone. */
const ROUNDING = 1e-6;

export type BucketReading =
  | { readonly ok: true; readonly columns: BucketColumns }
  | { readonly ok: false; readonly detail: string };

/**
 * Turns native histograms of one unit into cumulative buckets with bounds that do not change over time.
 *
 * Method: every end of a filled bucket is a candidate; those inside a filled bucket of another instant are dropped,
 * since the count below them is not known there. Exponential buckets nest, so a change of schema merges down to the
 * coarsest one, and only where that one has observations. A count below a bound that stays is the server's own, exactly.
 * Observations that are no number are in `count` and in no bucket: they stand above every finite bound, as in
 * Prometheus' own quantiles. Without negative (positive) observations the zero bucket starts (ends) at zero.
 * Complexity: time grows with the buckets in the answer, memory with instants times bounds.
 * Source: Prometheus, specification of native histograms.
 */
export function toBucketColumns(given: readonly NativeHistogram[]): BucketReading {
  const fault = given.map(faultOf).find((detail) => detail !== null);
  if (fault !== undefined) return { ok: false, detail: fault };
  const histograms = withoutEmptySides(given);
  const exact = commonBounds(histograms);
  const bounds = [...thinned(exact), Number.POSITIVE_INFINITY];
  const counts = bounds.map(() => new Float64Array(histograms.length));
  histograms.forEach((histogram, at) => {
    fillInstant(histogram, at, bounds, counts);
  });
  const times = Float64Array.from(histograms, (histogram) => histogram.time);
  return { ok: true, columns: { times, bounds, counts, exactBounds: exact.length } };
}

function faultOf({ count, buckets }: NativeHistogram): string | null {
  let total = 0;
  for (let at = 0; at < buckets.length; at += 3) {
    const inside = buckets[at + 2] ?? 0;
    if (inside < 0) return "it gives a native histogram with a negative bucket";
    total += inside;
  }
  if (count < 0) return "it gives a native histogram with a negative count";
  if (total > count * (1 + ROUNDING)) return "it gives a native histogram whose buckets hold more than its count";
  return null;
}

/** The zero bucket reaches to both sides of zero even when observations of one sign cannot occur. */
function withoutEmptySides(histograms: readonly NativeHistogram[]): readonly NativeHistogram[] {
  const filled = (isOnSide: (lower: number, upper: number) => boolean): boolean =>
    histograms.some(({ buckets }) => someBucket(buckets, isOnSide));
  const hasNegative = filled((lower, upper) => lower < 0 && upper <= 0);
  const hasPositive = filled((lower, upper) => lower >= 0 && upper > 0);
  if (hasNegative && hasPositive) return histograms;
  return histograms.map((histogram) => {
    const buckets = histogram.buckets.slice();
    for (let at = 0; at < buckets.length; at += 3) {
      const [lower = 0, upper = 0] = [buckets[at], buckets[at + 1]];
      if (!(lower < 0 && upper > 0)) continue;
      if (!hasNegative) buckets[at] = 0;
      else if (!hasPositive) buckets[at + 1] = 0;
    }
    return { ...histogram, buckets };
  });
}

function someBucket(buckets: Float64Array, test: (lower: number, upper: number) => boolean): boolean {
  for (let at = 0; at < buckets.length; at += 3) {
    if ((buckets[at + 2] ?? 0) > 0 && test(buckets[at] ?? 0, buckets[at + 1] ?? 0)) return true;
  }
  return false;
}

/** Finite ends of filled buckets, ascending, without those that lie inside a filled bucket of some instant. */
function commonBounds(histograms: readonly NativeHistogram[]): number[] {
  /** Upper ends by lower end: few, since instants share most of their buckets. */
  const extents = new Map<number, Set<number>>();
  for (const { buckets } of histograms) {
    for (let at = 0; at < buckets.length; at += 3) {
      if (!((buckets[at + 2] ?? 0) > 0)) continue;
      const lower = buckets[at] ?? 0;
      const uppers = extents.get(lower) ?? new Set<number>();
      extents.set(lower, uppers.add(buckets[at + 1] ?? 0));
    }
  }
  const ends = [...extents].flatMap(([lower, uppers]) => [lower, ...uppers]);
  const candidates = [...new Set(ends)].filter(Number.isFinite).sort((a, b) => a - b);
  const covers = [...extents].map(([lower, uppers]) => [lower, Math.max(...uppers)] as const);
  covers.sort(([a], [b]) => a - b);
  let next = 0;
  let reach = Number.NEGATIVE_INFINITY;
  return candidates.filter((bound) => {
    // Only buckets that start below the bound can hold it inside.
    for (let cover = covers[next]; cover !== undefined && cover[0] < bound; cover = covers[next]) {
      reach = Math.max(reach, cover[1]);
      next += 1;
    }
    return reach <= bound;
  });
}

/** Every other bound until there are few enough; zero and the ends stay. */
function thinned(bounds: readonly number[]): readonly number[] {
  let kept = bounds;
  while (kept.length > MOST_BOUNDS) {
    const last = kept.length - 1;
    kept = kept.filter((bound, index) => index % 2 === 0 || index === last || bound === 0);
  }
  return kept;
}

function fillInstant(
  { count, buckets }: NativeHistogram,
  at: number,
  bounds: readonly number[],
  counts: readonly Float64Array[],
): void {
  let below = 0;
  let next = 0;
  bounds.forEach((bound, index) => {
    const column = counts[index];
    if (column === undefined) return;
    while (next < buckets.length && (buckets[next + 1] ?? 0) <= bound) {
      below += buckets[next + 2] ?? 0;
      next += 3;
    }
    // A total that is not known leaves nothing of this instant to compare with.
    column[at] = Number.isNaN(count) ? count : bound === Number.POSITIVE_INFINITY ? Math.max(count, below) : below;
  });
}
