import { Matrix } from "ml-matrix";
import { bilinear, invertPositiveDefinite, symmetrize } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { normalCdf, normalQuantile } from "../../probability/normal.ts";
import { findRoot } from "../../probability/root.ts";
import { checkEstimates, type EventStudyEstimates, type Interval, preDifferences, targetValue } from "./estimates.ts";

const GOLDEN_STEPS = 80;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const MAX_EVENTS = 10_000;
const BISECTIONS = 60;
const MAX_DOUBLINGS = 60;

/** An interval that stays valid while the trend's slope changes by at most M per period. */
export interface SmoothnessInterval extends Interval {
  readonly bound: number;
  readonly halfLength: number;
  /** Weights of all coefficients in the interval's centre. */
  readonly weights: readonly number[];
  readonly maxBias: number;
  readonly stdError: number;
}

/** Affine estimators from the least biased to the least variable, in the coordinates of `frontierOf`. */
export interface Frontier {
  readonly estimates: EventStudyEstimates;
  readonly problem: LeadProblem;
  readonly knots: readonly Knot[];
}

interface LeadProblem {
  readonly quadratic: Matrix;
  readonly linear: readonly number[];
  readonly constant: number;
  /** Part of the worst-case bias per unit of M that no choice of leads changes. */
  readonly fixedBias: number;
  readonly start: number;
}

interface Knot {
  readonly penalty: number;
  readonly loadings: readonly number[];
}

/**
 * The best trade-offs of bias and variance for trends whose second differences are at most M.
 *
 * Formula: an estimator a'b_pre + target'b_post that is right for every linear trend has, per unit of M, worst-case bias
 * sum_j |w_j| + sum_j |c_j| with w_j = sum_{t > j} a_{-t}(t - j), c_j = sum_{t > j} target_t (t - j) and w_0 = c_0; its
 * trade-offs with the variance, quadratic in w, are a lasso path, followed exactly from knot to knot.
 * Complexity: O(leads^3) per knot.
 * Source: Rambachan and Roth 2023, Review of Economic Studies 90(5); Armstrong and Kolesar 2020; Efron et al. 2004.
 */
export function frontierOf(estimates: EventStudyEstimates): Outcome<Frontier> {
  const checked = checkEstimates(estimates);
  if (!checked.ok) return checked;
  const problem = leadProblem(estimates);
  const knots = lassoPath(problem);
  if (knots === null) {
    return refuse(
      "NOT_ESTIMABLE",
      "The covariance matrix of the leads is singular, so no best estimator is defined.",
      "Use fewer leads, or an error that clusters by unit.",
    );
  }
  return answer({ estimates, problem, knots });
}

/** sum_{t > j} weights_t (t - j), t = 1.. over the post periods. */
function cumulated(target: readonly number[], j: number): number {
  return target.reduce((total, weight, k) => total + (k + 1 > j ? weight * (k + 1 - j) : 0), 0);
}

/** All coefficients' weights for the free coordinates w_1..w_{pre-1}. */
function weightsOf(estimates: EventStudyEstimates, start: number, loadings: readonly number[]): number[] {
  const { pre, target } = estimates;
  const w = (j: number): number => (j === 0 ? start : (loadings[j - 1] ?? 0));
  const leads = Array.from({ length: pre }, (_, k) => {
    const t = pre - k;
    return w(t - 1) - 2 * w(t) + w(t + 1);
  });
  return [...leads, ...target];
}

function leadProblem(estimates: EventStudyEstimates): LeadProblem {
  const { pre, target, covariance } = estimates;
  const start = cumulated(target, 0);
  const free = pre - 1;
  const base = weightsOf(estimates, start, new Array<number>(free).fill(0));
  const columns = Array.from({ length: free }, (_, j) => {
    const unit = new Array<number>(free).fill(0);
    unit[j] = 1;
    const moved = weightsOf(estimates, start, unit);
    return moved.map((value, k) => value - (base[k] ?? 0));
  });
  return {
    quadratic: symmetrize(new Matrix(columns.map((a) => columns.map((b) => bilinear(a, covariance, b))))),
    linear: columns.map((a) => bilinear(a, covariance, base)),
    constant: bilinear(base, covariance, base),
    fixedBias: target.reduce((total, _, j) => total + Math.abs(cumulated(target, j)), 0),
    start,
  };
}

