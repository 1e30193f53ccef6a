import { describe, expect, it } from "vitest";
import { clusteredRate } from "../../../../src/core/inference/clustered-rate.ts";
import { clopperPearson } from "../../../../src/core/probability/binomial.ts";

const trials = (hits: readonly number[], clusters: readonly number[]) =>
  clusters.map((cluster, i) => ({ cluster, hit: hits.includes(i) }));
const own = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("the rate of clustered trials", () => {
  it("is the usual exact interval when every trial is independent", () => {
    const found = clusteredRate(trials([3, 40], own(92)), 0.05);
    const { low, high } = clopperPearson(2, 92, 0.05);
    expect(found).toEqual({ count: 2, of: 92, rate: 2 / 92, effective: 92, confLow: low, confHigh: high });
  });

  it("counts windows and not fake deploys where each window was used ten times", () => {
    const clusters = own(200).map((i) => Math.floor(i / 10));
    const never = clusteredRate(trials([], clusters), 0.05);
    expect([never?.effective, never?.confLow]).toEqual([20, 0]);
    expect(never?.confHigh).toBeCloseTo(clopperPearson(0, 20, 0.05).high, 12);
    // All ten of one window alarm: that is one window of twenty.
    const together = clusteredRate(trials(own(10), clusters), 0.05);
    expect(together?.effective).toBe(20);
    expect(together?.confHigh).toBeCloseTo(clopperPearson(1, 20, 0.05).high, 12);
  });

  it("believes fakes of one window as far as they disagree, unless overlap forbids it", () => {
    const clusters = own(200).map((i) => Math.floor(i / 10));
    const scattered = trials([5, 37, 64, 91, 118, 142, 170, 199], clusters);
    const free = clusteredRate(scattered, 0.05);
    expect(free?.effective).toBeGreaterThan(100);
    expect(clusteredRate(scattered, 0.05, 20)?.effective).toBe(20);
  });

  it("says nothing about no trial, and is exact about all", () => {
    expect(clusteredRate([], 0.05)).toBeNull();
    expect(clusteredRate(trials(own(5), own(5)), 0.05)).toMatchObject({ rate: 1, confHigh: 1 });
  });
});
