import { meanBetween, type PanelWindow } from "../../panel/panel.ts";
import { DAY, daysBack, isWeekend, weekdayOf } from "./clock.ts";

/** One series on a regular grid around a deploy; NaN is missing. */
export interface ClockSeries {
  readonly values: Float64Array;
  /** Denominators of a ratio; null when cells count alike. */
  readonly weights: Float64Array | null;
  /** Seconds. */
  readonly step: number;
  /** The deploy in epoch seconds: decides the weekday only. */
  readonly deployedAt: number;
}

/** Which earlier days are compared with the day of the deploy. */
export const DAY_RULES = ["all-days", "working-days", "weekends", "same-weekday"] as const;
export type DayRule = (typeof DAY_RULES)[number];

/** The lead and the post window of one day. */
export interface DayBlock {
  /** Days before the deploy; 0 is the day of the deploy. */
  readonly back: number;
  /** Means of lead and post window, raw units. */
  readonly before: number;
  readonly after: number;
}

/** Fewer earlier days than this leave nothing to judge a day by. */
export const FEWEST_DAYS = 3;
/** A day counts when at least this share of both of its windows was seen. */
const LEAST_SEEN = 0.5;
/** Days of one weekday that make the others unnecessary, and the same for working days and weekends. */
const ENOUGH_WEEKS = 8;
const ENOUGH_OF_A_KIND = 4;
/** A lead of this many seconds is long enough, unless the post window is shorter. */
const LONG_ENOUGH = 6 * 3600;

/**
 * Days from one block to the next: the smallest number that holds post window, settle and a lead as long as the post
 * window (6 hours are enough), so that no step is in two blocks. Whole weeks when a block is longer than a day and there
 * are more than 4 of them.
 */
export function strideOf(window: PanelWindow, step: number): number {
  const post = (window.end - window.postStart) * step;
  const settle = (window.postStart - window.preEnd) * step;
  const needed = post + settle + Math.max(step, Math.min(post, LONG_ENOUGH));
  const days = Math.max(1, Math.ceil(needed / DAY));
  const weeks = Math.floor((window.preEnd * step) / (7 * DAY));
  return days > 1 && days <= 7 && weeks > ENOUGH_OF_A_KIND ? 7 : days;
}

/** Steps of lead that a stride leaves, and that the data before the deploy hold. */
export function longestLead(window: PanelWindow, step: number, stride: number): number {
  return Math.min(daysBack(stride, step) - (window.end - window.preEnd), window.preEnd);
}

/** The block `back` days before the deploy; null when too little of it was seen. */
export function dayBlock(series: ClockSeries, window: PanelWindow, lead: number, back: number): DayBlock | null {
  const shift = daysBack(back, series.step);
  const [from, to] = [window.preEnd - lead - shift, window.preEnd - shift];
  const [postFrom, postTo] = [window.postStart - shift, window.end - shift];
  if (from < 0 || postTo > series.values.length) return null;
  const { values, weights } = series;
  if (seenShare(values, from, to) < LEAST_SEEN || seenShare(values, postFrom, postTo) < LEAST_SEEN) return null;
  const before = meanBetween(values, from, to, weights);
  const after = meanBetween(values, postFrom, postTo, weights);
  return Number.isFinite(before) && Number.isFinite(after) ? { back, before, after } : null;
}

function seenShare(values: Float64Array, from: number, to: number): number {
  let count = 0;
  for (let t = from; t < to; t++) if (Number.isFinite(values[t] as number)) count++;
  return count / (to - from);
}

/** Days before the deploy at which a block of this stride and lead fits into the data, nearest first. */
export function earlierStarts(window: PanelWindow, step: number, stride: number, lead: number): number[] {
  const starts: number[] = [];
  for (let back = stride; window.preEnd - lead - daysBack(back, step) >= 0; back += stride) starts.push(back);
  return starts;
}

/**
 * The days that are most like the day of the deploy: its weekday when there are 8 of them, else working days or weekends
 * (whichever it is) when there are 4, else all.
 */
export function alike<T extends { readonly back: number }>(
  days: readonly T[],
  deployedAt: number,
  stride: number,
): { readonly rule: DayRule; readonly days: readonly T[] } {
  if (stride > 1) return { rule: stride % 7 === 0 ? "same-weekday" : "all-days", days };
  const today = weekdayOf(deployedAt);
  const weekday = (day: T): number => weekdayOf(deployedAt - day.back * DAY);
  const same = days.filter((day) => weekday(day) === today);
  if (same.length >= ENOUGH_WEEKS) return { rule: "same-weekday", days: same };
  const kind = days.filter((day) => isWeekend(weekday(day)) === isWeekend(today));
  if (kind.length >= ENOUGH_OF_A_KIND) return { rule: isWeekend(today) ? "weekends" : "working-days", days: kind };
  return { rule: "all-days", days };
}
