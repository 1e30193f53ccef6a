import type { NamedColumn } from "../../regression/sample.ts";

/** Covariates cut at quantiles: a split is a bin number, and looking for one needs no sorting. */
export interface Binned {
  /** Column by column, one bin per unit. */
  readonly columns: readonly Uint8Array[];
  /** Number of bins of each column. */
  readonly counts: readonly number[];
}

const MOST_BINS = 32;

/** Cuts at quantiles of all units; equal values share a bin. Covariates only, so that no outcome is looked at. */
export function binColumns(columns: readonly NamedColumn[]): Binned {
  const binned = columns.map(({ values }) => {
    const sorted = Float64Array.from(values).sort();
    const cuts: number[] = [];
    for (let b = 1; b < MOST_BINS; b++) {
      const cut = sorted[Math.floor((b * sorted.length) / MOST_BINS)] ?? 0;
      if (cut > (cuts.at(-1) ?? sorted[0] ?? 0)) cuts.push(cut);
    }
    const bins = Uint8Array.from(values, (value) => binOf(value, cuts));
    return { bins, count: cuts.length + 1 };
  });
  return { columns: binned.map(({ bins }) => bins), counts: binned.map(({ count }) => count) };
}

/** Number of cuts at or below the value. */
function binOf(value: number, cuts: readonly number[]): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
