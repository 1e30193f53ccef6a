import { type Outcome, refuse } from "../outcome.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import type { Group, Series } from "./series.ts";

/** All series of one unit. */
export interface UnitSeries {
  readonly unit: string;
  readonly treated: boolean;
  readonly series: Series[];
}

/** A ratio whose numerator or denominator came back for no unit at all is a renamed metric until shown otherwise. */
export function ratioHalfMissing(sli: SliPlan, units: readonly UnitSeries[]): Outcome<never> | null {
  const has = (component: Series["component"]): boolean =>
    units.some(({ series }) => series.some((one) => one.component === component));
  const [top, bottom] = [has("numerator"), has("denominator")];
  if (sli.kind !== "ratio" || top === bottom) return null;
  const missing = top ? "denominator" : "numerator";
  return refuse(
    "NO_DATA",
    `The ${missing} of ${sli.id} returned no series at all.`,
    missing === "numerator"
      ? "Check the metric name; if there really was nothing to count, let the query return 0 (PromQL: `... or 0 * <denominator>`)."
      : "Check the metric name and labels of the denominator query.",
    { component: missing },
  );
}

/** Series by unit with its group, names sorted; units left out by name or without a group are gone. */
export function groupUnits(plan: AnalysisPlan, series: readonly Series[]): UnitSeries[] {
  const out = new Set(plan.excludedUnits.map((entry) => entry.unit));
  const named = new Set(plan.treatedUnits);
  const units = new Map<string, UnitSeries>();
  for (const one of series) {
    if (out.has(one.unit)) continue;
    const group: Group | null = named.size === 0 ? one.group : named.has(one.unit) ? "treated" : "control";
    if (group === null) continue;
    const known = units.get(one.unit);
    if (known === undefined) units.set(one.unit, { unit: one.unit, treated: group === "treated", series: [one] });
    else known.series.push(one);
  }
  return [...units.values()].sort((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : 0));
}

/** Epoch seconds of the first and the last stamp. */
export interface StampRange {
  readonly first: number;
  readonly last: number;
}

export function stampRange(units: readonly UnitSeries[]): StampRange | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { series } of units) {
    for (const { times } of series) {
      for (const time of times) {
        if (!Number.isFinite(time)) continue;
        if (time < first) first = time;
        if (time > last) last = time;
      }
    }
  }
  return first <= last ? { first, last } : null;
}

/** Median distance of neighbouring stamps, from up to 200 of each unit. */
export function typicalSpacing(units: readonly UnitSeries[]): number | null {
  const gaps: number[] = [];
  for (const { series } of units) {
    const times = firstStamps(series[0]?.times ?? new Float64Array(0));
    for (let i = 1; i < times.length; i++) {
      const gap = (times[i] as number) - (times[i - 1] as number);
      if (gap > 0) gaps.push(gap);
    }
  }
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? null;
}

/** The earliest 200 stamps in time order; files may hold rows in any order. */
function firstStamps(times: Float64Array): Float64Array {
  const isAscending = times.every((time, i) => i === 0 || time >= (times[i - 1] as number));
  return (isAscending ? times : times.slice().sort()).subarray(0, 200);
}
