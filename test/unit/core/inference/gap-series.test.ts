import { describe, expect, it } from "vitest";
import {
  cosineTerms,
  equalWeightedCosine,
  gapRegression,
  neweyWest,
} from "../../../../src/core/inference/gap-series.ts";
import { hc0 } from "../../../../src/core/vcov/hc0.ts";

const gap = Float64Array.from({ length: 60 }, (_, t) => Math.sin(t * t) + (t >= 40 ? 0.7 : 0));
const post = Float64Array.from({ length: 60 }, (_, t) => Number(t >= 40));

function regression() {
  const found = gapRegression(gap, post, [], 0.05);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
}

describe("errors of the gap series", () => {
  it("Newey-West with no lag is the heteroskedasticity-robust error", () => {
    const found = regression();
    const variance = hc0.estimate(found.fit, {});
    if (!variance.ok) throw new Error(variance.refusal.message);
    const { stdError } = neweyWest(found, 0, false);
    expect(stdError).toBeCloseTo(Math.sqrt(variance.value.matrix.get(found.term, found.term)), 13);
  });

  it("the number of cosine terms is the t test's degrees of freedom and grows with T^(2/3)", () => {
    expect(cosineTerms(288)).toBe(17);
    expect(cosineTerms(2)).toBe(1);
    expect(equalWeightedCosine(regression(), cosineTerms(60)).dof).toBe(6);
  });

  it("refuses a series on one side of the deploy", () => {
    const found = gapRegression(gap, new Float64Array(60), [], 0.05);
    expect(found.ok ? "answered" : found.refusal.code).toBe("NOT_ESTIMABLE");
  });
});
