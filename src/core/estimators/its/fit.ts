import { answer, type Outcome, type Refusal, refuse } from "../../outcome.ts";
import type { PanelWindow } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import { isRounding, LARGEST, ROUNDING } from "../did-sample.ts";
import type { ClockSeries } from "./blocks.ts";
import { type RecentChange, recentChange } from "./recent.ts";
import { meanSize, type SameHours, sameHours } from "./same-hours.ts";

/** What is asked of a comparison without controls. */
export interface ItsOptions {
  readonly scale: "auto" | Scale;
  /** See SameHoursOptions. */
  readonly leadLimit: number;
  readonly skips: (back: number, lead: number) => boolean;
  /** First step that the fallback may look at: the pre window of the hours just before. */
  readonly recentFrom: number;
  /** A series that never moves is refused (`NO_VARIATION`), unless an exact method takes over: then it is an effect of 0. */
  readonly keepStill: boolean;
}

/** An effect without controls: by earlier days where there are enough, else by the hours just before the deploy. */
export interface ItsFit {
  readonly series: ClockSeries;
  readonly window: PanelWindow;
  readonly scale: Scale;
  readonly att: number;
  /** Steps just before the deploy that are the "before". */
  readonly lead: number;
  /** Means of lead and post window on the day of the deploy. */
  readonly before: number;
  readonly after: number;
  /** null: nothing moved before the deploy, so there is a rank instead. */
  readonly variance: number | null;
  readonly dof: number | null;
  readonly rankP: number | null;
  readonly sameHours: SameHours | null;
  readonly recent: RecentChange | null;
  /** Why there is no comparison with earlier days. */
  readonly tooFewDays: Refusal | null;
}

/** Same hours of earlier days when there are at least three, else the hours just before (docs/designs/its.md). */
export function fitIts(series: ClockSeries, window: PanelWindow, options: ItsOptions): Outcome<ItsFit> {
  const size = meanSize(series.values, window.preEnd);
  if (size > LARGEST || (size > 0 && size < 1 / LARGEST)) return beyondNumbers(size);
  const compared = sameHours(series, window, { ...options, lead: null, weekdays: true, movement: true });
  if (!compared.ok && compared.refusal.code !== "PRE_TOO_SHORT") return compared;
  return compared.ok
    ? byEarlierDays(series, window, { size, options, compared: compared.value })
    : byRecentHours(series, window, { size, options, tooFewDays: compared.refusal });
}

function byEarlierDays(
  series: ClockSeries,
  window: PanelWindow,
  { size, options, compared }: { size: number; options: ItsOptions; compared: SameHours },
): Outcome<ItsFit> {
  const { att, lead, today, scale, variance, dof, days } = compared;
  const doubt = doubtOf({ att, variance, dof, size, windows: days.length, keepStill: options.keepStill });
  if (!doubt.ok) return doubt;
  const { before, after } = today;
  const shape = { series, window, scale, att, lead, before, after, ...doubt.value };
  return answer({ ...shape, sameHours: compared, recent: null, tooFewDays: null });
}

function byRecentHours(
  series: ClockSeries,
  window: PanelWindow,
  { size, options, tooFewDays }: { size: number; options: ItsOptions; tooFewDays: Refusal },
): Outcome<ItsFit> {
  const { recentFrom } = options;
  const cut: ClockSeries = {
    ...series,
    values: series.values.subarray(recentFrom),
    weights: series.weights?.subarray(recentFrom) ?? null,
  };
  const { preEnd, postStart, end } = window;
  const changed = recentChange(cut, {
    preEnd: preEnd - recentFrom,
    postStart: postStart - recentFrom,
    end: end - recentFrom,
  });
  if (!changed.ok) return changed;
  const { att, lead, before, after, variance, dof } = changed.value;
  const windows = Math.floor((preEnd - recentFrom) / (end - postStart));
  const doubt = doubtOf({ att, variance, dof, size, windows, keepStill: options.keepStill });
  if (!doubt.ok) return doubt;
  const shape = { series, window, scale: "additive", att, lead, before, after, ...doubt.value } as const;
  return answer({ ...shape, sameHours: null, recent: changed.value, tooFewDays });
}

type Doubt = Pick<ItsFit, "variance" | "dof" | "rankP">;

/** Where nothing ever moved, the change is ranked among the windows that did not: p = 1/(1 + windows). */
function doubtOf(at: {
  readonly att: number;
  readonly variance: number;
  readonly dof: number;
  readonly size: number;
  readonly windows: number;
  readonly keepStill: boolean;
}): Outcome<Doubt> {
  if (!isRounding(at.variance, at.size)) return answer({ variance: at.variance, dof: at.dof, rankP: null });
  if (Math.abs(at.att) > ROUNDING * at.size) return answer({ variance: null, dof: null, rankP: 1 / (1 + at.windows) });
  if (at.keepStill) return answer({ variance: null, dof: null, rankP: 1 });
  return refuse(
    "NO_VARIATION",
    "The treated units show the same constant before and after the deploy.",
    "Check that the query returns live values (a frozen exporter repeats its last one), or drop this SLI.",
  );
}

function beyondNumbers(size: number): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `Values around ${size.toExponential(1)} are beyond what can be computed with.`,
    `Let the query return another unit, so that values lie between ${1 / LARGEST} and ${LARGEST}.`,
    { size },
  );
}
