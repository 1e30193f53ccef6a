import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import type { EventStudyEstimates } from "../../../../src/core/inference/sensitivity/estimates.ts";
import { pretrendPower, slopeForPower } from "../../../../src/core/inference/sensitivity/pretrend-power.ts";
import {
  relativeIdentifiedSet,
  relativeMagnitudes,
} from "../../../../src/core/inference/sensitivity/relative-magnitudes.ts";
import {
  foldedNormalQuantile,
  frontierOf,
  smoothnessBreakdown,
  smoothnessIdentifiedSet,
  smoothnessInterval,
} from "../../../../src/core/inference/sensitivity/smoothness.ts";
import { VertexSearch } from "../../../../src/core/linalg/vertex-search.ts";
import { noncentralChiSquareSf } from "../../../../src/core/probability/noncentral-chi-square.ts";
import { truncatedNormalQuantile } from "../../../../src/core/probability/truncated-normal.ts";

const STUDY: EventStudyEstimates = {
  coefficients: [0.1, -0.05, 0.02, 1, 1.2],
  covariance: Matrix.eye(5).mul(0.01).add(Matrix.ones(5, 5).mul(0.004)),
  pre: 3,
  target: [1, 0],
};

function frontier(study = STUDY) {
  const found = frontierOf(study);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
}

test("folded normal quantile: none, some and overwhelming bias", () => {
  expect(foldedNormalQuantile(0, 0.05)).toBeCloseTo(1.959963984540054, 10);
  expect(foldedNormalQuantile(100, 0.05)).toBeCloseTo(100 + 1.6448536269514722, 8);
});

describe("smoothness", () => {
  test("the estimator gives no weight to linear trends, and all of the target to the post coefficients", () => {
    const { weights } = smoothnessInterval(frontier(), 0.01, 0.05);
    const relative = [-3, -2, -1, 1, 2];
    expect(weights.reduce((total, weight, k) => total + weight * (relative[k] ?? 0), 0)).toBeCloseTo(0, 12);
    expect(weights.slice(3)).toEqual([1, 0]);
  });

  test("a linear trend in all coefficients moves no interval; scaling scales", () => {
    const plain = smoothnessInterval(frontier(), 0.02, 0.05);
    const tilted = STUDY.coefficients.map((value, k) => value + 0.3 * (k < 3 ? k - 3 : k - 2));
    const same = smoothnessInterval(frontier({ ...STUDY, coefficients: tilted }), 0.02, 0.05);
    expect(same.low).toBeCloseTo(plain.low, 10);
    const scaled = {
      ...STUDY,
      coefficients: STUDY.coefficients.map((v) => 7 * v),
      covariance: Matrix.mul(STUDY.covariance, 49),
    };
    expect(smoothnessInterval(frontier(scaled), 0.14, 0.05).high).toBeCloseTo(7 * plain.high, 8);
  });

  test("intervals grow with the bound, and zero enters at the breakdown value", () => {
    const widths = [0, 0.01, 0.1, 1].map((bound) => smoothnessInterval(frontier(), bound, 0.05).halfLength);
    expect([...widths].sort((a, b) => a - b)).toEqual(widths);
    const bound = smoothnessBreakdown(frontier(), 0.05);
    expect(smoothnessInterval(frontier(), bound * 0.999, 0.05).low).toBeGreaterThan(0);
    expect(smoothnessInterval(frontier(), bound * 1.001, 0.05).low).toBeLessThan(0);
  });

  test("the identified set by hand: leads 0, 0, 0 leave an effect of 1 within one bend", () => {
    const flat = { ...STUDY, coefficients: [0, 0, 0, 1, 1.2] };
    expect(smoothnessIdentifiedSet(flat, 0.25)).toEqual({ low: 0.75, high: 1.25 });
    expect(smoothnessIdentifiedSet(STUDY, 0.01)).toBeNull();
  });
});

