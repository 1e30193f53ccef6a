import { mean } from "../../linalg/kernels.ts";
import { answer, type Outcome } from "../../outcome.ts";
import {
  type Cells,
  controlModels,
  emptyCell,
  type PeriodModels,
  periodModels,
  residuals,
  treatedModels,
  treatedRows,
  within,
} from "./cells.ts";
import { untrimmedOdds } from "./panel.ts";
import { accumulate, combine, difference, subtract, weightedColumnMeans, weightedMeanEstimate } from "./parts.ts";
import { logitPropensity, type PropensityScore, tiltedPropensity } from "./propensity.ts";
import { type CrossSectionSample, type InfluenceEstimate, prepare } from "./sample.ts";

export const CROSS_SECTION_METHODS = [
  "dr",
  "dr-simple",
  "improved",
  "improved-simple",
  "reg",
  "std-ipw",
  "ipw",
] as const;
export type CrossSectionMethod = (typeof CROSS_SECTION_METHODS)[number];

export interface CrossSectionOptions {
  /** Controls with a propensity from here on are left out. */
  readonly trim: number;
  /**
   * Sign of what the error of the controls' model before adds to the error of `dr` and `dr-simple`: as differentiation
   * gives it, or as DRDID 1.2.3 has it (there it enters like the model after), to reproduce that package's errors.
   */
  readonly convention: "derived" | "drdid";
}

/**
 * Average effect on the treated from different units before and after.
 *
 * Formula: each mean of `panelDid` taken after and before and subtracted; `dr` and `improved` add models of the treated
 * outcomes (locally efficient), `dr-simple` and `improved-simple` do not.
 * Assumes: as `panelDid`, and that the covariates' distribution does not change between the periods.
 * Units: the outcome's. Time and memory O(rows x covariates).
 * Source: Sant'Anna and Zhao 2020, Journal of Econometrics 219, section 3.2.
 */
export function crossSectionDid(
  sample: CrossSectionSample,
  method: CrossSectionMethod,
  options: CrossSectionOptions,
): Outcome<InfluenceEstimate> {
  const { trim } = options;
  const prepared = prepare(sample);
  if (!prepared.ok) return prepared;
  const cells = { ...prepared.value, outcome: sample.outcome, post: sample.post };
  const empty = emptyCell(cells);
  if (!empty.ok) return empty;
  switch (method) {
    case "dr":
    case "dr-simple":
      return doublyRobust(cells, options, method === "dr");
    case "improved":
    case "improved-simple":
      return improved(cells, trim, method === "improved");
    case "reg":
      return outcomeRegression(cells);
    case "std-ipw":
      return standardizedWeighting(cells, trim);
    case "ipw":
      return inverseWeighting(cells, trim);
  }
}

/** Change of the weighted mean of `values` from before to after. */
function changeOfMeans(cells: Cells, weights: Float64Array, values: Float64Array): InfluenceEstimate {
  return combine([
    [1, weightedMeanEstimate(within(cells, weights, 1), values)],
    [-1, weightedMeanEstimate(within(cells, weights, 0), values)],
  ]);
}

/** How the change of odds-weighted control means moves with the propensity's coefficients. */
function oddsSlope(cells: Cells, score: PropensityScore, values: Float64Array): number[] {
  const slopeIn = (period: number): number[] => {
    const weights = within(cells, score.controlWeights, period);
    const { estimate } = weightedMeanEstimate(weights, values);
    return weightedColumnMeans(
      cells,
      weights,
      values.map((value) => value - estimate),
    );
  };
  return subtract(slopeIn(1), slopeIn(0));
}

/** Treated change less odds-weighted control change, with what the propensity's error adds when asked for. */
function weightedContrast(
  cells: Cells,
  score: PropensityScore,
  values: Float64Array,
  propensityError: boolean,
): InfluenceEstimate {
  const result = combine([
    [1, changeOfMeans(cells, score.treatedWeights, values)],
    [-1, changeOfMeans(cells, score.controlWeights, values)],
  ]);
  if (propensityError) accumulate(result.influence, -1, score.influence(oddsSlope(cells, score, values)));
  return result;
}

function doublyRobust(cells: Cells, options: CrossSectionOptions, efficient: boolean): Outcome<InfluenceEstimate> {
  const score = logitPropensity(cells, options.trim);
  if (!score.ok) return score;
  const control = controlModels(cells);
  if (!control.ok) return control;
  const result = weightedContrast(cells, score.value, residuals(cells, control.value), true);
  const { treatedWeights, controlWeights } = score.value;
  const balance = (period: number): number[] =>
    subtract(
      weightedColumnMeans(cells, within(cells, controlWeights, period)),
      weightedColumnMeans(cells, within(cells, treatedWeights, period)),
    );
  accumulate(result.influence, 1, control.value.after.influence(balance(1)));
  accumulate(result.influence, options.convention === "drdid" ? 1 : -1, control.value.before.influence(balance(0)));
  if (!efficient) return answer(result);
  const treated = treatedModels(cells);
  if (!treated.ok) return treated;
  const gain = efficiencyTerm(cells, treated.value, control.value);
  accumulate(gain.influence, 1, efficiencyModelError(cells, treated.value, control.value));
  return answer(
    combine([
      [1, result],
      [1, gain],
    ]),
  );
}

