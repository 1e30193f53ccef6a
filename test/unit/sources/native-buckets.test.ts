import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, histogramQuantile } from "../../../src/core/panel/histogram.ts";
import { type BucketColumns, type NativeHistogram, toBucketColumns } from "../../../src/sources/native-buckets.ts";

type Triple = readonly [lower: number, upper: number, count: number];

function histogram(time: number, buckets: readonly Triple[], count?: number): NativeHistogram {
  const total = buckets.reduce((sum, bucket) => sum + bucket[2], 0);
  return { time, count: count ?? total, buckets: Float64Array.from(buckets.flat()) };
}

function columnsOf(...histograms: readonly NativeHistogram[]): BucketColumns {
  const reading = toBucketColumns(histograms);
  if (!reading.ok) throw new Error(reading.detail);
  return reading.columns;
}

/** bound -> counts over time */
function table(columns: BucketColumns): Record<string, number[]> {
  return Object.fromEntries(columns.bounds.map((bound, index) => [String(bound), [...(columns.counts[index] ?? [])]]));
}

function bucketsAt(columns: BucketColumns, at: number): Bucket[] {
  return columns.bounds.map((le, index) => ({ le, count: columns.counts[index]?.[at] ?? Number.NaN }));
}

const inf = Number.POSITIVE_INFINITY;

describe("native histograms as cumulative buckets", () => {
  test("negative, zero and positive buckets add up from below; both ends of a filled bucket are bounds", () => {
    const columns = columnsOf(
      histogram(10, [
        [-4, -2, 1],
        [-0.5, 0.5, 2],
        [1, 2, 3],
        [4, 8, 4],
      ]),
    );
    expect(table(columns)).toEqual({
      "-4": [0],
      "-2": [1],
      "-0.5": [1],
      "0.5": [3],
      "1": [3],
      "2": [6],
      "4": [6],
      "8": [10],
      Infinity: [10],
    });
  });

  test("a quantile falls into its bucket, not into the empty space below it", () => {
    const columns = columnsOf(
      histogram(10, [
        [1, 2, 5],
        [4, 8, 5],
      ]),
    );
    expect(histogramQuantile(0.75, bucketsAt(columns, 0))).toBe(6);
    expect(histogramQuantile(0.25, bucketsAt(columns, 0))).toBe(1.5);
  });

  test("the zero bucket of durations starts at zero, as in Prometheus' own quantiles", () => {
    const columns = columnsOf(
      histogram(10, [
        [-1, 1, 4],
        [1, 2, 4],
      ]),
    );
    expect(histogramQuantile(0.25, bucketsAt(columns, 0))).toBe(0.5);
    const negative = columnsOf(
      histogram(10, [
        [-2, -1, 4],
        [-1, 1, 4],
      ]),
    );
    expect(histogramQuantile(0.75, bucketsAt(negative, 0))).toBe(-0.5);
  });

  test("a change to a coarser schema merges down, exactly and only where the coarse one has observations", () => {
    const root = Math.SQRT2;
    const fine = histogram(10, [
      [1, root, 1],
      [root, 2, 2],
      [2, 2 * root, 3],
      [2 * root, 4, 4],
      [4, 4 * root, 5],
    ]);
    const coarse = histogram(20, [
      [1, 2, 6],
      [2, 4, 7],
    ]);
    expect(table(columnsOf(fine, coarse))).toEqual({
      "1": [0, 0],
      "2": [3, 6],
      "4": [10, 13],
      [String(4 * root)]: [15, 13],
      Infinity: [15, 13],
    });
  });

  test("a zero bucket that grew swallows the bounds inside it", () => {
    const before = histogram(10, [
      [0.25, 0.5, 1],
      [0.5, 1, 2],
    ]);
    const after = histogram(20, [
      [-0.4, 0.4, 1],
      [0.25, 0.5, 1],
    ]);
    expect([...columnsOf(before, after).bounds]).toEqual([0, 0.5, 1, inf]);
    expect(table(columnsOf(before, after))["0.5"]).toEqual([1, 2]);
  });

  test("observations that are no number stand above every finite bound", () => {
    expect(table(columnsOf(histogram(10, [[1, 2, 3]], 5)))).toEqual({ "1": [0], "2": [3], Infinity: [5] });
  });

  test("without traffic every count is zero, and an unknown count leaves the instant unknown", () => {
    const columns = columnsOf(histogram(10, []), histogram(20, [[1, 2, 3]]), histogram(30, [[1, 2, 3]], Number.NaN));
    expect(table(columns)).toEqual({ "1": [0, 0, Number.NaN], "2": [0, 3, Number.NaN], Infinity: [0, 3, Number.NaN] });
  });

  test("buckets that reach to infinity have no finite end there", () => {
    const columns = columnsOf(
      histogram(10, [
        [-inf, -1, 1],
        [1, inf, 2],
      ]),
    );
    expect(table(columns)).toEqual({ "-1": [1], "1": [1], Infinity: [3] });
  });

  test.each([
    ["a negative bucket", histogram(10, [[1, 2, -1]]), /negative bucket/],
    ["a negative count", histogram(10, [], -1), /negative count/],
    ["buckets that hold more than the count", histogram(10, [[1, 2, 5]], 4), /more than its count/],
  ])("%s is refused", (_name, one, detail) => {
    expect(toBucketColumns([one])).toEqual({ ok: false, detail: expect.stringMatching(detail) });
  });

  test("many bounds are joined in pairs: fewer than the limit, counts still exact", () => {
    const many = Array.from({ length: 1000 }, (_, index): Triple => [index + 1, index + 2, 1]);
    const columns = columnsOf(histogram(10, many));
    expect(columns.exactBounds).toBe(1001);
    expect(columns.bounds.length).toBeLessThanOrEqual(161);
    columns.bounds.slice(0, -1).forEach((bound, index) => {
      expect(columns.counts[index]?.[0]).toBe(bound - 1);
    });
    expect(columns.bounds.slice(-2)).toEqual([1001, inf]);
  });
});

