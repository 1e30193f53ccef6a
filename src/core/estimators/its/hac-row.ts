import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import {
  andrewsBandwidth,
  cosineSum,
  kernelWeights,
  longRunSum,
  neweyWestBandwidth,
  prewhiten,
  timeScores,
} from "../../inference/hac.ts";
import { randomStream } from "../../inference/random.ts";
import { normalQuantile } from "../../probability/normal.ts";
import type { LinearFit } from "../../regression/ols.ts";

export const HAC_NAMES = ["newey-west", "andrews-bartlett", "andrews-qs", "cosine"] as const;
export type HacName = (typeof HAC_NAMES)[number];

export interface HacChoice {
  readonly name: HacName;
  /** Lags of newey-west, terms of cosine; null: automatic. */
  readonly lag: number | null;
  readonly prewhite: boolean;
  /** student: t; simulated: the law of the same statistic for white noise in this very regression. */
  readonly critical: "student" | "simulated";
  readonly draws: number;
  readonly seed: number;
}

export interface HacRow {
  readonly row: Coefficient;
  readonly bandwidth: number;
}

/**
 * A coefficient with a heteroskedasticity- and autocorrelation-consistent error.
 *
 * Formula: (X'X)^-1 S (X'X)^-1 n/(n - k) with S the kernel sum of the scores x_t e_t: Bartlett with the bandwidth of
 * Newey and West 1994 (or `lag`), Andrews 1991 (Bartlett, quadratic spectral), or equal-weighted cosines with
 * floor(0.4 n^(2/3)) terms. `prewhite` fits a first-order autoregression to the scores first and recolours.
 * simulated: fixed-b critical values; the bandwidth is kept and the same t statistic is computed on `draws` series of
 * normal white noise in this regression, which is exact for white noise and accounts for the bandwidth where Student's t
 * does not; p = (1 + at least as large) / (1 + draws), the interval from the same quantile.
 * Source: Newey and West 1987, 1994; Andrews and Monahan 1992; Kiefer and Vogelsang 2005; Lazarus et al. 2018.
 */
export function hacRow(fit: LinearFit, term: string, choice: HacChoice, alpha: number): HacRow {
  const j = fit.terms.indexOf(term);
  const bandwidth = bandwidthOf(fit, choice);
  const stdError = errorOf(fit, j, choice, bandwidth);
  const estimate = fit.coefficients[j] ?? Number.NaN;
  const dof = choice.name === "cosine" ? bandwidth : fit.n - fit.terms.length;
  const student = studentInference(term, estimate, stdError, { dof, alpha });
  if (choice.critical === "student") return { row: student, bandwidth };
  return { row: simulatedRow(fit, j, { choice, bandwidth, student, alpha }), bandwidth };
}

function bandwidthOf(fit: LinearFit, { name, lag, prewhite }: HacChoice): number {
  if (name === "cosine") return lag ?? Math.max(1, Math.floor(0.4 * fit.n ** (2 / 3)));
  if (lag !== null) return Math.min(lag, fit.n - 1) + 1;
  const scores = timeScores(fit);
  const used = prewhite ? prewhiten(scores).residuals : scores;
  const counted = fit.terms.map((one) => one !== "(Intercept)");
  if (name === "newey-west") return Math.floor(neweyWestBandwidth(used, counted, prewhite)) + 1;
  return andrewsBandwidth(used, counted, name === "andrews-qs" ? "quadratic-spectral" : "bartlett");
}

function errorOf(fit: LinearFit, j: number, choice: HacChoice, bandwidth: number): number {
  const factor = fit.n / (fit.n - fit.terms.length);
  const kernel = choice.name === "andrews-qs" ? "quadratic-spectral" : "bartlett";
  const weights = kernelWeights(kernel, Math.max(bandwidth, 1e-9), fit.n);
  if (choice.prewhite && choice.name !== "cosine") {
    const white = prewhiten(timeScores(fit));
    const plain = longRunSum(white.residuals, weights);
    const meat = white.recolour.mmul(plain).mmul(white.recolour.transpose());
    return Math.sqrt(fit.bread.mmul(meat).mmul(fit.bread).get(j, j) * factor);
  }
  // one coefficient needs one series of scores: row j of (X'X)^-1 X' times the residuals
  const scores = [projected(fit, j)];
  const meat = choice.name === "cosine" ? cosineSum(scores, bandwidth) : longRunSum(scores, weights);
  return Math.sqrt(meat.get(0, 0) * factor);
}

function projected(fit: LinearFit, j: number): Float64Array {
  return fit.residuals.map((residual, i) => {
    const weight = fit.columns.reduce((sum, column, k) => sum + fit.bread.get(j, k) * (column[i] as number), 0);
    return weight * residual;
  });
}

interface Simulation {
  readonly choice: HacChoice;
  readonly bandwidth: number;
  readonly student: Coefficient;
  readonly alpha: number;
}

function simulatedRow(fit: LinearFit, j: number, { choice, bandwidth, student, alpha }: Simulation): Coefficient {
  const random = randomStream(choice.seed);
  const statistics = Float64Array.from({ length: choice.draws }, () => {
    const noise = Float64Array.from({ length: fit.n }, () => normalQuantile(Math.max(random.next(), Number.MIN_VALUE)));
    const again = refitted(fit, noise);
    return Math.abs((again.coefficients[j] ?? 0) / errorOf(again, j, choice, bandwidth));
  }).sort();
  const asLarge = statistics.filter((value) => value >= Math.abs(student.statistic)).length;
  const at = Math.min(choice.draws - 1, Math.ceil((1 - alpha) * (choice.draws + 1)) - 1);
  const reach = (statistics[at] as number) * student.stdError;
  return {
    ...student,
    dof: Number.NaN,
    pValue: (1 + asLarge) / (1 + choice.draws),
    confLow: student.estimate - reach,
    confHigh: student.estimate + reach,
  };
}

/** The same columns with another outcome. */
function refitted(fit: LinearFit, outcome: Float64Array): LinearFit {
  const right = fit.columns.map((column) => column.reduce((sum, x, i) => sum + x * (outcome[i] as number), 0));
  const coefficients = fit.columns.map((_, k) => right.reduce((sum, value, l) => sum + fit.bread.get(k, l) * value, 0));
  const residuals = outcome.map((value, i) =>
    fit.columns.reduce((rest, column, k) => rest - (coefficients[k] as number) * (column[i] as number), value),
  );
  return { ...fit, coefficients, residuals };
}
