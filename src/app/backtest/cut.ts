import type { Series, SliSeries } from "../../core/panel/series.ts";

/** Series in the order of time, rows with one stamp as they were: then a window is a slice that copies nothing. */
export function inOrder(input: SliSeries): SliSeries {
  return { ...input, series: input.series.map(sorted) };
}

function sorted(series: Series): Series {
  const { times, values, weights } = series;
  const order = Uint32Array.from(times, (_, i) => i);
  if (order.every((i) => i === 0 || (times[i] ?? 0) >= (times[i - 1] ?? 0))) return series;
  order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i] ?? Number.NaN);
  return {
    ...series,
    times: pick(times),
    values: pick(values),
    ...(weights === undefined ? {} : { weights: pick(weights) }),
  };
}

/** What a source would have returned for [from, to): views of the series, without those that hold nothing there. */
export function cutInput(input: SliSeries, from: number, to: number): SliSeries {
  return { ...input, series: input.series.flatMap((series) => cutSeries(series, from, to) ?? []) };
}

function cutSeries(series: Series, from: number, to: number): Series | null {
  const { times, values, weights } = series;
  const first = firstAtLeast(times, from);
  const end = firstAtLeast(times, to);
  if (first >= end) return null;
  return {
    ...series,
    times: times.subarray(first, end),
    values: values.subarray(first, end),
    ...(weights === undefined ? {} : { weights: weights.subarray(first, end) }),
  };
}

/** Index of the first time that is not before `instant`. */
function firstAtLeast(times: Float64Array, instant: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Epoch seconds of the first and the last stamp; null without any. */
export function extentOf({
  series,
}: Pick<SliSeries, "series">): { readonly first: number; readonly last: number } | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { times } of series) {
    first = Math.min(first, times[0] ?? first);
    last = Math.max(last, times.at(-1) ?? last);
  }
  return first <= last ? { first, last } : null;
}
