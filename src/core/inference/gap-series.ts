import type { Matrix } from "ml-matrix";
import { answer, type Outcome, refuse } from "../outcome.ts";
import type { LinearFit } from "../regression/ols.ts";
import { leastSquares } from "../regression/ols.ts";
import type { NamedColumn } from "../regression/sample.ts";
import { type Coefficient, studentInference } from "./coefficients.ts";
import {
  andrewsBandwidth,
  blockMeans,
  cosineSum,
  type Kernel,
  kernelWeights,
  longRunSum,
  neweyWestBandwidth,
  prewhiten,
  timeScores,
} from "./hac.ts";
import { welchTest } from "./two-sample.ts";

/**
 * Inference on one time series, the treated mean minus the control mean per step.
 *
 * Assumes: what units do differently at the deploy is the effect; a level shift that is a unit's own (a restart) is
 * taken for an effect. These errors see time doubt only.
 */
export interface GapRegression {
  readonly fit: LinearFit;
  /** Position of the `post` term. */
  readonly term: number;
  readonly alpha: number;
}

/** gap ~ 1 + post + further columns, in time order. */
export function gapRegression(
  gap: Float64Array,
  post: Float64Array,
  further: readonly NamedColumn[],
  alpha: number,
): Outcome<GapRegression> {
  const fit = leastSquares({
    outcome: gap,
    columns: [
      { name: "(Intercept)", values: new Float64Array(gap.length).fill(1) },
      { name: "post", values: post },
      ...further,
    ],
    effects: [],
    singletons: "keep",
  });
  if (!fit.ok) return fit;
  const term = fit.value.terms.indexOf("post");
  if (term < 0) {
    return refuse(
      "NOT_ESTIMABLE",
      "The gap series does not have steps on both sides of the deploy.",
      "Give longer windows.",
    );
  }
  return answer({ fit: fit.value, term, alpha });
}

function row(regression: GapRegression, meat: Matrix, factor: number, dof: number): Coefficient {
  const { fit, term, alpha } = regression;
  const variance = fit.bread.mmul(meat).mmul(fit.bread).get(term, term) * factor;
  return studentInference("post", fit.coefficients[term] ?? Number.NaN, Math.sqrt(variance), { dof, alpha });
}

function residualDof(fit: LinearFit): number {
  return fit.n - fit.terms.length;
}

/** n / (n - k). */
function adjustment(fit: LinearFit, adjust: boolean): number {
  return adjust ? fit.n / residualDof(fit) : 1;
}

/** Bartlett weights 1 - l / (L + 1). Source: Newey and West 1987. */
export function neweyWest(regression: GapRegression, lags: number, adjust: boolean): Coefficient {
  const { fit } = regression;
  const weights = Array.from({ length: lags + 1 }, (_, lag) => 1 - lag / (lags + 1));
  return row(regression, longRunSum(timeScores(fit), weights), adjustment(fit, adjust), residualDof(fit));
}

/** Terms whose scores choose the bandwidth: all but the intercept. */
function countedTerms(fit: LinearFit): boolean[] {
  return fit.terms.map((name) => name !== "(Intercept)");
}

export interface BandwidthResult {
  readonly bandwidth: number;
  readonly row: Coefficient;
}

/**
 * Newey-West with the automatic lag of Newey and West 1994: floor of the Bartlett bandwidth; `prewhite` chooses the lag
 * (and only the lag) from prewhitened scores.
 */
export function neweyWestAutomatic(
  regression: GapRegression,
  options: { readonly prewhite: boolean; readonly adjust: boolean },
): BandwidthResult {
  const { fit } = regression;
  const scores = timeScores(fit);
  const used = options.prewhite ? prewhiten(scores).residuals : scores;
  const bandwidth = neweyWestBandwidth(used, countedTerms(fit), options.prewhite);
  const lags = Math.min(Math.floor(bandwidth), fit.n - 1);
  return { bandwidth, row: neweyWest(regression, lags, options.adjust) };
}

/** Kernel estimate with Andrews' bandwidth, optionally after prewhitening. */
export function andrews(regression: GapRegression, kernel: Kernel, prewhite: boolean): BandwidthResult {
  const { fit } = regression;
  const scores = timeScores(fit);
  const white = prewhite ? prewhiten(scores) : null;
  const used = white ? white.residuals : scores;
  const bandwidth = andrewsBandwidth(used, countedTerms(fit), kernel);
  const plain = longRunSum(used, kernelWeights(kernel, bandwidth, used[0]?.length ?? 0));
  const meat = white ? white.recolour.mmul(plain).mmul(white.recolour.transpose()) : plain;
  return { bandwidth, row: row(regression, meat, 1, residualDof(fit)) };
}

/** Equal-weighted cosine with nu terms, t with nu degrees of freedom. */
export function equalWeightedCosine(regression: GapRegression, nu: number): Coefficient {
  return row(regression, cosineSum(timeScores(regression.fit), nu), 1, nu);
}

/** nu = floor(0.4 T^(2/3)). Source: Lazarus, Lewis, Stock and Watson 2018. */
export function cosineTerms(steps: number): number {
  return Math.max(1, Math.floor(0.4 * steps ** (2 / 3)));
}

/** Welch's test on means of equal blocks before and after the deploy. Source: Glynn and Iglehart 1990 (batch means). */
export function batchMeans(pre: Float64Array, post: Float64Array, blocks: number, alpha: number): Coefficient {
  return welchTest(blockMeans(post, blocks), blockMeans(pre, blocks), alpha);
}
