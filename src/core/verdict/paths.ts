import type { DidFit } from "../estimators/did.ts";
import { meanBetween, type Panel, unitValues, unitWeights } from "../panel/panel.ts";
import type { Baseline } from "../result.ts";

/** What of a fit a path needs. */
export type GapFit = Pick<DidFit, "treated" | "control" | "window" | "gap" | "stepWeights" | "att">;

/** Group means per grid step (raw units, NaN where nobody was seen) and what the treated would have done. */
export interface Paths {
  readonly treated: Float64Array;
  readonly counterfactual: Float64Array;
  readonly control: Float64Array;
}

/** counterfactual_t = treated mean_t - (g_t - mean pre g). */
export function pathsOf(panel: Panel, fit: GapFit): Paths {
  const treated = groupMean(panel, fit.treated, fit.window.end);
  const control = groupMean(panel, fit.control, fit.window.end);
  const reference = meanBetween(fit.gap, 0, fit.window.preEnd, preWeights(fit));
  const counterfactual = treated.map((value, t) => value - ((fit.gap[t] as number) - reference));
  return { treated, counterfactual, control };
}

/** Means over the steps at which the gap is observed, so that treatedPost - counterfactualPost is exactly the att. */
export function baselineOf(fit: GapFit, paths: Paths): Baseline {
  const { preEnd, postStart, end } = fit.window;
  const weights = fit.stepWeights?.map(Math.abs) ?? null;
  const observed = (path: Float64Array): Float64Array =>
    path.map((value, t) => (Number.isFinite(fit.gap[t] as number) ? value : Number.NaN));
  const treated = observed(paths.treated);
  const treatedPost = meanBetween(treated, postStart, end, weights);
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    treatedPre: orNull(meanBetween(treated, 0, preEnd, weights)),
    treatedPost: orNull(treatedPost),
    controlPre: orNull(meanBetween(paths.control, 0, preEnd)),
    controlPost: orNull(meanBetween(paths.control, postStart, end)),
    counterfactualPost: orNull(treatedPost - fit.att),
  };
}

function preWeights(fit: GapFit): Float64Array | null {
  return fit.stepWeights === null ? null : fit.stepWeights.map((weight) => Math.max(0, -weight));
}

/** Weighted mean of the units seen at each step; NaN where nobody was. */
export function groupMean(panel: Panel, units: readonly number[], end: number): Float64Array {
  const sums = new Float64Array(end);
  const totals = new Float64Array(end);
  for (const u of units) {
    const y = unitValues(panel, u);
    const weights = unitWeights(panel, u);
    for (let t = 0; t < end; t++) {
      const value = y[t] as number;
      if (!Number.isFinite(value)) continue;
      const weight = weights === null ? 1 : (weights[t] as number);
      sums[t] = (sums[t] as number) + weight * value;
      totals[t] = (totals[t] as number) + weight;
    }
  }
  return sums.map((sum, t) => ((totals[t] as number) > 0 ? sum / (totals[t] as number) : Number.NaN));
}