/** Minimisers of w'Qw/2 + q'w + penalty |w|_1 from penalty = max |q| down to 0; linear between knots. */
function lassoPath({ quadratic, linear }: LeadProblem): Knot[] | null {
  const size = linear.length;
  const zero = new Array<number>(size).fill(0);
  let penalty = Math.max(0, ...linear.map(Math.abs));
  const knots: Knot[] = [{ penalty, loadings: zero }];
  const active: { index: number; sign: number }[] = [];
  if (size === 0 || penalty === 0) return knots;
  const first = linear.findIndex((value) => Math.abs(value) === penalty);
  active.push({ index: first, sign: -Math.sign(linear[first] ?? 0) });
  for (let event = 0; event < MAX_EVENTS && penalty > 0; event++) {
    const line = activeLine(quadratic, linear, active);
    if (line === null) return null;
    const next = nextEvent(quadratic, linear, { active, line, penalty });
    penalty = next.penalty;
    const loadings = [...zero];
    active.forEach(({ index }, k) => {
      loadings[index] = (line.level[k] ?? 0) + penalty * (line.slope[k] ?? 0);
    });
    if (next.leaving !== null) {
      loadings[active[next.leaving]?.index ?? 0] = 0;
      active.splice(next.leaving, 1);
    } else if (next.entering !== null) active.push(next.entering);
    knots.push({ penalty, loadings });
  }
  return knots;
}

/** Active coordinates as level + penalty * slope. */
interface Line {
  readonly level: readonly number[];
  readonly slope: readonly number[];
}

function activeLine(
  quadratic: Matrix,
  linear: readonly number[],
  active: readonly { index: number; sign: number }[],
): Line | null {
  const indexes = active.map(({ index }) => index);
  const inverse = invertPositiveDefinite(quadratic.selection(indexes, indexes));
  if (inverse === null) return null;
  const times = (vector: readonly number[]): number[] => inverse.mmul(Matrix.columnVector([...vector])).to1DArray();
  return {
    level: times(active.map(({ index }) => -(linear[index] ?? 0))),
    slope: times(active.map(({ sign }) => -sign)),
  };
}

interface PathEvent {
  readonly penalty: number;
  readonly leaving: number | null;
  readonly entering: { index: number; sign: number } | null;
}

/** The largest penalty below the present one at which a coordinate reaches zero or a zero one starts to move. */
function nextEvent(
  quadratic: Matrix,
  linear: readonly number[],
  state: { active: readonly { index: number; sign: number }[]; line: Line; penalty: number },
): PathEvent {
  const { active, line, penalty } = state;
  const below = penalty * (1 - 1e-10);
  let best: PathEvent = { penalty: 0, leaving: null, entering: null };
  active.forEach((_, k) => {
    const at = -(line.level[k] ?? 0) / (line.slope[k] ?? 0);
    if (at > best.penalty && at < below) best = { penalty: at, leaving: k, entering: null };
  });
  linear.forEach((value, j) => {
    if (active.some(({ index }) => index === j)) return;
    const level = active.reduce((total, { index }, k) => total + quadratic.get(j, index) * (line.level[k] ?? 0), value);
    const slope = active.reduce((total, { index }, k) => total + quadratic.get(j, index) * (line.slope[k] ?? 0), 0);
    for (const sign of [1, -1]) {
      // gradient level + penalty * slope = sign * penalty
      const at = level / (sign - slope);
      if (at > best.penalty && at < below) best = { penalty: at, leaving: null, entering: { index: j, sign: -sign } };
    }
  });
  return best;
}

/**
 * c with P(|N(bias, 1)| <= c) = 1 - alpha.
 *
 * Source: Armstrong and Kolesar 2018, Econometrica 86(2).
 */
export function foldedNormalQuantile(bias: number, alpha: number): number {
  const size = Math.abs(bias);
  const coverage = (c: number): number => normalCdf(c - size) - normalCdf(-c - size);
  const low = size - normalQuantile(alpha);
  const high = size - normalQuantile(alpha / 2);
  const bracket = Math.max(low, 0);
  if (coverage(bracket) >= 1 - alpha) return bracket;
  return findRoot((c) => coverage(c) - (1 - alpha), bracket, high + 1e-9);
}

/**
 * Shortest fixed-length interval that covers for every trend with second differences of at most `bound`.
 *
 * Formula: min over the frontier of sd * cv(bound * bias / sd), cv the folded normal quantile.
 * Assumes: normal coefficients with known covariance. Units: `bound` is the outcome's unit per period squared.
 * Source: Rambachan and Roth 2023, section 4.1.
 */