describe("relative magnitudes", () => {
  test("the identified set by hand, and inside the confidence set", () => {
    const set = relativeIdentifiedSet(STUDY, 1);
    expect(set.low).toBeCloseTo(1 - 0.15, 12);
    expect(set.high).toBeCloseTo(1 + 0.15, 12);
    for (const kind of ["conditional", "c-lf"] as const) {
      const found = relativeMagnitudes(STUDY, 1, { test: kind, alpha: 0.05, seed: 1 });
      expect(found.ok && found.value.low).toBeLessThan(set.low);
      expect(found.ok && found.value.high).toBeGreaterThan(set.high);
    }
  });

  test("same seed, same bytes", () => {
    const run = () => JSON.stringify(relativeMagnitudes(STUDY, 0.5, { test: "c-lf", alpha: 0.05, seed: 3 }));
    expect(run()).toBe(run());
  });
});

test("refuses what has no answer", () => {
  const codeOf = (study: Partial<EventStudyEstimates>): string => {
    const found = frontierOf({ ...STUDY, ...study });
    return found.ok ? "answer" : found.refusal.code;
  };
  expect(codeOf({ pre: 0, target: [1, 0, 0, 0, 0] })).toBe("TOO_FEW_PERIODS");
  expect(codeOf({ target: [1] })).toBe("NOT_ESTIMABLE");
  expect(codeOf({ coefficients: [0, Number.NaN, 0, 1, 1] })).toBe("NOT_FINITE");
  expect(codeOf({ covariance: Matrix.zeros(5, 5) })).toBe("NO_VARIATION");
});

describe("power of the pre-test", () => {
  test("one lead: the normal power function, and the slope that reaches it", () => {
    const one = { coefficients: [0, 1], covariance: Matrix.eye(2), pre: 1, target: [1] };
    const at = pretrendPower(one, 1.959963984540054, 0.05);
    expect(at.ok && at.value.power).toBeCloseTo(0.5 + 0.00004427, 5);
    const slope = slopeForPower(one, 0.8, 0.05);
    expect(slope.ok && slope.value).toBeCloseTo(2.8015, 3);
  });

  test("no slope has less power than the test's own size", () => {
    const outcome = slopeForPower(STUDY, 0.01, 0.05);
    expect(outcome.ok ? "answer" : outcome.refusal.code).toBe("NOT_ESTIMABLE");
  });
});

test("vertices: a small programme by hand, again with another objective, and one without a solution", () => {
  // x + y + s = 4, x + 3y + t = 6
  const search = new VertexSearch(
    [Float64Array.of(1, 1), Float64Array.of(1, 3), Float64Array.of(1, 0), Float64Array.of(0, 1)],
    Float64Array.of(4, 6),
  );
  expect(search.maximize(Float64Array.of(1, 2, 0, 0))?.optimum).toBeCloseTo(5, 12);
  expect(search.maximize(Float64Array.of(0, 1, 0, 0))?.optimum).toBeCloseTo(2, 12);
  const impossible = new VertexSearch([Float64Array.of(-1)], Float64Array.of(1));
  expect(impossible.maximize(Float64Array.of(1))).toBeNull();
});

test("noncentral chi-square at tabled points, truncated normal in both tails", () => {
  expect(noncentralChiSquareSf(9.487729036781154, 4, 0)).toBeCloseTo(0.05, 12);
  // values of scipy's ncx2
  expect(noncentralChiSquareSf(4, 2, 2)).toBeCloseTo(0.3942968588923316, 10);
  expect(noncentralChiSquareSf(30, 4, 12.5)).toBeCloseTo(0.05467424926650528, 10);
  expect(truncatedNormalQuantile(0.5, -1, 1)).toBeCloseTo(0, 12);
  expect(truncatedNormalQuantile(0.5, 40, Number.POSITIVE_INFINITY)).toBeCloseTo(40 + Math.log(2) / 40, 4);
  expect(truncatedNormalQuantile(0.95, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBeCloseTo(
    1.6448536269514722,
    10,
  );
});
