import type { NativeHistogram } from "./native-buckets.ts";

/** Labels of one series. */
export type Labels = Readonly<Record<string, string>>;

/** One series as a server with labels (or tags, or dimensions) gives it, before it belongs to a unit. */
export interface LabelledSeries {
  readonly labels: Labels;
  /** Epoch seconds, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Absent: the series has none. */
  readonly histograms?: readonly NativeHistogram[];
}

/** Data and what the server said beside them. */
export interface Told<T> {
  readonly value: T;
  readonly warnings: readonly string[];
}
