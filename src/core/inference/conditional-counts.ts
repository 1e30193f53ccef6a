import { solveIncreasing } from "../probability/root.ts";

/**
 * A count whose law given the margins is P(X = x) proportional to w(x) odds^x on low..high: binomial (two rates) or
 * Fisher's noncentral hypergeometric (a ratio of two ratios).
 */
export interface ConditionalCount {
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  /** w(x + 1) / w(x). */
  readonly step: (x: number) => number;
}

/** Two Poisson counts given their sum: treated ~ Binomial, odds = ratio of the expected counts. Przyborowski, Wilenski 1940. */
export function givenSum(treated: number, control: number): ConditionalCount {
  const total = treated + control;
  return { observed: treated, low: 0, high: total, step: (x) => (total - x) / (x + 1) };
}

/**
 * Four Poisson counts given all margins of their table: the treated count after, odds = ratio of ratios of the expected
 * counts. Source: Fisher 1935; Cornfield 1956.
 */
export function givenMargins(counts: {
  readonly treatedPost: number;
  readonly treatedPre: number;
  readonly controlPost: number;
  readonly controlPre: number;
}): ConditionalCount {
  const treated = counts.treatedPost + counts.treatedPre;
  const control = counts.controlPost + counts.controlPre;
  const post = counts.treatedPost + counts.controlPost;
  return {
    observed: counts.treatedPost,
    low: Math.max(0, post - control),
    high: Math.min(treated, post),
    step: (x) => ((treated - x) * (post - x)) / ((x + 1) * (control - post + x + 1)),
  };
}

interface Tails {
  readonly below: number;
  readonly at: number;
  readonly above: number;
  readonly mean: number;
}

/**
 * P(X < observed), P(X = observed), P(X > observed) and E X at given odds.
 *
 * Formula: terms by their ratios from the largest one outwards, so that far tails keep their relative accuracy. Time O(support),
 * cut where terms vanish.
 */
function tailsAt({ observed, low, high, step }: ConditionalCount, odds: number): Tails {
  const sums = { below: 0, at: 0, above: 0, moment: 0, total: 0 };
  const add = (x: number, term: number): void => {
    if (x < observed) sums.below += term;
    else if (x > observed) sums.above += term;
    else sums.at += term;
    sums.moment += (x - low) * term;
    sums.total += term;
  };
  const peak = modeOf({ low, high, step }, odds);
  add(peak, 1);
  for (let x = peak, term = 1; x < high && term > 0; x++) {
    term *= step(x) * odds;
    add(x + 1, term);
  }
  for (let x = peak, term = 1; x > low && term > 0; x--) {
    term /= step(x - 1) * odds;
    add(x - 1, term);
  }
  const { below, at, above, moment, total } = sums;
  return { below: below / total, at: at / total, above: above / total, mean: low + moment / total };
}

/** The largest term: the ratios fall in x. */
function modeOf({ low, high, step }: Omit<ConditionalCount, "observed">, odds: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (step(middle) * odds > 1) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Weight of the observed value in a tail: all of it (exact), or half (mid-p). */
export type TailRule = "exact" | "mid-p";

function tail(tails: Tails, side: "below" | "above", rule: TailRule): number {
  return tails[side] + (rule === "exact" ? tails.at : tails.at / 2);
}

/** Odds at which the observed count is the expected one; 0 or Infinity at an end of the support. */
export function conditionalEstimate(count: ConditionalCount): number {
  const { observed, low, high } = count;
  if (observed === low) return 0;
  if (observed === high) return Number.POSITIVE_INFINITY;
  return Math.exp(solveIncreasing((u) => tailsAt(count, Math.exp(u)).mean - observed, 0, 1));
}

/** P of H0 odds <= null (side `above`) or odds >= null (side `below`). */
export function oneSidedP(count: ConditionalCount, odds: number, side: "below" | "above", rule: TailRule): number {
  return tail(tailsAt(count, odds), side, rule);
}

/** Twice the smaller tail, the p-value that belongs to the interval. */
export function centralP(count: ConditionalCount, odds: number, rule: TailRule): number {
  const tails = tailsAt(count, odds);
  return Math.min(1, 2 * Math.min(tail(tails, "below", rule), tail(tails, "above", rule)));
}

/** Sum of all outcomes that are at most as probable as the observed one (the p-value of R's fisher.test and poisson.test). */
export function pointProbabilityP(count: ConditionalCount, odds: number): number {
  const { observed, low, high, step } = count;
  const peak = modeOf(count, odds);
  const terms = new Float64Array(high - low + 1);
  terms[peak - low] = 1;
  for (let x = peak; x < high; x++) terms[x + 1 - low] = (terms[x - low] ?? 0) * step(x) * odds;
  for (let x = peak; x > low; x--) terms[x - 1 - low] = (terms[x - low] ?? 0) / (step(x - 1) * odds);
  const limit = (terms[observed - low] ?? 0) * (1 + 1e-7);
  const total = terms.reduce((sum, term) => sum + term, 0);
  return Math.min(1, terms.reduce((sum, term) => sum + (term <= limit ? term : 0), 0) / total);
}

/**
 * Limits of the odds at one-sided level 1 - alpha each.
 *
 * Formula: lower: P(X >= observed) = alpha; upper: P(X <= observed) = alpha; mid-p counts half of P(X = observed). 0 or
 * Infinity where the observed count is at the end of its support.
 * Source: Clopper and Pearson 1934; Lancaster 1961 (mid-p).
 */
export function oddsLimits(
  count: ConditionalCount,
  alpha: number,
  rule: TailRule,
): { readonly low: number; readonly high: number } {
  const { observed, low, high } = count;
  const start = Math.log(conditionalEstimate(count));
  const guess = Number.isFinite(start) ? start : 0;
  const solve = (f: (u: number) => number): number => Math.exp(solveIncreasing(f, guess, 1));
  return {
    low: observed === low ? 0 : solve((u) => Math.log(oneSidedP(count, Math.exp(u), "above", rule) / alpha)),
    high:
      observed === high
        ? Number.POSITIVE_INFINITY
        : solve((u) => -Math.log(oneSidedP(count, Math.exp(u), "below", rule) / alpha)),
  };
}
