import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { betaQuantile, regularizedBeta } from "../../../../src/core/probability/beta.ts";
import { binomialCdf, binomialPmf, binomialSf, clopperPearson } from "../../../../src/core/probability/binomial.ts";
import { chiSquareCdf, chiSquareQuantile } from "../../../../src/core/probability/chi-square.ts";
import { fCdf, fQuantile, fSf, fUpperQuantile } from "../../../../src/core/probability/f.ts";
import { normalQuantile, normalSf } from "../../../../src/core/probability/normal.ts";
import { poissonCdf, poissonInterval, poissonPmf, poissonSf } from "../../../../src/core/probability/poisson.ts";
import { studentTCdf, studentTQuantile, studentTSf } from "../../../../src/core/probability/student-t.ts";

const probability = fc.double({ min: 1e-250, max: 0.5, noNaN: true });
const dof = fc.double({ min: 0.3, max: 1e5, noNaN: true });

function expectRelative(actual: number, wanted: number, tolerance: number): void {
  expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(tolerance * Math.abs(wanted));
}

describe("quantiles undo their distribution in both tails", () => {
  it("normal", () => {
    fc.assert(fc.property(probability, (p) => expectRelative(normalSf(-normalQuantile(p)), p, 1e-11)));
  });

  it("Student t, also with fractional degrees of freedom", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-30, max: 0.5, noNaN: true }),
        fc.double({ min: 1, max: 1e5, noNaN: true }),
        (p, k) => {
          expectRelative(studentTSf(-studentTQuantile(p, k), k), p, 1e-10);
        },
      ),
    );
  });

  it("F and chi-square", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 0.999, noNaN: true }), dof, dof, (p, a, b) => {
        expectRelative(fSf(fUpperQuantile(p, a, b), a, b), p, 1e-9);
        expectRelative(chiSquareCdf(chiSquareQuantile(p, a), a), p, 1e-9);
      }),
    );
  });

  it("beta", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 0.999, noNaN: true }),
        fc.double({ min: 0.5, max: 500, noNaN: true }),
        (p, a) => {
          expectRelative(regularizedBeta(betaQuantile(p, a, 3), a, 3), p, 1e-10);
        },
      ),
    );
  });
});

describe("limits and identities", () => {
  it("t with infinite degrees of freedom is normal, F(1, k) is t squared", () => {
    expect(studentTSf(2.5, Number.POSITIVE_INFINITY)).toBe(normalSf(2.5));
    expectRelative(fSf(6.25, 1, 7), 2 * studentTSf(2.5, 7), 1e-12);
    expect(fCdf(6.25, 1, 7)).toBeCloseTo(1 - 2 * studentTSf(2.5, 7), 14);
    expect(studentTCdf(-40, 3.5)).toBe(studentTSf(40, 3.5));
    expectRelative(fQuantile(0.95, 1, 7), studentTQuantile(0.975, 7) ** 2, 1e-12);
  });

  it("arguments outside the domain give NaN, not a number", () => {
    expect(studentTSf(1, 0)).toBeNaN();
    expect(studentTQuantile(1.5, 3)).toBeNaN();
    expect(normalQuantile(-0.1)).toBeNaN();
    expect(betaQuantile(0.5, -1, 2)).toBeNaN();
  });

  it("binomial and Poisson tails are sums of their masses", () => {
    for (const k of [0, 3, 7, 12]) {
      const binomial = Array.from({ length: k + 1 }, (_, i) => binomialPmf(i, 12, 0.3)).reduce((a, b) => a + b, 0);
      const poisson = Array.from({ length: k + 1 }, (_, i) => poissonPmf(i, 4.2)).reduce((a, b) => a + b, 0);
      expectRelative(binomialCdf(k, 12, 0.3), binomial, 1e-12);
      expect(binomialSf(k, 12, 0.3)).toBeCloseTo(1 - binomial, 12);
      expectRelative(poissonCdf(k, 4.2), poisson, 1e-12);
      expect(poissonSf(k, 4.2)).toBeCloseTo(1 - poisson, 12);
    }
  });

  it("exact intervals have the closed forms at the edges and the tail areas inside", () => {
    expect(clopperPearson(0, 20, 0.05)).toEqual({ low: 0, high: expect.closeTo(1 - 0.025 ** (1 / 20), 12) });
    const { low, high } = clopperPearson(4, 20, 0.05);
    expect(1 - binomialCdf(3, 20, low)).toBeCloseTo(0.025, 12);
    expect(binomialCdf(4, 20, high)).toBeCloseTo(0.025, 12);
    expect(poissonInterval(0, 0.05).high).toBeCloseTo(-Math.log(0.025), 12);
    expect(poissonCdf(9, poissonInterval(9, 0.05).high)).toBeCloseTo(0.025, 12);
  });
});
