import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import {
  approximateRho,
  meanSequence,
  sequenceHalfWidth,
  stitchedBoundary,
  tightestRho,
} from "../../../../src/core/inference/sequential/confidence-sequence.ts";
import { classicalBoundary, spendingBoundary } from "../../../../src/core/inference/sequential/group-sequential.ts";
import { coefficientRadius, modelLogE, tightestPhi } from "../../../../src/core/inference/sequential/linear-model.ts";
import { mixtureHalfWidth, mixtureTest } from "../../../../src/core/inference/sequential/mixture-test.ts";
import { normalQuantile } from "../../../../src/core/probability/normal.ts";

/** Twelve uniforms less six: nearly normal with variance 1. */
function noise(seed: number, length: number): Float64Array {
  const random = randomStream(seed);
  return Float64Array.from({ length }, () => Array.from({ length: 12 }, random.next).reduce((a, b) => a + b, -6));
}

describe("confidence sequences", () => {
  it("cover the mean at all 400 times together in about 95 of 100 streams, a fixed interval does not", () => {
    const rho = tightestRho(200, 0.05);
    let always = 0;
    let fixed = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const points = meanSequence(noise(seed, 400), { rho, alpha: 0.05, start: 20 });
      if (points.every(({ low, high }) => low <= 0 && high >= 0)) always++;
      if (points.every(({ t, mean, sd }) => Math.abs(mean) <= (1.96 * sd) / Math.sqrt(t))) fixed++;
    }
    expect(always).toBeGreaterThanOrEqual(93);
    expect(fixed).toBeLessThan(85);
  });

  it("are narrowest at the time rho was chosen for", () => {
    for (const t of [20, 500]) {
      const best = sequenceHalfWidth(t, tightestRho(t, 0.05), 0.05, "two-sided");
      for (const factor of [0.9, 1.1]) {
        expect(sequenceHalfWidth(t, factor * tightestRho(t, 0.05), 0.05, "two-sided")).toBeGreaterThan(best);
      }
      expect(Math.abs(approximateRho(t, 0.05) / tightestRho(t, 0.05) - 1)).toBeLessThan(0.03);
    }
  });

  it("reject exactly where zero is outside", () => {
    const stream = noise(5, 300).map((value) => value + 0.3);
    for (const { low, high, logE } of meanSequence(stream, { rho: 0.2, alpha: 0.05, start: 5 })) {
      expect(low > 0 || high < 0).toBe(logE > Math.log(20));
    }
  });

  it("stitched bounds grow with time and hold before m what they hold at m", () => {
    expect(stitchedBoundary(0.5, { alpha: 0.025 })).toBe(stitchedBoundary(1, { alpha: 0.025 }));
    expect(stitchedBoundary(100, { alpha: 0.025 })).toBeGreaterThan(stitchedBoundary(50, { alpha: 0.025 }));
    expect(stitchedBoundary(100, { alpha: 0.001 })).toBeGreaterThan(stitchedBoundary(100, { alpha: 0.025 }));
  });
});

describe("the mixture test", () => {
  it("rejects at 5 % exactly where the null is outside its sequence", () => {
    const options = { variance: 1, mixture: 0.1, nullMean: 0.2 };
    for (const { n, mean, likelihoodRatio } of mixtureTest(noise(9, 300), options)) {
      expect(Math.abs(mean - 0.2) > mixtureHalfWidth(n, options, 0.05)).toBe(likelihoodRatio > 20);
    }
  });

  it("has p-values that never grow", () => {
    const points = mixtureTest(noise(2, 200), { variance: 1, mixture: 1, nullMean: 0 });
    points.forEach(({ pValue }, i) => {
      expect(pValue).toBeLessThanOrEqual(points[i - 1]?.pValue ?? 1);
    });
  });
});

