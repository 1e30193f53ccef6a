import { DeployImpactError } from "../core/errors.ts";
import type { Series } from "../core/panel/series.ts";
import { type NativeHistogram, toBucketColumns } from "./native-buckets.ts";

/** What became of the parts of one unit (and classic bucket). */
export interface Joined {
  readonly unit: string;
  readonly series: readonly Series[];
  /** Bounds that the native histograms had in common; null: not native. */
  readonly nativeBounds: number | null;
}

/** One series per bound, as if the unit had classic buckets there. */
export function nativeSeries(
  owner: Pick<Series, "unit" | "group" | "subgroup">,
  histograms: readonly NativeHistogram[],
  what: string,
): Joined {
  const reading = toBucketColumns(histograms);
  if (!reading.ok) {
    throw new DeployImpactError("SOURCE_REJECTED", `The answer to ${what} cannot be used: ${reading.detail}.`, {
      hint: `Let ${what} give rates or increases of one histogram, without subtracting another: \`sum by (...) (rate(...[1m]))\`.`,
    });
  }
  const { times, bounds, counts, exactBounds } = reading.columns;
  const series = bounds.map(
    (le, index): Series => ({ ...owner, component: "bucket", le, times, values: counts[index] ?? times }),
  );
  return { unit: owner.unit, series, nativeBounds: exactBounds };
}

export function thinningWarning(joined: readonly Joined[], what: string): string[] {
  const thinned = joined.filter((item) => (item.nativeBounds ?? 0) > item.series.length);
  if (thinned.length === 0) return [];
  const most = Math.max(...thinned.map((item) => item.nativeBounds ?? 0));
  const units = thinned.length === 1 ? "one unit" : `${thinned.length} units`;
  return [
    `The native histograms of ${what} have up to ${most} bucket bounds; buckets of ${units} were joined to fewer, wider ones.`,
  ];
}

export function unreadNative(what: string): DeployImpactError {
  return new DeployImpactError(
    "SOURCE_REJECTED",
    `The answer to ${what} cannot be used: it gives native histograms, not numbers.`,
    {
      hint: "Read them with `kind: quantile` and `buckets`, or turn them into numbers, for instance by histogram_sum(...) and histogram_count(...).",
    },
  );
}

export function mixedHistograms(unit: string, what: string): DeployImpactError {
  return new DeployImpactError(
    "SOURCE_REJECTED",
    `The answer to ${what} gives unit "${unit}" native histograms and other series as well.`,
    {
      hint: `Let ${what} return one kind: native histograms by their name, or classic buckets by \`..._bucket\` with the label le.`,
    },
  );
}
