import { answer, type Outcome } from "../../outcome.ts";
import { logistic, logit, noOverlap, tiltedOdds } from "../../regression/logit.ts";
import { linearInfluence } from "./outcome-model.ts";
import type { Nuisance } from "./parts.ts";
import type { Prepared } from "./sample.ts";

export interface PropensityScore extends Nuisance {
  /** P(treated | covariates). */
  readonly propensity: Float64Array;
  /** Weights of the treated rows: w D. */
  readonly treatedWeights: Float64Array;
  /** Weights that make the controls look like the treated: w (1 - D) p / (1 - p), 0 for controls with p >= trim. */
  readonly controlWeights: Float64Array;
  /** Controls that were trimmed. */
  readonly trimmed: number;
}

/** A propensity within this of 1 cannot be told from 1. */
const CERTAIN = 1e-6;

/** Propensity score by logistic regression. */
export function logitPropensity(sample: Prepared, trim: number): Outcome<PropensityScore> {
  const fit = logit({ ...binaryModel(sample), weights: sample.weights });
  if (!fit.ok) return fit;
  const { index, bread, coefficients } = fit.value;
  const scores = index.map((x, i) => (sample.weights[i] ?? 0) * ((sample.treated[i] ?? 0) - logistic(x)));
  return propensityOf(sample, index, trim, {
    coefficients,
    influence: (direction) => linearInfluence(sample, scores, bread, direction),
  });
}

/** Propensity score by inverse probability tilting; its error does not move the improved estimators. */
export function tiltedPropensity(sample: Prepared, trim: number): Outcome<PropensityScore> {
  const start = logit({ ...binaryModel(sample), weights: sample.weights });
  if (!start.ok) return start;
  const fit = tiltedOdds({ ...binaryModel(sample), weights: sample.weights }, start.value.coefficients);
  if (!fit.ok) return fit;
  const { index, bread, coefficients } = fit.value;
  const scores = index.map((x, i) => (sample.weights[i] ?? 0) * (sample.treated[i] === 1 ? 1 : -Math.exp(x)));
  return propensityOf(sample, index, trim, {
    coefficients,
    influence: (direction) => linearInfluence(sample, scores, bread, direction),
  });
}

function binaryModel(sample: Prepared) {
  return { outcome: sample.treated, columns: sample.columns, label: sample.label };
}

function propensityOf(
  sample: Prepared,
  index: Float64Array,
  trim: number,
  nuisance: Nuisance,
): Outcome<PropensityScore> {
  const { treated, weights, label } = sample;
  const propensity = index.map(logistic);
  const certain = propensity.findIndex((p, i) => p > 1 - CERTAIN && (weights[i] ?? 0) > 0);
  if (certain >= 0) return noOverlap(label(certain), propensity[certain] ?? 1);
  const kept = (i: number): boolean => (propensity[i] ?? 0) < trim;
  const controlWeights = weights.map((w, i) => (treated[i] === 1 || !kept(i) ? 0 : w * Math.exp(index[i] ?? 0)));
  const trimmed = treated.reduce((count, d, i) => count + Number(d === 0 && !kept(i)), 0);
  return answer({
    ...nuisance,
    propensity,
    treatedWeights: weights.map((w, i) => (treated[i] === 1 ? w : 0)),
    controlWeights,
    trimmed,
  });
}