export function smoothnessInterval(frontier: Frontier, bound: number, alpha: number): SmoothnessInterval {
  const { estimates, problem, knots } = frontier;
  const at = (loadings: readonly number[]) => {
    const spread = bilinear([...loadings], problem.quadratic, [...loadings]);
    const linear = loadings.reduce((total, value, j) => total + value * (problem.linear[j] ?? 0), 0);
    const stdError = Math.sqrt(spread + 2 * linear + problem.constant);
    const maxBias = bound * (problem.fixedBias + loadings.reduce((total, value) => total + Math.abs(value), 0));
    return { stdError, maxBias, halfLength: stdError * foldedNormalQuantile(maxBias / stdError, alpha), loadings };
  };
  let best = at(knots[0]?.loadings ?? []);
  knots.slice(1).forEach((knot, k) => {
    const before = knots[k]?.loadings ?? [];
    const between = (share: number) => at(before.map((value, j) => value + share * ((knot.loadings[j] ?? 0) - value)));
    for (const candidate of [between(goldenMinimum((share) => between(share).halfLength)), between(1)]) {
      if (candidate.halfLength < best.halfLength) best = candidate;
    }
  });
  const weights = weightsOf(estimates, problem.start, best.loadings);
  const centre = weights.reduce((total, weight, k) => total + weight * (estimates.coefficients[k] ?? 0), 0);
  const { halfLength, maxBias, stdError } = best;
  return { bound, low: centre - halfLength, high: centre + halfLength, halfLength, weights, maxBias, stdError };
}

/** Minimum of a unimodal function on [0, 1]. Source: Kiefer 1953. */
function goldenMinimum(f: (share: number) => number): number {
  let [low, high] = [0, 1];
  let [a, b] = [1 - GOLDEN, GOLDEN];
  let [fa, fb] = [f(a), f(b)];
  for (let step = 0; step < GOLDEN_STEPS && high - low > 1e-12; step++) {
    if (fa < fb) {
      [high, b, fb] = [b, a, fa];
      a = high - GOLDEN * (high - low);
      fa = f(a);
    } else {
      [low, a, fa] = [a, b, fb];
      b = low + GOLDEN * (high - low);
      fb = f(b);
    }
  }
  return (low + high) / 2;
}

/**
 * Effects that the coefficients allow, taken as exact, with second differences of at most `bound`; null when the leads
 * themselves bend more than that.
 */
export function smoothnessIdentifiedSet(estimates: EventStudyEstimates, bound: number): Interval | null {
  const differences = preDifferences(estimates);
  const bends = differences.slice(1).map((value, k) => Math.abs(value - (differences[k] ?? 0)));
  const tolerance = 1e-10 * Math.max(...differences.map(Math.abs), bound);
  if (bends.some((bend) => bend > bound + tolerance)) return null;
  const { target } = estimates;
  // the last pre slope continues, up to one bend of at most `bound` in every later period
  const straight = (differences.at(-1) ?? 0) * cumulated(target, 0);
  const reach = bound * target.reduce((total, _, j) => total + Math.abs(cumulated(target, j)), 0);
  const centre = targetValue(estimates) - straight;
  return { low: centre - reach, high: centre + reach };
}

/**
 * Largest bound at which the interval still excludes zero on the side of the plain estimate; 0 when it does not at bound
 * 0 (an effect that is not there without a trend cannot be lost to one).
 */
export function smoothnessBreakdown(frontier: Frontier, alpha: number): number {
  const sign = Math.sign(targetValue(frontier.estimates));
  const excludes = (bound: number): boolean => {
    const { low, high } = smoothnessInterval(frontier, bound, alpha);
    return sign > 0 ? low > 0 : high < 0;
  };
  if (!excludes(0)) return 0;
  let high = Math.sqrt(Math.max(...frontier.estimates.covariance.diagonal()));
  for (let i = 0; i < MAX_DOUBLINGS && excludes(high); i++) high *= 2;
  let low = 0;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (excludes(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Worst-case bias under second differences of at most `bound`, and standard error, of any affine estimator that is right
 * for linear trends.
 */
export function worstCase(
  estimates: EventStudyEstimates,
  weights: readonly number[],
  bound: number,
): { maxBias: number; stdError: number } {
  const { pre, target, covariance } = estimates;
  const leads = weights.slice(0, pre).reverse();
  const unavoidable = target.reduce((total, _, j) => total + Math.abs(cumulated(target, j)), 0);
  let bias = unavoidable;
  for (let j = 1; j < pre; j++) bias += Math.abs(cumulated(leads, j));
  return { maxBias: bound * bias, stdError: Math.sqrt(bilinear([...weights], covariance, [...weights])) };
}