describe("group sequential boundaries", () => {
  it("with one look are the fixed test", () => {
    const fixed = -normalQuantile(0.025);
    const spent = spendingBoundary("obrien-fleming", [1], 0.025);
    const pocock = classicalBoundary({ shape: "pocock", looks: 1, alpha: 0.05, sides: 2 });
    expect(spent.ok && spent.value[0]?.z).toBeCloseTo(fixed, 12);
    expect(pocock.ok && pocock.value[0]).toBeCloseTo(fixed, 9);
  });

  it("reject about alpha of simulated walks in all looks together", () => {
    const information = [0.3, 0.5, 0.9, 1];
    const design = spendingBoundary({ power: 1 }, information, 0.1);
    if (!design.ok) throw new Error(design.refusal.message);
    let crossed = 0;
    for (let seed = 1; seed <= 4000; seed++) {
      const steps = noise(seed, 4);
      let walk = 0;
      let time = 0;
      const isOver = design.value.some(({ information: t, z }, k) => {
        walk += Math.sqrt(t - time) * (steps[k] ?? 0);
        time = t;
        return walk / Math.sqrt(t) >= z;
      });
      if (isOver) crossed++;
    }
    expect(crossed / 4000).toBeGreaterThan(0.085);
    expect(crossed / 4000).toBeLessThan(0.115);
  });

  it("refuses looks that do not ascend to at most 1, and strange levels", () => {
    for (const looks of [[], [0.5, 0.5], [0.5, 1.2], [0, 1], [Number.NaN, 1]]) {
      expect(spendingBoundary("pocock", looks, 0.025).ok).toBe(false);
    }
    expect(spendingBoundary("pocock", [0.5, 1], 0.7).ok).toBe(false);
    expect(classicalBoundary({ shape: "pocock", looks: 0, alpha: 0.05, sides: 2 }).ok).toBe(false);
  });
});

describe("anytime-valid linear models", () => {
  it("reject where the interval leaves zero out", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 2000 }),
        fc.double({ min: 0, max: 8, noNaN: true }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        (n, t, phi) => {
          const at = { n, dof: n - 3, phi };
          const radius = coefficientRadius(at, 0.05);
          if (Math.abs(t - radius) < 1e-6) return;
          expect(modelLogE({ ...at, tested: 1, fStatistic: t * t }) > Math.log(20)).toBe(t > radius);
        },
      ),
    );
  });

  it("have the smallest radius at the tightest phi", () => {
    const phi = tightestPhi(200, 197, 0.05);
    const radius = (factor: number): number => coefficientRadius({ n: 200, dof: 197, phi: factor * phi }, 0.05);
    expect(radius(0.95)).toBeGreaterThan(radius(1));
    expect(radius(1.05)).toBeGreaterThan(radius(1));
  });

  it("run as an estimator with wider intervals than least squares", () => {
    const outcome = noise(3, 200).map((value, i) => value + (i % 2));
    const data: TidyData = {
      rows: 200,
      unit: null,
      time: null,
      outcome,
      treatment: Float64Array.from(outcome, (_, i) => i % 2),
      firstTreated: null,
      weights: null,
      covariates: [],
      cluster: null,
    };
    const [plain, anytime] = [estimate(data, "ols", { vcov: "hc1" }), estimate(data, "anytime", { vcov: "hc1" })];
    if (!plain.ok || !anytime.ok) throw new Error("refused");
    const [a, b] = [plain.value.coefficients[0], anytime.value.coefficients[0]];
    expect(b?.estimate).toBe(a?.estimate);
    expect(b?.stdError).toBe(a?.stdError);
    expect(b?.confLow).toBeLessThan(a?.confLow ?? 0);
    expect(b?.pValue).toBeGreaterThan(a?.pValue ?? 1);
    const early = estimate(
      { ...data, rows: 6, outcome: outcome.slice(0, 6), treatment: data.treatment?.slice(0, 6) ?? null },
      "anytime",
      {
        settings: { phi: "1000" },
      },
    );
    expect(early.ok && early.value.coefficients[0]?.confHigh).toBe(Number.POSITIVE_INFINITY);
    expect(early.ok && early.value.notes.join(" ")).toContain("unbounded");
  });
});
