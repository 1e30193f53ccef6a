import { describe, expect, test } from "vitest";
import {
  autocovarianceSummary,
  contrastCovariance,
  fitAr,
  impulseResponse,
  shockLoadings,
  shockLoadingsOf,
} from "../../../../src/core/estimators/did-ar.ts";
import { deployContrast, timeVariance } from "../../../../src/core/estimators/did-time-variance.ts";
import { isStationary } from "../../../../src/core/estimators/stationary.ts";
import { noise } from "../generated.ts";

const WINDOW = { preEnd: 200, postStart: 205, end: 230 };
const path = (seed: number, phi: number): Float64Array => Float64Array.from(noise(seed).path(230, phi));

describe("autoregression of the gap", () => {
  test("iid noise: order 0 and the textbook variance sigma^2 (1/P + 1/R)", () => {
    const x = path(1, 0);
    const model = fitAr(x, 200, 1);
    const mean = x.subarray(0, 200).reduce((sum, value) => sum + value, 0) / 200;
    const sigma2 = x.subarray(0, 200).reduce((sum, value) => sum + (value - mean) ** 2, 0) / 200;
    expect(model?.order).toBe(0);
    expect(timeVariance(x, WINDOW, 1)?.variance).toBeCloseTo(sigma2 * (1 / 25 + 1 / 200), 12);
    expect(timeVariance(x, WINDOW, 1)?.dof).toBe(199);
  });

  test("a white-noise model has flat autocovariances, an AR(1) has gamma_0 = sigma^2 / (1 - phi^2)", () => {
    const model = { order: 1, phi: [0.6], sigma2: 2, n: 100 };
    const { gamma0, longRun } = autocovarianceSummary(impulseResponse(model, 500), 500);
    expect(gamma0).toBeCloseTo(2 / (1 - 0.36), 10);
    expect(longRun).toBeCloseTo(2 / 0.4 ** 2, 10);
  });

  test("lags of both signs that nearly cancel are not corrected into a model that grows with every step", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const shocks = noise(seed).path(400, 0);
      const x = new Float64Array(72);
      let [last, before] = [0, 0];
      shocks.forEach((shock, t) => {
        [last, before] = [0.62 * last - 0.6 * before + shock, last];
        if (t >= 300 && t < 372) x[t - 300] = last;
      });
      expect(isStationary(fitAr(x, 72, 1)?.phi ?? [])).toBe(true);
    }
  });

  test("persistence is corrected upwards for the length of the past, and stays below 1", () => {
    const model = fitAr(path(2, 0.7), 200, 1);
    const rho = (model?.phi ?? []).reduce((sum, value) => sum + value, 0);
    expect(model?.order).toBeGreaterThanOrEqual(1);
    expect(rho).toBeGreaterThan(0.55);
    const walk = noise(3).path(230, 0.9999);
    const most = (fitAr(Float64Array.from(walk), 200, 1)?.phi ?? []).reduce((sum, value) => sum + value, 0);
    expect(most).toBeLessThanOrEqual(0.995 + 1e-12);
  });

  test("sums over pieces equal sums over single steps", () => {
    const model = { order: 2, phi: [0.5, 0.2], sigma2: 1.3, n: 100 };
    const response = impulseResponse(model, WINDOW.end);
    const steps = Float64Array.from({ length: WINDOW.end }, (_, t) => (t < 200 ? -1 / 200 : t < 205 ? 0 : 1 / 25));
    const pieces = shockLoadings(response, deployContrast(WINDOW), WINDOW.end);
    const single = shockLoadingsOf(response, steps);
    expect(contrastCovariance(response, pieces, pieces)).toBeCloseTo(contrastCovariance(response, single, single), 12);
  });

  test("fewer than twelve points or no variation: no model", () => {
    expect(fitAr(path(4, 0), 11, 1)).toBeNull();
    expect(fitAr(new Float64Array(200).fill(3), 200, 3)).toBeNull();
    expect(
      fitAr(
        Float64Array.from({ length: 200 }, (_, t) => 1e6 + 1e-8 * (t % 2)),
        200,
        1e6,
      ),
    ).toBeNull();
  });

  test("missing points close the gap: the model knows how many it saw", () => {
    const x = path(5, 0.3).map((value, t) => (t % 10 === 0 ? Number.NaN : value));
    expect(fitAr(x, 200, 1)?.n).toBe(180);
  });

  test("collinear lags (one spike in a flat series) give a finite variance", () => {
    const x = new Float64Array(60).map((_, t) => (t === 10 ? 1 : 0));
    const found = timeVariance(x, { preEnd: 48, postStart: 48, end: 60 }, 1);
    expect(found?.variance).toBeGreaterThan(0);
    expect(Number.isFinite(found?.variance)).toBe(true);
  });
});
