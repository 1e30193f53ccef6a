import { answer, type Outcome, refuse } from "../../outcome.ts";
import { meanBetween, type PanelWindow } from "../../panel/panel.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import { fitAr } from "../did-ar.ts";
import { isRounding } from "../did-sample.ts";
import type { ClockSeries } from "./blocks.ts";
import { type LeadVariance, leadVariance } from "./lead.ts";
import { usualMovement } from "./movement.ts";
import { meanSize } from "./same-hours.ts";

/** Leads that are tried, as multiples of the post window. */
const LEADS = [1, 2, 4, 8];
/** A longer lead must leave room for placebo windows: at most this share of the pre window is one window. */
const LARGEST_SHARE = 2 / 3;

/** The lead is chosen for the narrowest interval of this one-sided level. */
const WIDTH_AT = 0.975;

/** A level change against the hours just before, without earlier days to tell it from the time of day. */
export interface RecentChange {
  readonly att: number;
  readonly lead: number;
  readonly before: number;
  readonly after: number;
  readonly variance: number;
  readonly dof: number;
  /** Mean square movement of such windows before the deploy. */
  readonly movement: number;
  /** null: the series before the deploy did not move enough for an autoregression. */
  readonly ar: LeadVariance | null;
}

/**
 * Level change from the lead to the post window with two doubts about time: the fallback where there are no earlier days.
 *
 * Formula: att = mean(post) - mean(lead); variance = the larger of its exact variance under an autoregression of the
 * series before the deploy and the mean square of the same change at every earlier place of the window (a daily ramp
 * is in it); t with the smaller of the autoregression's degrees of freedom and the number of such windows, lead included,
 * that fit side by side before the deploy, at least 1. The lead is the one
 * of P, 2P, 4P, 8P with the narrowest interval, a window taking at most 2/3 of the pre window unless lead = P.
 * Assumes: the hours before the deploy moved as much as the hours after it would have. Units: raw.
 * Source: docs/designs/its.md.
 */
export function recentChange(series: ClockSeries, window: PanelWindow): Outcome<RecentChange> {
  const { values, weights } = series;
  const post = window.end - window.postStart;
  const size = meanSize(values, window.preEnd);
  const model = fitAr(values, window.preEnd, size);
  const tried = LEADS.flatMap((times) => {
    const lead = times * post;
    const length = lead + window.end - window.preEnd;
    if (lead > window.preEnd || (times > 1 && length > LARGEST_SHARE * window.preEnd)) return [];
    const movement = usualMovement(values, window, lead, weights);
    const ar = model === null ? null : leadVariance(model, window, lead, weights);
    if (movement === null) return [];
    const variance = Math.max(movement, ar?.variance ?? 0);
    const windows = Math.max(1, window.preEnd / length);
    const dof = Math.min(ar?.dof ?? windows, windows);
    return [{ lead, movement, ar, variance, dof, width: studentTQuantile(WIDTH_AT, dof) ** 2 * variance }];
  });
  const best = tried.reduce((a, b) => (a === undefined || b.width < a.width ? b : a), tried[0]);
  if (best === undefined) return tooShort(window);
  const before = meanBetween(values, window.preEnd - best.lead, window.preEnd, weights);
  const after = meanBetween(values, window.postStart, window.end, weights);
  if (!Number.isFinite(before) || !Number.isFinite(after)) return nothingJustBefore();
  const variance = isRounding(best.variance, size) ? 0 : best.variance;
  const { lead, movement, ar, dof } = best;
  return answer({ att: after - before, lead, before, after, variance, dof, movement, ar });
}

function tooShort(window: PanelWindow): Outcome<never> {
  const needed = 2 * (window.end - window.postStart) + window.postStart - window.preEnd;
  return refuse(
    "PRE_TOO_SHORT",
    `Without controls the ${window.preEnd} steps before the deploy are too few: it takes ${needed} to place one window like this before it.`,
    "Lengthen `windows.pre`: 8d holds a week of earlier days, twice the post window is the least.",
    { preSteps: window.preEnd, postSteps: window.end - window.postStart, needed },
  );
}

function nothingJustBefore(): Outcome<never> {
  return refuse(
    "NO_PRE_DATA",
    "The hours just before the deploy hold no value.",
    "Check for gaps in the source, or shorten `exclude:`.",
  );
}
