import type { Effect } from "../inference/effect.ts";
import type { Direction, Margin } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { Estimate, RelativeEstimate, Verdict } from "../result.ts";

/**
 * From an effect to a verdict (docs/method.md section 6). Harm is the effect with its sign turned so that > 0 is worse;
 * everything outside this file is in raw sign.
 */
export interface HarmBounds {
  readonly harm: number;
  readonly low: number | null;
  readonly high: number | null;
}

export function toHarm(value: number, direction: Direction): number {
  return direction === "up" ? value : -value;
}

export function harmBounds(effect: Effect, direction: Direction, alpha: number): HarmBounds {
  const interval = effect.interval(alpha);
  const harm = toHarm(effect.att, direction);
  if (interval === null) return { harm, low: null, high: null };
  return direction === "up"
    ? { harm, low: interval.low, high: interval.high }
    : { harm, low: -interval.high, high: -interval.low };
}

/** relative(x) = x / (treatedPost - x): the change as a fraction of the counterfactual; null when that is not positive. */
export function relativeTo(treatedPost: number | null, x: number | null): number | null {
  if (treatedPost === null || x === null || !Number.isFinite(x)) return null;
  const counterfactual = treatedPost - x;
  return counterfactual > 0 ? x / counterfactual : null;
}

export function relativeEstimate(effect: Effect, treatedPost: number | null, alpha: number): RelativeEstimate {
  const interval = effect.interval(alpha);
  return {
    att: relativeTo(treatedPost, effect.att),
    confLow: relativeTo(treatedPost, interval?.low ?? null),
    confHigh: relativeTo(treatedPost, interval?.high ?? null),
  };
}

/**
 * The margin in raw units. A relative margin m is the absolute effect x with |x / (treatedPost - x)| = m, which is
 * m treatedPost / (1 + m) where up is worse and m treatedPost / (1 - m) where down is worse: testing one is testing
 * the other. Null when a relative margin has no meaning (treatedPost < 0, or not known).
 */
export function absoluteMargin(margin: Margin, direction: Direction, treatedPost: number | null): number | null {
  if (margin.type === "absolute") return margin.value;
  if (treatedPost === null || treatedPost < 0) return null;
  if (direction === "up") return (margin.value * treatedPost) / (1 + margin.value);
  return margin.value >= 1 ? Number.POSITIVE_INFINITY : (margin.value * treatedPost) / (1 - margin.value);
}

/** One-sided p of H0: harm <= margin. */
export function marginP(effect: Effect, direction: Direction, margin: number): number | null {
  return direction === "up" ? effect.pAbove(margin) : effect.pBelow(-margin);
}

export function toEstimate(effect: Effect, direction: Direction, margin: number | null, alpha: number): Estimate {
  const interval = effect.interval(alpha);
  return {
    att: effect.att,
    stdError: effect.stdError,
    statistic: effect.statistic,
    pValue: effect.pTwoSided,
    confLow: finiteOrNull(interval?.low),
    confHigh: finiteOrNull(interval?.high),
    level: 1 - alpha,
    pMargin: margin === null ? null : marginP(effect, direction, margin),
    pMarginAdjusted: null,
  };
}

/** An unbounded side of an interval is absent, not a number. */
function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly codes: readonly ReasonCode[];
}

/**
 * regression: low > margin and the adjusted pMargin <= alpha/2; improvement: high < 0; no-impact: 0 <= high < margin;
 * else inconclusive. Without an interval (placebo rank) the one-sided p-values decide alone.
 */
export function judge(
  bounds: HarmBounds,
  margin: number,
  p: { readonly margin: number | null; readonly adjusted: number | null; readonly improvement: number | null },
  alpha: number,
): Judgement {
  const { low, high } = bounds;
  const beyond = low === null ? (p.margin ?? 1) <= alpha / 2 : low > margin;
  if (beyond) {
    return (p.adjusted ?? 1) <= alpha / 2
      ? { verdict: "regression", codes: [] }
      : { verdict: "inconclusive", codes: ["MULTIPLICITY"] };
  }
  const better = high === null ? (p.improvement ?? 1) <= alpha / 2 : high < 0;
  if (better) return { verdict: "improvement", codes: [] };
  const worse: ReasonCode[] = low !== null && low > 0 ? ["WORSE_BUT_WITHIN_MARGIN"] : [];
  if (high !== null && high < margin) return { verdict: "no-impact", codes: worse };
  return { verdict: "inconclusive", codes: worse };
}
