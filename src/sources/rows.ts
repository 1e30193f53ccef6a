import type { LabelledSeries, Labels } from "./labelled-series.ts";

/** One value of one series as a table or a list of buckets gives it. */
export interface Row {
  readonly labels: Labels;
  /** Epoch seconds. */
  readonly time: number;
  readonly value: number;
}

/** A detail is a part of a sentence for the user. */
export type RowsVerdict =
  | { readonly ok: true; readonly series: readonly LabelledSeries[] }
  | { readonly ok: false; readonly detail: string };

interface Column {
  readonly labels: Labels;
  readonly times: number[];
  readonly values: number[];
}

/** Rows of many series in any order, as one ascending series per set of labels. */
export function toLabelledSeries(rows: Iterable<Row>): RowsVerdict {
  const columns = new Map<string, Column>();
  for (const { labels, time, value } of rows) {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const column = columns.get(key) ?? { labels, times: [], values: [] };
    columns.set(key, column);
    column.times.push(time);
    column.values.push(value);
  }
  const series: LabelledSeries[] = [];
  for (const column of columns.values()) {
    const one = ascending(column);
    const twice = one.times.findIndex((time, index) => index > 0 && time === one.times[index - 1]);
    if (twice > 0) return { ok: false, detail: repeated(column.labels, one.times[twice] ?? 0) };
    series.push(one);
  }
  return { ok: true, series };
}

function ascending({ labels, times, values }: Column): LabelledSeries {
  const isInOrder = times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0));
  if (isInOrder) return { labels, times: Float64Array.from(times), values: Float64Array.from(values) };
  const order = [...times.keys()].sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const sorted = (list: readonly number[]): Float64Array => Float64Array.from(order, (index) => list[index] ?? 0);
  return { labels, times: sorted(times), values: sorted(values) };
}

function repeated(labels: Labels, time: number): string {
  const names = Object.entries(labels).map(([name, value]) => `${name} "${value}"`);
  const whose = names.length === 0 ? "a series without labels" : names.join(", ");
  return `it holds several values of ${whose} at ${new Date(time * 1000).toISOString()}`;
}
