import { mean } from "../../linalg/kernels.ts";
import { empiricalCdf, type QuantileType, sampleQuantile } from "../../probability/sample-quantile.ts";
import type { FourSamples } from "./samples.ts";

/** Effects on the mean and on quantiles of the treated after the treatment. */
export interface DistributionEffect {
  readonly att: number;
  /** One per probability asked for. */
  readonly quantileEffects: readonly number[];
  /** Treated outcomes after the treatment as they would have been without it, ascending. */
  readonly counterfactual: Float64Array;
}

/**
 * Changes-in-changes: each treated pre outcome is moved as control outcomes of the same size were.
 *
 * Formula: counterfactual = F01^-1(F00(y)) for every treated pre outcome y; att = mean treated post - mean
 * counterfactual; the effect on a quantile is the difference of the two samples' quantiles (inverse distribution).
 * Assumes: outcomes are an increasing function of one unobserved trait whose distribution in a group does not change;
 * treated pre outcomes lie within the range of the control pre ones (outside it the nearest end is used).
 * Complexity: O(n log n). Units: those of the outcome.
 * Source: Athey and Imbens 2006, Econometrica 74(2).
 */
export function changesInChanges(samples: FourSamples, probabilities: readonly number[]): DistributionEffect {
  const { controlPre, controlPost, treatedPre, treatedPost } = samples;
  // increasing in y, so the result is ascending as well
  const counterfactual = treatedPre.map((y) => sampleQuantile(controlPost, empiricalCdf(controlPre, y), 1));
  return {
    att: mean(treatedPost) - mean(counterfactual),
    quantileEffects: probabilities.map((p) => sampleQuantile(treatedPost, p, 1) - sampleQuantile(counterfactual, p, 1)),
    counterfactual,
  };
}

/** Share of treated pre outcomes beyond the control pre ones, where changes-in-changes extrapolates. */
export function shareOutsideSupport({ controlPre, treatedPre }: FourSamples): number {
  const low = controlPre[0] ?? Number.NaN;
  const high = controlPre.at(-1) ?? Number.NaN;
  return treatedPre.filter((y) => y < low || y > high).length / treatedPre.length;
}

/**
 * Quantile difference-in-differences: each quantile of the treated is compared with its own past and the controls'.
 *
 * Formula: effect(p) = [Q11(p) - Q10(p)] - [Q01(p) - Q00(p)]; each treated pre outcome is moved by the change of the
 * control quantile at its rank among the treated, att is the mean difference to those.
 * Assumes: without the treatment the quantiles of both groups would have moved in parallel.
 * Complexity: O(n log n). Units: those of the outcome.
 * Source: Athey and Imbens 2006, section 3.5; Meyer, Viscusi and Durbin 1995.
 */
export function quantileDid(
  samples: FourSamples,
  probabilities: readonly number[],
  type: QuantileType,
): DistributionEffect {
  const { controlPre, controlPost, treatedPre, treatedPost } = samples;
  const change = (p: number): number => sampleQuantile(controlPost, p, type) - sampleQuantile(controlPre, p, type);
  const counterfactual = treatedPre.map((y) => y + change(empiricalCdf(treatedPre, y))).sort();
  return {
    att: mean(treatedPost) - mean(counterfactual),
    quantileEffects: probabilities.map(
      (p) => sampleQuantile(treatedPost, p, type) - sampleQuantile(treatedPre, p, type) - change(p),
    ),
    counterfactual,
  };
}

/** Difference of the groups' mean changes. */
export function meanDid({ controlPre, controlPost, treatedPre, treatedPost }: FourSamples): number {
  return mean(treatedPost) - mean(treatedPre) - (mean(controlPost) - mean(controlPre));
}