/** What all treated rows say beyond those of the period: zero in expectation, less noise. */
function efficiencyTerm(cells: Cells, treated: PeriodModels, control: PeriodModels): InfluenceEstimate {
  const all = treatedRows(cells);
  const gapAfter = difference(treated.after.fitted, control.after.fitted);
  const gapBefore = difference(treated.before.fitted, control.before.fitted);
  return combine([
    [1, weightedMeanEstimate(all, gapAfter)],
    [-1, weightedMeanEstimate(within(cells, all, 1), gapAfter)],
    [-1, weightedMeanEstimate(all, gapBefore)],
    [1, weightedMeanEstimate(within(cells, all, 0), gapBefore)],
  ]);
}

function efficiencyModelError(cells: Cells, treated: PeriodModels, control: PeriodModels): Float64Array {
  const all = treatedRows(cells);
  const imbalance = (period: number): number[] =>
    subtract(weightedColumnMeans(cells, all), weightedColumnMeans(cells, within(cells, all, period)));
  const result = new Float64Array(cells.n);
  const after = imbalance(1);
  const before = imbalance(0);
  accumulate(result, 1, treated.after.influence(after));
  accumulate(result, -1, control.after.influence(after));
  accumulate(result, -1, treated.before.influence(before));
  accumulate(result, 1, control.before.influence(before));
  return result;
}

function improved(cells: Cells, trim: number, efficient: boolean): Outcome<InfluenceEstimate> {
  const score = tiltedPropensity(cells, trim);
  if (!score.ok) return score;
  const control = periodModels(cells, untrimmedOdds(cells, score.value), "control");
  if (!control.ok) return control;
  const result = weightedContrast(cells, score.value, residuals(cells, control.value), false);
  if (!efficient) return answer(result);
  const treated = treatedModels(cells);
  if (!treated.ok) return treated;
  return answer(
    combine([
      [1, result],
      [1, efficiencyTerm(cells, treated.value, control.value)],
    ]),
  );
}

function outcomeRegression(cells: Cells): Outcome<InfluenceEstimate> {
  const control = controlModels(cells);
  if (!control.ok) return control;
  const { after, before } = control.value;
  const all = treatedRows(cells);
  const result = combine([
    [1, changeOfMeans(cells, all, cells.outcome)],
    [-1, weightedMeanEstimate(all, difference(after.fitted, before.fitted))],
  ]);
  const means = weightedColumnMeans(cells, all);
  accumulate(result.influence, -1, after.influence(means));
  accumulate(result.influence, 1, before.influence(means));
  return answer(result);
}

function standardizedWeighting(cells: Cells, trim: number): Outcome<InfluenceEstimate> {
  const score = logitPropensity(cells, trim);
  return score.ok ? answer(weightedContrast(cells, score.value, cells.outcome, true)) : score;
}

/**
 * Horvitz-Thompson form.
 *
 * Formula: mean(s (treated weight - control weight) y) / mean(treated weight), s = 1 / share of the period's weight, with
 * the sign of the period.
 */
function inverseWeighting(cells: Cells, trim: number): Outcome<InfluenceEstimate> {
  const score = logitPropensity(cells, trim);
  if (!score.ok) return score;
  const { treatedWeights, controlWeights } = score.value;
  const share = mean(treatedWeights);
  const result = { estimate: 0, influence: new Float64Array(cells.n) };
  for (const [period, sign] of [
    [1, 1],
    [0, -1],
  ] as const) {
    const here = within(cells, cells.weights, period);
    const periodShare = mean(here);
    const scale = sign / (periodShare * share);
    const control = within(cells, controlWeights, period);
    const parts = difference(within(cells, treatedWeights, period), control).map(
      (w, i) => scale * w * (cells.outcome[i] ?? 0),
    );
    const estimate = mean(parts);
    result.estimate += estimate;
    accumulate(result.influence, 1, parts);
    accumulate(result.influence, -estimate / share, treatedWeights);
    accumulate(result.influence, -estimate / periodShare, here);
    result.influence.forEach((value, i) => {
      result.influence[i] = value + estimate;
    });
    const slope = weightedColumnMeans(cells, control, cells.outcome).map((value) => value * scale * mean(control));
    accumulate(result.influence, -1, score.value.influence(slope));
  }
  return answer(result);
}
