import type { DidFit } from "../estimators/did.ts";
import { contrastCovariance, impulseResponse, shockLoadings } from "../estimators/did-ar.ts";
import { deployContrast } from "../estimators/did-time-variance.ts";
import { studentTQuantile } from "../probability/student-t.ts";
import type { MinimumDetectableEffect, TimeToDecide } from "../result.ts";

export const POWER = 0.8;

/**
 * Smallest harm that would have been called a regression with 80 % power.
 * Formula: margin + (t_{1-alpha/2,dof} + t_{0.8,dof}) stdError. Units: raw. Source: docs/method.md section 6.
 */
export function minimumDetectableEffect(
  stdError: number,
  dof: number,
  margin: number,
  alpha: number,
  counterfactual: number | null,
): MinimumDetectableEffect {
  const absolute = margin + (studentTQuantile(1 - alpha / 2, dof) + studentTQuantile(POWER, dof)) * stdError;
  const relative = counterfactual !== null && counterfactual > 0 ? absolute / counterfactual : null;
  return { absolute, relative, power: POWER };
}

/** Longest post window that is looked at, as a multiple of the one used. */
export const HORIZON = 50;

/**
 * Shortest post window whose projected interval half-width falls below |margin - harm|: same autoregression, same pre
 * window, overdispersion and the treated units' disagreement kept. Null when the fit has no autoregression to project with, or when the interval already decides
 * and something else (multiplicity) keeps the verdict open.
 */
export function timeToDecide(
  fit: DidFit,
  step: number,
  target: { readonly harm: number; readonly margin: number; readonly alpha: number },
): TimeToDecide | null {
  const model = fit.time?.model ?? null;
  if (model === null || fit.dof === null || fit.stepWeights !== null || fit.method === "pooled-unit-changes")
    return null;
  const distance = Math.abs(target.margin - target.harm);
  const quantile = studentTQuantile(1 - target.alpha / 2, fit.dof);
  const { preEnd, postStart, end } = fit.window;
  const used = end - postStart;
  const decides = (postSteps: number): boolean => {
    const window = { preEnd, postStart, end: postStart + postSteps };
    const response = impulseResponse(model, window.end);
    const loadings = shockLoadings(response, deployContrast(window), window.end);
    const variance = contrastCovariance(response, loadings, loadings) * Math.max(1, fit.phi ?? 1) + fit.spread;
    return quantile * Math.sqrt(variance) < distance;
  };
  return timeUntil(decides, used, step);
}

/**
 * Shortest post window that decides, in seconds; `used` and what `decides` is asked are grid steps. Null: the one used does,
 * and something else keeps the verdict open.
 */
export function timeUntil(decides: (steps: number) => boolean, used: number, step: number): TimeToDecide | null {
  if (decides(used)) return null;
  const found = smallestWindow(decides, used);
  if (found === null) return { decidable: false, postWindow: null, additional: null };
  return { decidable: true, postWindow: found * step, additional: (found - used) * step };
}

/** First window length that decides, by doubling and bisection (the half-width falls with the length). */
function smallestWindow(decides: (steps: number) => boolean, used: number): number | null {
  let low = used;
  let high = used;
  while (!decides(high)) {
    if (high >= HORIZON * used) return null;
    low = high;
    high = Math.min(2 * high, HORIZON * used);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (decides(middle)) high = middle;
    else low = middle;
  }
  return high;
}
