import { mean } from "../../linalg/kernels.ts";
import { answer, type Outcome } from "../../outcome.ts";
import { type OutcomeModel, outcomeModel } from "./outcome-model.ts";
import { accumulate, combine, difference, subtract, weightedColumnMeans, weightedMeanEstimate } from "./parts.ts";
import { logitPropensity, type PropensityScore, tiltedPropensity } from "./propensity.ts";
import { type GroupSample, type InfluenceEstimate, type PanelSample, type Prepared, prepare } from "./sample.ts";

export const PANEL_METHODS = ["dr", "improved", "reg", "std-ipw", "ipw"] as const;
export type PanelMethod = (typeof PANEL_METHODS)[number];

/** Controls with a propensity from here on are left out. */
export const DEFAULT_TRIM = 0.995;

/**
 * Average effect on the treated from two observations of every unit.
 *
 * Formula, D treated, m(x) the controls' expected change, p(x) the propensity, odds = p / (1 - p):
 * `dr` mean_D(change - m) - mean_(1-D) odds (change - m), logit p, least-squares m; `improved` the same with p by tilting and
 * m weighted by the odds, so that neither's error moves the estimate; `reg` mean_D(change - m); `std-ipw`
 * mean_D(change) - mean_(1-D) odds (change); `ipw` the same with weights that need not sum to one (Horvitz-Thompson).
 * Assumes: parallel trends given the covariates, no anticipation, overlap; `dr` needs only one of p and m to be right.
 * Units: the outcome's. Time and memory O(units x covariates), times the iterations of the logit.
 * Source: Sant'Anna and Zhao 2020, Journal of Econometrics 219; Heckman, Ichimura and Todd 1997; Abadie 2005.
 */
export function panelDid(
  sample: PanelSample,
  method: PanelMethod,
  trim: number = DEFAULT_TRIM,
): Outcome<InfluenceEstimate> {
  const comparison = panelComparison(sample, method, trim);
  return comparison.ok ? comparison.value(sample.change) : comparison;
}

/** The effect on any change of the same units: everything that does not depend on the outcome is computed once. */
export type PanelComparison = (change: Float64Array) => Outcome<InfluenceEstimate>;

export function panelComparison(sample: GroupSample, method: PanelMethod, trim: number): Outcome<PanelComparison> {
  const found = prepare(sample);
  if (!found.ok) return found;
  const prepared = found.value;
  if (sample.covariates.length === 0) return answer((change) => answer(differenceOfMeans(prepared, change)));
  if (method === "reg") return answer((change) => outcomeRegression(prepared, change));
  const scored = method === "improved" ? tiltedPropensity(prepared, trim) : logitPropensity(prepared, trim);
  return scored.ok ? answer(scoredComparison(prepared, scored.value, method)) : scored;
}

function scoredComparison(
  prepared: Prepared,
  score: PropensityScore,
  method: Exclude<PanelMethod, "reg">,
): PanelComparison {
  switch (method) {
    case "dr":
      return (change) => doublyRobust(prepared, score, change);
    case "improved":
      return (change) => improved(prepared, score, change);
    case "std-ipw":
      return (change) => answer(weightedContrast(prepared, score, change));
    case "ipw":
      return (change) => answer(inverseWeighting(prepared, score, change));
  }
}

/** What every method is without covariates. */
function differenceOfMeans(sample: Prepared, change: Float64Array): InfluenceEstimate {
  return combine([
    [1, weightedMeanEstimate(groupWeights(sample, 1), change)],
    [-1, weightedMeanEstimate(groupWeights(sample, 0), change)],
  ]);
}

/** Weights of one group, zero elsewhere. */
function groupWeights(sample: Prepared, group: 0 | 1): Float64Array {
  return sample.weights.map((w, i) => (sample.treated[i] === group ? w : 0));
}

function controlModel(sample: Prepared, change: Float64Array): Outcome<OutcomeModel> {
  return outcomeModel(sample, change, groupWeights(sample, 0), "control units");
}

function doublyRobust(sample: Prepared, score: PropensityScore, change: Float64Array): Outcome<InfluenceEstimate> {
  const model = controlModel(sample, change);
  if (!model.ok) return model;
  const { treatedWeights, controlWeights } = score;
  const rest = difference(change, model.value.fitted);
  const result = weightedContrast(sample, score, rest);
  const balance = subtract(weightedColumnMeans(sample, controlWeights), weightedColumnMeans(sample, treatedWeights));
  accumulate(result.influence, 1, model.value.influence(balance));
  return answer(result);
}

function outcomeRegression(sample: Prepared, change: Float64Array): Outcome<InfluenceEstimate> {
  const model = controlModel(sample, change);
  if (!model.ok) return model;
  const treatedWeights = groupWeights(sample, 1);
  const result = weightedMeanEstimate(treatedWeights, difference(change, model.value.fitted));
  accumulate(result.influence, -1, model.value.influence(weightedColumnMeans(sample, treatedWeights)));
  return answer(result);
}

/** Treated mean less odds-weighted control mean, with what the propensity's error adds. */
function weightedContrast(sample: Prepared, score: PropensityScore, values: Float64Array): InfluenceEstimate {
  const { treatedWeights, controlWeights } = score;
  const control = weightedMeanEstimate(controlWeights, values);
  const result = combine([
    [1, weightedMeanEstimate(treatedWeights, values)],
    [-1, control],
  ]);
  const centred = values.map((value) => value - control.estimate);
  accumulate(result.influence, -1, score.influence(weightedColumnMeans(sample, controlWeights, centred)));
  return result;
}

function inverseWeighting(sample: Prepared, score: PropensityScore, change: Float64Array): InfluenceEstimate {
  const { controlWeights } = score;
  const result = commonDenominator(score, change);
  const share = mean(score.treatedWeights);
  const controlShare = mean(controlWeights);
  const slope = weightedColumnMeans(sample, controlWeights, change).map((value) => (value * controlShare) / share);
  accumulate(result.influence, -1, score.influence(slope));
  return result;
}

function improved(sample: Prepared, score: PropensityScore, change: Float64Array): Outcome<InfluenceEstimate> {
  const odds = untrimmedOdds(sample, score);
  const model = outcomeModel(sample, change, odds, "control units");
  if (!model.ok) return model;
  return answer(commonDenominator(score, difference(change, model.value.fitted)));
}

/** w (1 - D) p / (1 - p) of all controls, the trimmed ones too. */
export function untrimmedOdds(sample: Prepared, score: PropensityScore): Float64Array {
  return score.propensity.map((p, i) => (sample.treated[i] === 1 ? 0 : ((sample.weights[i] ?? 0) * p) / (1 - p)));
}

/** mean((treated weight - control weight) z) / mean(treated weight). */
function commonDenominator(score: PropensityScore, values: Float64Array): InfluenceEstimate {
  const { treatedWeights, controlWeights } = score;
  const share = mean(treatedWeights);
  const parts = values.map((z, i) => (((treatedWeights[i] ?? 0) - (controlWeights[i] ?? 0)) * z) / share);
  const estimate = mean(parts);
  const influence = parts.map((part, i) => part - ((treatedWeights[i] ?? 0) * estimate) / share);
  return { estimate, influence };
}
