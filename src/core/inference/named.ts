import { type DidFit, fitDid } from "../estimators/did.ts";
import { residualsOf } from "../estimators/did-path.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { meanBetween, type Panel } from "../panel/panel.ts";
import type { AnalysisPlan } from "../plan.ts";
import { didInference } from "./did-inference.ts";
import { type Effect, studentEffect } from "./effect.ts";
import { type PermutationOptions, permutationInference } from "./permutation.ts";

/**
 * The effect with an inference chosen by name instead of the default (`inference:` in the configuration). All of them
 * work on the additive scale. Units of the panel are the clusters (after `cluster:` has been applied).
 */
export function namedEffect(plan: AnalysisPlan, panel: Panel, fit: DidFit): Outcome<Effect> {
  if (plan.scale === "multiplicative") {
    return refuse(
      "SCALE_NOT_POSSIBLE",
      `The inference ${plan.inference} works on the additive scale only.`,
      "Use `scale: auto` with it, or the default inference.",
      { inference: plan.inference },
    );
  }
  return plan.inference === "permutation" ? permuted(plan, panel) : fixedEffects(plan, panel, fit);
}

function fixedEffects(plan: AnalysisPlan, panel: Panel, fit: DidFit): Outcome<Effect> {
  const { inference } = plan;
  if (inference === "precision-weighted" || inference === "permutation") {
    return refuse(
      "NOT_ESTIMABLE",
      `${inference} is not a variance of fixed effects.`,
      "Choose cr1, cr2, cr3, hc1 or newey-west.",
    );
  }
  const { preEnd, postStart, end } = fit.window;
  const fitted = didInference(inference, {
    values: panel.values,
    units: panel.units.length,
    steps: panel.steps,
    treated: panel.treated,
    clusters: panel.units.map((_, u) => u),
    pre: range(0, preEnd),
    post: range(postStart, end),
    ...(panel.weights === null ? {} : { weights: panel.weights }),
  });
  if (!fitted.ok) return fitted;
  const { method } = fitted.value;
  return answer({
    ...studentEffect(fitted.value),
    method: inference,
    ...(method === inference ? {} : { detail: method }),
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/**
 * Randomization inference over which units were treated. One-sided p-values are half of the two-sided p at the shifted
 * null. Assumes: any assignment of as many treated units was equally likely (sharp null: same effect for all).
 */
function permuted(plan: AnalysisPlan, panel: Panel): Outcome<Effect> {
  const additive = fitDid(panel, { scale: "additive" });
  if (!additive.ok) return additive;
  const options = permutationOptions(plan, panel, additive.value);
  const whole = permutationInference(options);
  if (!whole.ok) return whole;
  const { att, statistic, pValue, method, assignments } = whole.value;
  const twoSided = (nullEffect: number): number => {
    const shifted = permutationInference({ ...options, nullEffect });
    return shifted.ok ? shifted.value.pValue : 1;
  };
  const oneSided = (threshold: number, isBeyond: boolean): number => {
    const half = twoSided(threshold) / 2;
    return isBeyond ? half : 1 - half;
  };
  return answer({
    att,
    stdError: null,
    statistic,
    dof: null,
    method: "permutation",
    detail: `${method}, ${assignments} assignments`,
    clusters: options.treated.length,
    interval: (alpha) => {
      const inverted = alpha === plan.alpha ? whole : permutationInference({ ...options, alpha });
      return inverted.ok ? { low: inverted.value.confLow, high: inverted.value.confHigh } : null;
    },
    pTwoSided: pValue,
    pAbove: (threshold) => oneSided(threshold, att > threshold),
    pBelow: (threshold) => oneSided(threshold, att < threshold),
  });
}

function permutationOptions(plan: AnalysisPlan, panel: Panel, fit: DidFit): PermutationOptions {
  const units = [...fit.treated, ...fit.control];
  return {
    changes: Float64Array.from([...fit.treatedChanges, ...fit.controlChanges]),
    treated: units.map((_, i) => i < fit.treated.length),
    alpha: plan.alpha,
    seed: plan.seed,
    preSd: Float64Array.from(units, (u) => preSpread(residualsOf(panel, fit.window, u, fit.path), fit.window.preEnd)),
  };
}

/** Standard deviation of a unit's residuals before the deploy. */
function preSpread(z: Float64Array, preEnd: number): number {
  const mean = meanBetween(z, 0, preEnd);
  const squares = z.map((value) => (value - mean) ** 2);
  return Math.sqrt(meanBetween(squares, 0, preEnd));
}
