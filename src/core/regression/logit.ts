import { type Outcome, refuse } from "../outcome.ts";
import { type IndexFit, type IndexObjective, maximizeIndex } from "./concave.ts";
import type { NamedColumn } from "./sample.ts";

export interface BinaryModel {
  /** 0 or 1 per row. */
  readonly outcome: Float64Array;
  /** With a column of ones where an intercept is wanted. */
  readonly columns: readonly NamedColumn[];
  readonly weights: Float64Array | null;
  /** Name of a row, for refusals. */
  readonly label: (row: number) => string;
}

/**
 * Logistic regression by maximum likelihood.
 *
 * Formula: maximises sum w (y eta - log(1 + e^eta)), eta = X b; covariance (X' diag(w p (1 - p)) X)^-1.
 * Assumes: the groups overlap; complete or quasi-complete separation (a propensity of 0 or 1) is refused by row.
 * Source: Cox 1958; Albert and Anderson 1984 (existence of the optimum).
 */
export function logit(model: BinaryModel): Outcome<IndexFit> {
  const { columns, outcome, label } = model;
  return maximizeIndex(columns, logLikelihood(outcome, model.weights), startOf(columns), (row, index) =>
    noOverlap(label(row), logistic(index)),
  );
}

/**
 * Propensity score by inverse probability tilting: the odds that give the controls the treated units' covariate means.
 *
 * Formula: maximises sum w (D eta - (1 - D) e^eta), whose optimum solves sum w (D - (1 - D) e^eta) x = 0.
 * Assumes: the treated means lie inside the controls' range of covariates; refused otherwise.
 * Source: Graham, Pinto and Egel 2012, Review of Economic Studies 79; Sant'Anna and Zhao 2020.
 */
export function tiltedOdds(model: BinaryModel, start: readonly number[]): Outcome<IndexFit> {
  const { outcome, label } = model;
  return maximizeIndex(model.columns, tilting(outcome, model.weights), start, (row, index) =>
    noOverlap(label(row), logistic(index)),
  );
}

export function logistic(index: number): number {
  if (index >= 0) return 1 / (1 + Math.exp(-index));
  const e = Math.exp(index);
  return e / (1 + e);
}

export function noOverlap(name: string, propensity: number): Outcome<never> {
  const side = propensity > 0.5 ? "treated" : "not treated";
  return refuse(
    "NO_OVERLAP",
    `The covariates say with certainty that ${name} is ${side} (propensity ${propensity > 0.5 ? 1 : 0}), so it has no counterpart.`,
    "Use fewer covariates, or leave out the units that have no counterpart.",
    { name, propensity },
  );
}

function startOf(columns: readonly NamedColumn[]): number[] {
  return columns.map(() => 0);
}

function weightAt(weights: Float64Array | null, i: number): number {
  return weights === null ? 1 : (weights[i] ?? 0);
}

function logLikelihood(outcome: Float64Array, weights: Float64Array | null): IndexObjective {
  return (index) => {
    const slope = new Float64Array(index.length);
    const curvature = new Float64Array(index.length);
    let value = 0;
    for (let i = 0; i < index.length; i++) {
      const x = index[i] ?? 0;
      const y = outcome[i] ?? 0;
      const w = weightAt(weights, i);
      // e <= 1, so that nothing overflows: log(1 + exp(x)) = max(x, 0) + log(1 + e)
      const e = Math.exp(-Math.abs(x));
      value += w * (y * x - Math.max(x, 0) - Math.log1p(e));
      slope[i] = w * (y - (x >= 0 ? 1 : e) / (1 + e));
      curvature[i] = (w * e) / ((1 + e) * (1 + e));
    }
    return { value, slope, curvature };
  };
}

function tilting(outcome: Float64Array, weights: Float64Array | null): IndexObjective {
  return (index) => {
    const slope = new Float64Array(index.length);
    const curvature = new Float64Array(index.length);
    let value = 0;
    for (let i = 0; i < index.length; i++) {
      const x = index[i] ?? 0;
      const w = weightAt(weights, i);
      if (outcome[i] === 1) {
        value += w * x;
        slope[i] = w;
        continue;
      }
      const odds = w * Math.exp(x);
      value -= odds;
      slope[i] = -odds;
      curvature[i] = odds;
    }
    return { value, slope, curvature };
  };
}
