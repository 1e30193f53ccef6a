import { Matrix } from "ml-matrix";
import { bilinear, invertPositiveDefinite, symmetrize } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { chiSquareUpperQuantile } from "../../probability/chi-square.ts";
import { noncentralChiSquareSf } from "../../probability/noncentral-chi-square.ts";
import { normalQuantile } from "../../probability/normal.ts";
import { findRoot } from "../../probability/root.ts";
import { normalBox } from "../normal-box.ts";
import { checkEstimates, type EventStudyEstimates } from "./estimates.ts";

const ACCURACY = 1e-9;
const MAX_DOUBLINGS = 60;

/** What a trend of one slope does to the pre-test "no lead is significant". */
export interface TrendPower {
  /** Per period. */
  readonly slope: number;
  /** Chance that at least one lead is significant. */
  readonly power: number;
  /** Chance of passing under the trend against that without it. */
  readonly bayesFactor: number;
  /** Likelihood of the leads that were found under the trend against none. */
  readonly likelihoodRatio: number;
  /** The trend at every coefficient. */
  readonly trend: readonly number[];
  /** Mean of every coefficient given that the pre-test was passed, without any effect. */
  readonly meanAfterPretest: readonly number[];
  /** Joint Wald test of the leads. */
  readonly wald: { readonly noncentrality: number; readonly dof: number; readonly power: number };
}

/**
 * Power of the pre-trend test against a linear trend, and the bias that remains when it was passed.
 *
 * Formula: power = 1 - P(|b_s| <= z se_s for all leads) with b ~ N(slope (s - reference), V); post means move by
 * V21 V11^-1 (E[b_pre | passed] - trend); Wald: noncentral chi-square with trend' V11^-1 trend.
 * Assumes: periods one step apart, normal coefficients, at most 21 leads. Units: the outcome's unit per period.
 * Source: Roth 2022, American Economic Review: Insights 4(3).
 */
export function pretrendPower(estimates: EventStudyEstimates, slope: number, alpha: number): Outcome<TrendPower> {
  const leads = leadsOf(estimates, alpha);
  if (!leads.ok) return leads;
  const { covariance, inverse, limits } = leads.value;
  const { pre, coefficients } = estimates;
  const trend = coefficients.map((_, k) => slope * (k < pre ? k - pre : k - pre + 1));
  const before = trend.slice(0, pre);
  const under = normalBox(before, covariance, limits);
  if (!under.ok) return under;
  const without = normalBox(
    before.map(() => 0),
    covariance,
    limits,
  );
  if (!without.ok) return without;
  const shift = under.value.mean.map((value, k) => value - (before[k] ?? 0));
  const moved = inverse.mmul(Matrix.columnVector(shift)).to1DArray();
  const meanAfterPretest = trend.map((value, k) =>
    k < pre
      ? (under.value.mean[k] ?? Number.NaN)
      : moved.reduce((total, part, j) => total + estimates.covariance.get(k, j) * part, value),
  );
  const found = coefficients.slice(0, pre);
  const rest = found.map((value, k) => value - (before[k] ?? 0));
  const noncentrality = bilinear(before, inverse, before);
  const critical = chiSquareUpperQuantile(alpha, pre);
  return answer({
    slope,
    power: 1 - under.value.probability,
    bayesFactor: under.value.probability / without.value.probability,
    likelihoodRatio: Math.exp((bilinear(found, inverse, found) - bilinear(rest, inverse, rest)) / 2),
    trend,
    meanAfterPretest,
    wald: { noncentrality, dof: pre, power: noncentralChiSquareSf(critical, pre, noncentrality) },
  });
}

/**
 * Slope that the pre-test finds with the given power.
 *
 * Assumes: power grows with the slope; refuses a power that the test exceeds without any trend.
 */
export function slopeForPower(estimates: EventStudyEstimates, power: number, alpha: number): Outcome<number> {
  const leads = leadsOf(estimates, alpha);
  if (!leads.ok) return leads;
  const { covariance, limits } = leads.value;
  const { pre } = estimates;
  const excess = (slope: number): number => {
    const trend = limits.map((_, k) => slope * (k - pre));
    const box = normalBox(trend, covariance, limits);
    return box.ok ? 1 - box.value.probability - power : Number.NaN;
  };
  const size = excess(0);
  if (!(size < 0) || !(power < 1)) {
    return refuse(
      "NOT_ESTIMABLE",
      `Without any trend some lead is significant with probability ${(size + power).toPrecision(3)}, so no slope has power ${power}.`,
      "Ask for a higher power, below 1.",
      { power },
    );
  }
  let high = Math.max(...limits);
  for (let i = 0; i < MAX_DOUBLINGS && !(excess(high) > 0); i++) high *= 2;
  return answer(findRoot(excess, 0, high, ACCURACY * high));
}

interface Leads {
  readonly covariance: Matrix;
  readonly inverse: Matrix;
  /** Largest lead that is not significant. */
  readonly limits: readonly number[];
}

function leadsOf(estimates: EventStudyEstimates, alpha: number): Outcome<Leads> {
  const checked = checkEstimates(estimates);
  if (!checked.ok) return checked;
  const indexes = Array.from({ length: estimates.pre }, (_, k) => k);
  const covariance = symmetrize(estimates.covariance.selection(indexes, indexes));
  const inverse = invertPositiveDefinite(covariance);
  if (inverse === null) {
    return refuse("NOT_ESTIMABLE", "The covariance matrix of the leads is singular.", "Use fewer leads.");
  }
  const z = -normalQuantile(alpha / 2);
  return answer({ covariance, inverse, limits: covariance.diagonal().map((value) => z * Math.sqrt(value)) });
}
