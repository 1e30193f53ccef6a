import type { Series } from "../core/panel/series.ts";

/**
 * The most common positive distance between neighbouring stamps of one unit, seconds; the shorter one of two that are
 * equally common; null when no unit has two different stamps.
 */
export function commonSpacing(series: readonly Series[]): number | null {
  const counts = new Map<number, number>();
  for (const { times } of series) countSpacings(ascending(times), counts);
  let best: number | null = null;
  for (const [spacing, count] of counts) {
    const most = best === null ? 0 : (counts.get(best) ?? 0);
    if (count > most || (count === most && best !== null && spacing < best)) best = spacing;
  }
  return best;
}

export function lastStamp(series: readonly Series[]): number | null {
  let last = Number.NEGATIVE_INFINITY;
  for (const { times } of series) for (const time of times) last = Math.max(last, time);
  return Number.isFinite(last) ? last : null;
}

function countSpacings(times: Float64Array, counts: Map<number, number>): void {
  for (let index = 1; index < times.length; index += 1) {
    // Milliseconds: fractions of a second do not survive subtraction exactly.
    const spacing = Math.round(((times[index] ?? 0) - (times[index - 1] ?? 0)) * 1000) / 1000;
    if (spacing > 0) counts.set(spacing, (counts.get(spacing) ?? 0) + 1);
  }
}

function ascending(times: Float64Array): Float64Array {
  for (let index = 1; index < times.length; index += 1) {
    if ((times[index] ?? 0) < (times[index - 1] ?? 0)) return times.toSorted();
  }
  return times;
}