describe("exponential buckets of any schemas", () => {
  /** Observations put into buckets of growth 2^(1/2^schema), as a server would give them. */
  const native = (time: number, schema: number, observations: readonly number[]): NativeHistogram => {
    const counts = new Map<number, number>();
    for (const value of observations) {
      const index = Math.ceil(Math.log2(value) * 2 ** schema - 1e-12);
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const bound = (index: number): number => 2 ** (index / 2 ** schema);
    const buckets = [...counts].sort(([a], [b]) => a - b).map(([i, n]): Triple => [bound(i - 1), bound(i), n]);
    return histogram(time, buckets);
  };
  const observations = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 });
  const instants = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), observations), { minLength: 1, maxLength: 6 });

  test("counts below every bound are the observations below it, at every instant", () => {
    fc.assert(
      fc.property(instants, (given) => {
        const columns = columnsOf(...given.map(([schema, list], index) => native(index, schema, list)));
        expect([...columns.bounds]).toEqual([...columns.bounds].sort((a, b) => a - b));
        given.forEach(([, list], at) => {
          columns.bounds.forEach((bound, index) => {
            // A hair of room for bounds that are powers of two's roots.
            const below = list.filter((value) => value <= bound * (1 + 1e-9)).length;
            expect(columns.counts[index]?.[at]).toBe(below);
          });
        });
      }),
      { numRuns: 300 },
    );
  });

  test("a quantile lies in the bucket that holds the rank, of the coarsest schema that was seen", () => {
    fc.assert(
      fc.property(instants, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (given, q) => {
        const columns = columnsOf(...given.map(([schema, list], index) => native(index, schema, list)));
        given.forEach(([, list], at) => {
          const sorted = [...list].sort((a, b) => a - b);
          const truth = sorted[Math.max(0, Math.ceil(q * list.length - 1e-9) - 1)] ?? Number.NaN;
          const factor = histogramQuantile(q, bucketsAt(columns, at)) / truth;
          expect(factor).toBeGreaterThan(0.5 - 1e-9);
          expect(factor).toBeLessThan(2 + 1e-9);
        });
      }),
      { numRuns: 200 },
    );
  });
});
