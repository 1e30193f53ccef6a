import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { contrastCovariance, type ContrastPiece } from "../estimators/did-ar.ts";
import type { DidFit } from "../estimators/did.ts";
import { POWER } from "../verdict/power.ts";
import { fSf } from "../probability/f.ts";
import { studentTQuantile } from "../probability/student-t.ts";
import { toHarm } from "../verdict/judge.ts";
import { type Bin, binContrast, binsOf, equalBins, loadingsOf } from "./lead-bins.ts";
import { type Check, type CheckContext, notRun, result } from "./check.ts";

const ID = "pre-trends";
const MOST_BINS = 6;
const SHORTEST_BIN = 4;

/**
 * Joint test that the binned leads of the event study are zero, with errors robust to serial correlation.
 *
 * Formula: F = e' V^-1 e / (B - 1) on (B - 1, dof) degrees of freedom, e the first B - 1 of at most 6 bin means minus the
 * pre mean, V their covariance under the autoregression of the gap. Also the linear drift per hour, the drift that had
 * an 80 % chance to show, and the plug-in breakdown value: how many times the largest step between neighbouring lead
 * bins the conclusion survives.
 * Source: Rambachan and Roth (2023), relative magnitudes; Roth (2022) on the power of pre-tests.
 */
export const preTrends: Check = {
  id: ID,
  question: "Did treated and control units move together before the deploy?",
  run(context) {
    const { fit, panel } = context;
    if (fit === null || panel === null) return null;
    const bins = binsOf(fit, equalBins(0, fit.window.preEnd, MOST_BINS, SHORTEST_BIN)).filter((bin) =>
      Number.isFinite(bin.estimate),
    );
    const test = bins.length < 2 ? null : jointTest(fit, bins);
    if (test === null) return notRun(ID, "too few steps before the deploy for a test of trends", { bins: bins.length });
    const drift = driftOf(fit, bins, panel.step);
    const facts = { bins: bins.length, ...drift, breakdown: breakdown(context, bins) };
    return result(ID, true, { required: true, statistic: test.statistic, pValue: test.pValue }, facts);
  },
};

function jointTest(fit: DidFit, bins: readonly Bin[]): { statistic: number; pValue: number } | null {
  const tested = bins.slice(0, -1);
  const covariance = covarianceOf(
    fit,
    tested.map((bin) => binContrast(bin, fit.window.preEnd)),
  );
  if (covariance === null || fit.time === null) return null;
  const estimates = Matrix.columnVector(tested.map((bin) => bin.estimate));
  const factor = new CholeskyDecomposition(covariance);
  if (!factor.isPositiveDefinite()) return null;
  const statistic = estimates.transpose().mmul(factor.solve(estimates)).get(0, 0) / tested.length;
  return { statistic, pValue: fSf(statistic, tested.length, fit.time.dof) };
}

function covarianceOf(fit: DidFit, contrasts: readonly (readonly ContrastPiece[])[]): Matrix | null {
  const parts = loadingsOf(fit, contrasts);
  if (parts === null) return null;
  const size = contrasts.length;
  const covariance = new Matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = contrastCovariance(
        parts.response,
        parts.loadings[i] as Float64Array,
        parts.loadings[j] as Float64Array,
      );
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    }
  }
  return covariance;
}

/** Least-squares slope through the bin means (raw units per hour) and the slope that 80 % power would have shown. */
function driftOf(
  fit: DidFit,
  bins: readonly Bin[],
  step: number,
): { driftPerHour: number; detectableDriftPerHour: number | null } {
  const steps = bins.reduce((sum, bin) => sum + (bin.to - bin.from), 0);
  const centre = (bin: Bin): number => (bin.from + bin.to - 1) / 2;
  const mean = bins.reduce((sum, bin) => sum + (bin.to - bin.from) * centre(bin), 0) / steps;
  const spread = bins.reduce((sum, bin) => sum + (bin.to - bin.from) * (centre(bin) - mean) ** 2, 0);
  const pieces = bins.map((bin) => ({ from: bin.from, to: bin.to, weight: (centre(bin) - mean) / spread }));
  const slope = bins.reduce(
    (sum, bin, b) => sum + (pieces[b] as ContrastPiece).weight * (bin.to - bin.from) * bin.estimate,
    0,
  );
  const variance = covarianceOf(fit, [pieces])?.get(0, 0) ?? null;
  const perHour = 3600 / step;
  if (variance === null || fit.time === null) return { driftPerHour: slope * perHour, detectableDriftPerHour: null };
  const quantiles = studentTQuantile(0.975, fit.time.dof) + studentTQuantile(POWER, fit.time.dof);
  return { driftPerHour: slope * perHour, detectableDriftPerHour: quantiles * Math.sqrt(variance) * perHour };
}

/** Distance of the interval from the margin in units of the largest step between neighbouring lead bins. */
function breakdown(context: CheckContext, bins: readonly Bin[]): number | null {
  const { effect, margin, sli, plan } = context;
  const interval = effect?.interval(plan.alpha) ?? null;
  if (interval === null || margin === null) return null;
  const harms = [toHarm(interval.low, sli.direction), toHarm(interval.high, sli.direction)];
  const [low, high] = [Math.min(...harms), Math.max(...harms)];
  const distance = Math.max(low - margin, -high, margin - high);
  let largest = 0;
  for (let b = 1; b < bins.length; b++) {
    largest = Math.max(largest, Math.abs((bins[b] as Bin).estimate - (bins[b - 1] as Bin).estimate));
  }
  return distance > 0 && largest > 0 ? distance / largest : null;
}
