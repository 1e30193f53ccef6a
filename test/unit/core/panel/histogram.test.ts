import { describe, expect, test } from "vitest";
import { histogramQuantile } from "../../../../src/core/panel/histogram.ts";

const INF = Number.POSITIVE_INFINITY;
const buckets = (...pairs: readonly (readonly [number, number])[]) => pairs.map(([le, count]) => ({ le, count }));

describe("quantile of a cumulative histogram", () => {
  const positive = buckets([0.1, 50], [0.2, 70], [1, 110], [INF, 120]);

  test.each([
    [0, 0],
    [0.01, 0.0024],
    [0.25, 0.06],
    [0.5, 0.15],
    [0.75, 0.6],
    [0.9, 0.96],
    [0.95, 1],
    [1, 1],
  ])("q = %d", (q, expected) => {
    expect(histogramQuantile(q, positive)).toBeCloseTo(expected, 12);
  });

  test("counts that fall with the bound are raised, equal bounds add up, order does not matter", () => {
    expect(histogramQuantile(0.5, buckets([INF, 19], [0.5, 20], [0.1, 10], [0.2, 8]))).toBeCloseTo(0.1, 12);
    expect(histogramQuantile(0.5, buckets([0.2, 1], [0.1, 1], [0.2, 1], [INF, 4], [0.2, 1]))).toBeCloseTo(0.15, 12);
  });

  test("a rank beyond the last finite bound gives that bound", () => {
    expect(histogramQuantile(0.5, buckets([0.1, 0], [1, 0], [INF, 7]))).toBe(1);
  });

  test("a first bound that is not positive is the answer for its ranks", () => {
    expect(histogramQuantile(0.1, buckets([-0.2, 10], [-0.1, 20], [INF, 30]))).toBe(-0.2);
  });

  test.each([
    ["no observations", buckets([0.1, 0], [INF, 0])],
    ["no last bucket", buckets([0.1, 1], [1, 2])],
    ["only the last bucket", buckets([INF, 5])],
    ["no bucket", []],
  ])("%s has no quantile", (_, some) => {
    expect(histogramQuantile(0.5, some)).toBeNaN();
  });
});
