import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import { hullOfNulls } from "../../inference/hull-of-nulls.ts";
import { pooledTest, welchTest } from "../../inference/two-sample.ts";
import { mean, variance } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";

/** Change from before to after of every unit, treated and control. */
export interface GroupChanges {
  readonly treated: Float64Array;
  readonly control: Float64Array;
}

/** Statistics that differ by less than this share are ties. */
const TIE = 1e-9;
/** Sign changes are enumerated, so more estimates than this are refused. */
const MAX_ESTIMATES = 20;

/**
 * Two-step estimator: one change per unit, pooled t.
 *
 * Formula: difference of mean changes, pooled variance, t with units - 2 degrees of freedom.
 * Assumes: changes are normal with one variance; works with a single treated unit.
 * Source: Donald and Lang 2007, Review of Economics and Statistics 89.
 */
export function donaldLang({ treated, control }: GroupChanges, alpha: number): Outcome<Coefficient> {
  if (treated.length + control.length < 3) {
    return refuse("TOO_FEW_UNITS", "Two units leave no degree of freedom for an error.", "Add control units.", {
      units: treated.length + control.length,
    });
  }
  return checkedError(named(pooledTest(treated, control, alpha)));
}

/**
 * Difference of mean changes with a conservative number of degrees of freedom.
 *
 * Formula: Welch's t with min(n1, n2) - 1 degrees of freedom.
 * Assumes: changes are normal, variances may differ from unit to unit.
 * Source: Ibragimov and Müller 2016, Review of Economics and Statistics 98.
 */
export function ibragimovMueller({ treated, control }: GroupChanges, alpha: number): Outcome<Coefficient> {
  const smaller = Math.min(treated.length, control.length);
  if (smaller < 2) {
    return refuse(
      "TOO_FEW_UNITS",
      `Two groups of at least two units are needed, there are ${treated.length} treated and ${control.length} control units.`,
      "Add units, or use ferman-pinto or conley-taber.",
      { treated: treated.length, control: control.length },
    );
  }
  const { estimate, stdError } = welchTest(treated, control, alpha);
  return checkedError(studentInference("att", estimate, stdError, { dof: smaller - 1, alpha }));
}

/**
 * One estimate per region, their t-test.
 *
 * Formula: mean of the estimates over sd / sqrt(q), q - 1 degrees of freedom.
 * Assumes: estimates are independent and normal; variances may differ from region to region.
 * Source: Ibragimov and Müller 2010, Journal of Business and Economic Statistics 28.
 */
export function regionTest(estimates: Float64Array, alpha: number): Outcome<Coefficient> {
  if (estimates.length < 2) return tooFewRegions(estimates.length);
  const stdError = Math.sqrt(variance(estimates) / estimates.length);
  return checkedError(studentInference("att", mean(estimates), stdError, { dof: estimates.length - 1, alpha }));
}

export interface SignChangeTest {
  readonly estimate: number;
  readonly statistic: number;
  /** Number of sign vectors. */
  readonly assignments: number;
  /** Share of sign vectors with at least the observed |t|, and with at least the observed |mean|. */
  readonly pValue: number;
  readonly pOfMean: number;
  readonly confLow: number;
  readonly confHigh: number;
}

/**
 * Randomization test over the signs of independent estimates.
 *
 * Formula: |t| (and |mean|) of s_r (b_r - null) over all 2^q sign vectors, ties counted; interval by inversion.
 * Assumes: each estimate is symmetric about the effect; the smallest p is 2/2^q.
 * Complexity: 2^q x q, q at most 20.
 * Source: Canay, Romano and Shaikh 2017, Econometrica 85.
 */
export function signChangeTest(estimates: Float64Array, alpha: number): Outcome<SignChangeTest> {
  const count = estimates.length;
  if (count < 2) return tooFewRegions(count);
  if (count > MAX_ESTIMATES) {
    return refuse(
      "NOT_ESTIMABLE",
      `Sign changes of ${count} estimates are too many to enumerate (at most ${MAX_ESTIMATES}).`,
      "Use ibragimov-mueller-regions.",
      { estimates: count },
    );
  }
  const scale = Math.sqrt(variance(estimates) / count);
  if (!(scale > 0)) return noSpread();
  const observed = signShares(estimates, 0);
  const estimate = mean(estimates);
  const { low, high } = hullOfNulls(estimate, scale, (b) => signShares(estimates, b).ofT > alpha);
  return answer({
    estimate,
    statistic: estimate / scale,
    assignments: 2 ** count,
    pValue: observed.ofT,
    pOfMean: observed.ofMean,
    confLow: low,
    confHigh: high,
  });
}

/** Over all sign vectors the sum of squares stays, so that |t| orders them as |mean| does, except for equal estimates. */
function signShares(estimates: Float64Array, nullEffect: number): { ofT: number; ofMean: number } {
  const values = estimates.map((value) => value - nullEffect);
  const squares = values.reduce((total, value) => total + value * value, 0);
  const q = values.length;
  const size = (total: number): number => {
    const rest = (squares - (total * total) / q) / (q - 1);
    return rest > 1e-14 * squares ? Math.abs(total / q) / Math.sqrt(rest / q) : Number.POSITIVE_INFINITY;
  };
  const whole = values.reduce((total, value) => total + value, 0);
  const observed = size(whole) * (1 - TIE);
  let [ofT, ofMean] = [0, 0];
  for (let signs = 0; signs < 2 ** q; signs++) {
    let total = 0;
    for (let r = 0; r < q; r++) total += (signs >> r) & 1 ? (values[r] ?? 0) : -(values[r] ?? 0);
    if (size(total) >= observed) ofT++;
    if (Math.abs(total) >= Math.abs(whole) * (1 - TIE)) ofMean++;
  }
  return { ofT: ofT / 2 ** q, ofMean: ofMean / 2 ** q };
}

function named(row: Coefficient): Coefficient {
  return { ...row, term: "att" };
}

function checkedError(row: Coefficient): Outcome<Coefficient> {
  return row.stdError > 0 ? answer(row) : noSpread();
}

function noSpread(): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    "The changes do not vary, so there is no error to take from them.",
    "Check that the series move at all.",
  );
}

function tooFewRegions(regions: number): Outcome<never> {
  return refuse(
    "TOO_FEW_CLUSTERS",
    `A test over regions needs at least two with treated and control units, there ${regions === 1 ? "is 1" : `are ${regions}`}.`,
    "Name a column with more regions.",
    { regions },
  );
}
