import type { Series } from "../../../src/core/panel/series.ts";
import type { Kind } from "../../../src/core/plan.ts";
import type { SeriesQuery } from "../../../src/sources/contract.ts";
import { END, START, STEP } from "./telemetry.ts";

/** A query about the test fleet: unit `zone`, groups by the label `track`. */
export function fleetQuery(
  queries: SeriesQuery["queries"],
  overrides: Partial<SeriesQuery> & { readonly kind?: Kind } = {},
): SeriesQuery {
  return {
    sli: "latency",
    kind: "gauge",
    queries,
    unitLabel: "zone",
    groupOf: ({ track }) => (track === "treated" || track === "control" ? track : null),
    from: START,
    to: END,
    step: STEP,
    ...overrides,
  };
}

/** Only the newest sample itself: Prometheus otherwise repeats the last one for five minutes. */
export const EXACT_LATENCY = "last_over_time(shop_latency_seconds[29s])";

export function pointsOf(series: readonly Series[], unit: string): [number, number][] {
  const one = series.find((candidate) => candidate.unit === unit);
  return one === undefined ? [] : [...one.times].map((time, index) => [time, one.values[index] ?? Number.NaN]);
}

export function withoutNaN(points: readonly [number, number][]): [number, number][] {
  return points.filter(([, value]) => !Number.isNaN(value));
}
