import { CholeskyDecomposition, Matrix } from "ml-matrix";
import type { DidFit } from "../estimators/did.ts";
import { type ArModel, type ContrastPiece, contrastCovariance, fitAr, impulseResponse } from "../estimators/did-ar.ts";
import { residualsOf } from "../estimators/did-path.ts";
import { effectiveDof } from "../estimators/did-time-variance.ts";
import type { Panel } from "../panel/panel.ts";
import { fSf } from "../probability/f.ts";
import { studentTQuantile } from "../probability/student-t.ts";
import { toHarm } from "../verdict/judge.ts";
import { POWER } from "../verdict/power.ts";
import { type Check, type CheckContext, notRun, result } from "./check.ts";
import { type Bin, binContrast, binsOf, equalBins, loadingsOf } from "./lead-bins.ts";

const ID = "pre-trends";
const MOST_BINS = 6;
const SHORTEST_BIN = 4;

/**
 * Joint test that the binned leads of the event study are zero, with the same two sources of doubt as the effect.
 *
 * Formula: F = e' V^-1 e / (B - 1), e the first B - 1 of at most 6 bin means minus the pre mean, V their covariance
 * under the autoregression of the gap around its own line. phi = mean of the same F over the controls, each under its own autoregression
 * (divided by q = controls - 1); phi > 1 says that units drift more than autoregressions know, then F / phi on
 * (B - 1, q (B - 1)) degrees of freedom, else F on (B - 1, dof). Also the linear drift per hour, the drift that had an
 * 80 % chance to show, and the plug-in breakdown value: how many times the largest step between neighbouring lead bins
 * the conclusion survives.
 * Source: docs/method.md section 4; Rambachan and Roth (2023), relative magnitudes; Roth (2022) on pre-test power.
 */
export const preTrends: Check = {
  id: ID,
  question: "Did treated and control units move together before the deploy?",
  run(context) {
    const { fit, panel } = context;
    if (fit === null || panel === null) return null;
    const { preEnd, end } = fit.window;
    const model = detrendedModel(fit.gap, preEnd);
    const bins = leads(fit.gap, preEnd);
    const own = model === null ? null : leadStatistic(model, end, bins, preEnd);
    if (model === null || own === null) {
      return notRun(ID, "too few steps before the deploy for a test of trends", { bins: bins.length });
    }
    const { phi, q } = controlDispersion(fit, panel);
    const inflated = phi > 1;
    const dof = effectiveDof(model, impulseResponse(model, end), end);
    const statistic = inflated ? own / phi : own;
    const pValue = fSf(statistic, bins.length - 1, inflated ? q * (bins.length - 1) : dof);
    const drift = driftOf(model, fit, bins, {
      step: panel.step,
      inflation: Math.max(1, phi),
      dof: inflated ? q : dof,
    });
    const facts = { bins: bins.length, ...drift, breakdown: breakdown(context, bins) };
    return result(ID, true, { required: true, statistic, pValue }, facts);
  },
};

/**
 * Autoregression of the series after taking out its least-squares line: a drift left in would be taken for persistence,
 * which forgives any drift, and the larger the more.
 */
function detrendedModel(series: Float64Array, preEnd: number): ArModel | null {
  const line = leastSquaresLine(series, preEnd);
  const flat = series.slice(0, preEnd).map((value, t) => value - line.level - line.slope * t);
  const size = Math.abs(line.level) + Math.abs(line.slope) * preEnd;
  return fitAr(flat, preEnd, size);
}

function leastSquaresLine(series: Float64Array, end: number): { level: number; slope: number } {
  let [n, sumT, sumX, sumTT, sumTX] = [0, 0, 0, 0, 0];
  for (let t = 0; t < end; t++) {
    const x = series[t] as number;
    if (!Number.isFinite(x)) continue;
    n++;
    sumT += t;
    sumX += x;
    sumTT += t * t;
    sumTX += t * x;
  }
  const spread = sumTT - (sumT * sumT) / n;
  const slope = spread > 0 ? (sumTX - (sumT * sumX) / n) / spread : 0;
  return { level: (sumX - slope * sumT) / n, slope };
}

/** The joint statistic of the binned leads of one series, and what judges it. */
export interface LeadTest {
  /** F = e' V^-1 e / (B - 1). */
  readonly statistic: number;
  readonly bins: readonly Bin[];
  readonly dof: number;
  readonly model: ArModel;
}

