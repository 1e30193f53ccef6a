import { meanBetween } from "../../panel/panel.ts";
import { againstEarlier } from "./against-earlier.ts";
import { longestLead } from "./blocks.ts";
import { daysBack } from "./clock.ts";
import type { ItsFit } from "./fit.ts";

/** First step of the day of the deploy that is compared with earlier days: the longest lead, else the lead. */
export function dayStart(fit: ItsFit): number {
  const { window, series, sameHours, lead } = fit;
  const longest = sameHours === null ? lead : longestLead(window, series.step, sameHours.stride);
  return window.preEnd - Math.max(lead, longest);
}

/**
 * What the treated mean would have been without the deploy, step by step over the day of the deploy; NaN before it.
 *
 * additive: before_0 + mean_k (y_t-k - before_k); multiplicative: before_0 mean_k (y_t-k / before_k); without earlier days
 * before_0. Raw units.
 */
export function usualPath(fit: ItsFit): Float64Array {
  const path = new Float64Array(fit.window.end).fill(Number.NaN);
  for (let t = dayStart(fit); t < fit.window.end; t++) {
    const moves = usualMoves(fit, t, t + 1);
    path[t] = moves === null ? fit.before : fit.before + meanOf(moves);
  }
  return path;
}

/** Mean of the earlier days at the clock times of the day of the deploy; NaN elsewhere and without earlier days. */
export function earlierPath(fit: ItsFit): Float64Array {
  const path = new Float64Array(fit.window.end).fill(Number.NaN);
  const { sameHours, series } = fit;
  if (sameHours === null) return path;
  for (let t = dayStart(fit); t < fit.window.end; t++) {
    const seen = sameHours.days.map(({ back }) => series.values[t - daysBack(back, series.step)] ?? Number.NaN);
    path[t] = meanOf(seen.filter(Number.isFinite));
  }
  return path;
}

/** How far each earlier day was from its own "before" over these clock times, on the scale of the effect. */
export function usualMoves(fit: ItsFit, from: number, to: number): number[] | null {
  const { sameHours, series, scale, before } = fit;
  if (sameHours === null) return null;
  return sameHours.days.flatMap((day) => {
    const shift = daysBack(day.back, series.step);
    const mean = meanBetween(series.values, from - shift, to - shift, series.weights);
    if (!Number.isFinite(mean)) return [];
    return [scale === "additive" ? mean - day.before : before * (mean / day.before - 1)];
  });
}

/** Change of a stretch of the day of the deploy against its "before", and the same on earlier days. */
export function moveAgainstEarlier(
  fit: ItsFit,
  from: number,
  to: number,
): { readonly estimate: number; readonly stdError: number | null; readonly dof: number } | null {
  const own = meanBetween(fit.series.values, from, to, fit.series.weights) - fit.before;
  if (!Number.isFinite(own)) return null;
  const moves = usualMoves(fit, from, to);
  if (moves === null) return { estimate: own, stdError: null, dof: 1 };
  if (moves.length < 2) return null;
  const { att, variance, dof } = againstEarlier(own, moves);
  return { estimate: att, stdError: Math.sqrt(variance), dof };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
