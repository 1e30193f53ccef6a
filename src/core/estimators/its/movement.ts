import type { PanelWindow } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import type { ClockSeries } from "./blocks.ts";
import { daysBack, isWeekend, weekdayOf } from "./clock.ts";

/**
 * What is left of a series before the deploy when the usual course of a day is taken out: the mean of its clock time over
 * the working days for a working day, over the weekends for a weekend, over all days where one of the two was seen less
 * than twice. NaN where a clock time was seen on one day only, for there nothing would be left.
 *
 * On the multiplicative scale the rest is (value / usual - 1) level. Units: raw.
 */
export function withoutDailyCycle(
  series: ClockSeries,
  end: number,
  on: { readonly scale: Scale; readonly level: number },
): Float64Array {
  const usual = usualCourse(series, end, clockOf(series, end));
  return usual.map((mean, t) => {
    const value = series.values[t] as number;
    return on.scale === "additive" ? value - mean : (value / mean - 1) * on.level;
  });
}

interface Clock {
  readonly day: number;
  /** Place in the day, counted back from the deploy. */
  readonly slots: Int32Array;
  /** 1 on a weekend. */
  readonly kinds: Uint8Array;
}

function clockOf({ step, deployedAt }: ClockSeries, end: number): Clock {
  const day = Math.max(1, daysBack(1, step));
  const slots = Int32Array.from({ length: end }, (_, t) => (end - 1 - t) % day);
  const kinds = Uint8Array.from(slots, (_, t) => Number(isWeekend(weekdayOf(deployedAt - (end - t) * step))));
  return { day, slots, kinds };
}

function usualCourse({ values }: ClockSeries, end: number, { day, slots, kinds }: Clock): Float64Array {
  const ALL = 2;
  const sums = new Float64Array(3 * day);
  const counts = new Int32Array(3 * day);
  for (let t = 0; t < end; t++) {
    const value = values[t] as number;
    if (!Number.isFinite(value)) continue;
    for (const row of [kinds[t] as number, ALL]) {
      const at = row * day + (slots[t] as number);
      sums[at] = (sums[at] as number) + value;
      counts[at] = (counts[at] as number) + 1;
    }
  }
  return Float64Array.from({ length: end }, (_, t) => {
    const own = (kinds[t] as number) * day + (slots[t] as number);
    const at = (counts[own] as number) > 1 ? own : ALL * day + (slots[t] as number);
    return (counts[at] as number) > 1 ? (sums[at] as number) / (counts[at] as number) : Number.NaN;
  });
}

/**
 * Mean square of mean(post) - mean(lead) over every place of the window before the deploy; null when it fits nowhere.
 *
 * Units: squares of the series'. Steps that are missing do not count; a window needs half of its steps. Time grows with
 * the steps.
 */
export function usualMovement(
  series: Float64Array,
  window: PanelWindow,
  lead: number,
  weights: Float64Array | null,
): number | null {
  const settle = window.postStart - window.preEnd;
  const after = window.end - window.preEnd;
  const meanOf = runningMeans(series, window.preEnd, weights);
  let [squares, places] = [0, 0];
  for (let at = lead; at + after <= window.preEnd; at++) {
    const change = meanOf(at + settle, at + after) - meanOf(at - lead, at);
    if (!Number.isFinite(change)) continue;
    squares += change * change;
    places++;
  }
  return places === 0 ? null : squares / places;
}

/** (Weighted) mean of any stretch in constant time; NaN with less than half of its steps. */
export function runningMeans(
  x: Float64Array,
  end: number,
  weights: Float64Array | null,
): (from: number, to: number) => number {
  const sums = new Float64Array(end + 1);
  const masses = new Float64Array(end + 1);
  const counts = new Int32Array(end + 1);
  const origin = x.subarray(0, end).find(Number.isFinite) ?? 0;
  for (let t = 0; t < end; t++) {
    const value = (x[t] as number) - origin;
    const weight = weights === null ? 1 : (weights[t] as number);
    const isSeen = Number.isFinite(value) && weight > 0;
    sums[t + 1] = (sums[t] as number) + (isSeen ? weight * value : 0);
    masses[t + 1] = (masses[t] as number) + (isSeen ? weight : 0);
    counts[t + 1] = (counts[t] as number) + (isSeen ? 1 : 0);
  }
  return (from, to) => {
    const seen = (counts[to] as number) - (counts[from] as number);
    const mass = (masses[to] as number) - (masses[from] as number);
    return 2 * seen < to - from || mass === 0
      ? Number.NaN
      : origin + ((sums[to] as number) - (sums[from] as number)) / mass;
  };
}
