import { describe, expect, test } from "vitest";
import { type DidFit, fitDid } from "../../../../src/core/estimators/did.ts";
import { studentTQuantile } from "../../../../src/core/probability/student-t.ts";
import { timeToDecide } from "../../../../src/core/verdict/power.ts";
import { madeRows, panelOf } from "../generated.ts";

const STEP = 60;

function fitOf(seed: number, phi: number, controls = 6): DidFit {
  const shape = { treated: 2, controls, pre: 600, post: 15, settle: 3, phi };
  const fit = fitDid(panelOf(madeRows(seed, shape), shape), { scale: "additive" });
  if (!fit.ok) throw new Error(fit.refusal.message);
  return fit.value;
}

/** Half-width with a post window of this many steps, from the autocovariances one by one. */
function halfWidth(fit: DidFit, post: number, alpha: number): number {
  const model = fit.time?.model;
  if (model === null || model === undefined || fit.dof === null) throw new Error("no model");
  const psi = [1];
  const end = fit.window.postStart + post;
  for (let k = 1; k < Math.min(2000, Math.max(200, 4 * end)); k++) {
    psi.push(model.phi.reduce((sum, value, j) => sum + (k - 1 - j >= 0 ? value * (psi[k - 1 - j] ?? 0) : 0), 0));
  }
  const weight = (t: number): number =>
    t < fit.window.preEnd ? -1 / fit.window.preEnd : t < fit.window.postStart ? 0 : 1 / post;
  let variance = 0;
  for (let shock = 1 - psi.length; shock < end; shock++) {
    let load = 0;
    for (let t = Math.max(0, shock); t < Math.min(end, shock + psi.length); t++)
      load += weight(t) * (psi[t - shock] ?? 0);
    variance += load * load;
  }
  return studentTQuantile(1 - alpha / 2, fit.dof) * Math.sqrt(variance * model.sigma2 * Math.max(1, fit.phi ?? 1));
}

describe("time to decide", () => {
  test.each([
    [31, 0],
    [32, 0.4],
    [33, 0.7],
  ])("seed %i, autocorrelation %d: the answered window decides and one step less does not", (seed, phi) => {
    const fit = fitOf(seed, phi);
    const distance = 0.7 * halfWidth(fit, 15, 0.05);
    const time = timeToDecide(fit, STEP, { harm: 1, margin: 1 + distance, alpha: 0.05 });
    expect(time?.decidable).toBe(true);
    const steps = (time?.postWindow ?? 0) / STEP;
    expect(halfWidth(fit, steps, 0.05)).toBeLessThan(distance);
    expect(halfWidth(fit, steps - 1, 0.05)).toBeGreaterThanOrEqual(distance);
    expect(time?.additional).toBe((steps - 15) * STEP);
  });

  test("harm above the margin needs as long as harm below it", () => {
    const fit = fitOf(34, 0.3);
    const above = timeToDecide(fit, STEP, { harm: 1.4, margin: 1, alpha: 0.05 });
    expect(above).toEqual(timeToDecide(fit, STEP, { harm: 1, margin: 1.4, alpha: 0.05 }));
  });

  test("more time will not decide what the pre window's share of the error keeps open", () => {
    const fit = fitOf(35, 0.3);
    expect(timeToDecide(fit, STEP, { harm: 1, margin: 1.0001, alpha: 0.05 })).toEqual({
      decidable: false,
      postWindow: null,
      additional: null,
    });
  });

  test("no projection when the interval already decides, or without an autoregression", () => {
    const fit = fitOf(36, 0.3);
    expect(timeToDecide(fit, STEP, { harm: 100, margin: 0, alpha: 0.05 })).toBeNull();
    expect(timeToDecide(fitOf(37, 0.3, 1), STEP, { harm: 1, margin: 1.1, alpha: 0.05 })).toBeNull();
  });
});
