import type { PanelWindow } from "../../panel/panel.ts";
import { type ArModel, contrastCovariance, fitAr, impulseResponse, shockLoadings, shockLoadingsOf } from "../did-ar.ts";
import { effectiveDof } from "../did-time-variance.ts";

/** Leads are tried at the longest, half of it, a quarter, ... down to this. */
const SHORTEST = 2;

/** Variance of mean(post) - mean(lead) by the autoregression of a series. */
export interface LeadVariance {
  readonly lead: number;
  readonly variance: number;
  readonly dof: number;
}

/** The lead, among halvings of the longest one, whose contrast with the post window the series' own past predicts best. */
export function bestLead(series: Float64Array, window: PanelWindow, longest: number, size: number): number | null {
  const model = fitAr(series, window.preEnd, size);
  if (model === null) return null;
  let best: LeadVariance | null = null;
  for (let lead = longest; lead >= 1; lead = Math.floor(lead / 2)) {
    const tried = leadVariance(model, window, lead, null);
    if (tried !== null && (best === null || tried.variance < best.variance)) best = tried;
    if (lead <= SHORTEST) break;
  }
  return best?.lead ?? null;
}

/** `weights`: denominators of the steps on the whole grid, when cells count differently; null for equal weights. */
export function leadVariance(
  model: ArModel,
  window: PanelWindow,
  lead: number,
  weights: Float64Array | null,
): LeadVariance | null {
  const from = window.preEnd - lead;
  const length = window.end - from;
  if (lead < 1 || from < 0) return null;
  const response = impulseResponse(model, length);
  const [postFrom, post] = [window.postStart - from, window.end - window.postStart];
  const pieces = [
    { from: 0, to: lead, weight: -1 / lead },
    { from: postFrom, to: length, weight: 1 / post },
  ];
  const loadings =
    weights === null
      ? shockLoadings(response, pieces, length)
      : shockLoadingsOf(response, weightedContrast(weights.subarray(from, window.end), lead, postFrom));
  const variance = contrastCovariance(response, loadings, loadings);
  if (!Number.isFinite(variance) || variance <= 0) return null;
  return { lead, variance, dof: effectiveDof(model, response, length) };
}

function weightedContrast(weights: Float64Array, lead: number, postFrom: number): Float64Array {
  const total = (from: number, to: number): number =>
    weights.subarray(from, to).reduce((sum, value) => sum + (value > 0 ? value : 0), 0);
  const [before, after] = [total(0, lead), total(postFrom, weights.length)];
  return weights.map((value, t) => {
    const weight = value > 0 ? value : 0;
    return t < lead ? -weight / before : t < postFrom ? 0 : weight / after;
  });
}