/** The statistic of one series on [0, preEnd) in a panel of `end` steps; null when it is too short or does not vary. */
export function leadTest(series: Float64Array, preEnd: number, end: number): LeadTest | null {
  const model = detrendedModel(series, preEnd);
  if (model === null) return null;
  const bins = leads(series, preEnd);
  const statistic = leadStatistic(model, end, bins, preEnd);
  return statistic === null
    ? null
    : { statistic, bins, model, dof: effectiveDof(model, impulseResponse(model, end), end) };
}

function leads(series: Float64Array, preEnd: number): Bin[] {
  const ranges = equalBins(0, preEnd, MOST_BINS, SHORTEST_BIN);
  return binsOf(series, preEnd, ranges).filter((bin) => Number.isFinite(bin.estimate));
}

/** e' V^-1 e / (B - 1); null with fewer than two bins or a covariance that is not positive definite. */
function leadStatistic(model: ArModel, length: number, bins: readonly Bin[], preEnd: number): number | null {
  const tested = bins.slice(0, -1);
  if (tested.length === 0) return null;
  const contrasts = tested.map((bin) => binContrast(bin, preEnd));
  const factor = new CholeskyDecomposition(covarianceOf(model, length, contrasts));
  if (!factor.isPositiveDefinite()) return null;
  const estimates = Matrix.columnVector(tested.map((bin) => bin.estimate));
  return estimates.transpose().mmul(factor.solve(estimates)).get(0, 0) / tested.length;
}

function covarianceOf(model: ArModel, length: number, contrasts: readonly (readonly ContrastPiece[])[]): Matrix {
  const { response, loadings } = loadingsOf(model, length, contrasts);
  const covariance = new Matrix(loadings.length, loadings.length);
  loadings.forEach((a, i) => {
    loadings.slice(0, i + 1).forEach((b, j) => {
      const value = contrastCovariance(response, a, b);
      covariance.set(i, j, value);
      covariance.set(j, i, value);
    });
  });
  return covariance;
}

/** Sum over controls of their own lead statistic, divided by q; phi = 0 with fewer than two usable controls. */
function controlDispersion(fit: DidFit, panel: Panel): { phi: number; q: number } {
  const { preEnd, end } = fit.window;
  const statistics = fit.control.flatMap((u) => {
    const residuals = residualsOf(panel, fit.window, u, fit.path);
    const model = detrendedModel(residuals, preEnd);
    return model === null ? [] : (leadStatistic(model, end, leads(residuals, preEnd), preEnd) ?? []);
  });
  const q = statistics.length - 1;
  return { phi: q < 1 ? 0 : statistics.reduce((sum, value) => sum + value, 0) / q, q };
}

/** Least-squares slope through the bin means (raw units per hour) and the slope that 80 % power would have shown. */
function driftOf(
  model: ArModel,
  fit: DidFit,
  bins: readonly Bin[],
  doubt: { readonly step: number; readonly inflation: number; readonly dof: number },
): { driftPerHour: number; detectableDriftPerHour: number } {
  const length = (bin: Bin): number => bin.to - bin.from;
  const centre = (bin: Bin): number => (bin.from + bin.to - 1) / 2;
  const sum = (of: (bin: Bin) => number): number => bins.reduce((total, bin) => total + of(bin), 0);
  const mean = sum((bin) => length(bin) * centre(bin)) / sum(length);
  const spread = sum((bin) => length(bin) * (centre(bin) - mean) ** 2);
  const weight = (bin: Bin): number => (centre(bin) - mean) / spread;
  const pieces = bins.map((bin) => ({ from: bin.from, to: bin.to, weight: weight(bin) }));
  const variance = covarianceOf(model, fit.window.end, [pieces]).get(0, 0) * doubt.inflation;
  const quantiles = studentTQuantile(0.975, doubt.dof) + studentTQuantile(POWER, doubt.dof);
  const perHour = 3600 / doubt.step;
  return {
    driftPerHour: sum((bin) => weight(bin) * length(bin) * bin.estimate) * perHour,
    detectableDriftPerHour: quantiles * Math.sqrt(variance) * perHour,
  };
}

/** Distance of the interval from the margin in units of the largest step between neighbouring lead bins. */
function breakdown(context: CheckContext, bins: readonly Bin[]): number | null {
  const { effect, margin, sli, plan } = context;
  const interval = effect?.interval(plan.alpha) ?? null;
  if (interval === null || margin === null) return null;
  const harms = [toHarm(interval.low, sli.direction), toHarm(interval.high, sli.direction)];
  const [low, high] = [Math.min(...harms), Math.max(...harms)];
  const distance = Math.max(low - margin, -high, margin - high);
  const steps = bins.slice(1).map((bin, b) => Math.abs(bin.estimate - (bins[b] as Bin).estimate));
  const largest = Math.max(0, ...steps);
  return distance > 0 && largest > 0 ? distance / largest : null;
}
