import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { PanelWindow } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import { type AgainstEarlier, againstEarlier } from "./against-earlier.ts";
import {
  alike,
  type ClockSeries,
  type DayBlock,
  type DayRule,
  dayBlock,
  earlierStarts,
  FEWEST_DAYS,
  longestLead,
  strideOf,
} from "./blocks.ts";
import { bestLead } from "./lead.ts";
import { usualMovement, withoutDailyCycle } from "./movement.ts";

/** The day of the deploy against the same hours of earlier days. */
export interface SameHours extends AgainstEarlier {
  readonly scale: Scale;
  /** Days from one block to the next. */
  readonly stride: number;
  /** Steps before the deploy that are the "before" of each day. */
  readonly lead: number;
  readonly rule: DayRule;
  readonly today: DayBlock;
  readonly days: readonly DayBlock[];
  /** Change of each of `days` on the scale of the effect, raw units. */
  readonly changes: readonly number[];
  /** Mean square movement of such a window at any hour without the daily cycle; null when it was not asked for. */
  readonly movement: number | null;
}

export interface SameHoursOptions {
  readonly scale: "auto" | Scale;
  /** Steps; null: the halving of the longest one that the series' past without its daily cycle predicts best. */
  readonly lead: number | null;
  /** Prefer days like the day of the deploy (see alike); false: all days count. */
  readonly weekdays: boolean;
  /** Widen the error to what windows like these move at any hour. */
  readonly movement: boolean;
  /** Longest lead that may be chosen (another deployment earlier on the day), steps. */
  readonly leadLimit: number;
  /** Whether an earlier day does not count, given its days before the deploy and the lead in steps. */
  readonly skips: (back: number, lead: number) => boolean;
}

/**
 * The change from just before the deploy to after it, compared with the change over the same clock hours on earlier days.
 *
 * Formula: d_k = after_k - before_k (additive), or before_0 (after_k / before_k - 1) (multiplicative), k = 0 the day of
 * the deploy; att = d_0 - mean d_k over K earlier days; variance = v (1 + 1/K), v the larger of the spread s^2 of the
 * earlier d_k and m^2, the mean square movement of such a window at any place before the deploy once the usual course of
 * a day is taken out. t with K - 1 degrees of freedom, and one more for every such window that fits before the deploy
 * where m^2 is the larger one. The scale with the smaller spread is kept.
 * Assumes: without the deploy the day would have changed like one more of the earlier days.
 * Units: raw. Source: docs/designs/its.md.
 */
export function sameHours(series: ClockSeries, window: PanelWindow, options: SameHoursOptions): Outcome<SameHours> {
  const stride = strideOf(window, series.step);
  const longest = Math.min(longestLead(window, series.step, stride), options.leadLimit);
  const lead = options.lead ?? chosenLead(series, window, longest);
  const today = lead < 1 ? null : dayBlock(series, window, lead, 0);
  const seen = earlierStarts(window, series.step, stride, Math.max(1, lead))
    .filter((back) => !options.skips(back, lead))
    .flatMap((back) => dayBlock(series, window, lead, back) ?? []);
  const { rule, days } = options.weekdays
    ? alike(seen, series.deployedAt, stride)
    : { rule: "all-days" as const, days: seen };
  if (today === null || days.length < FEWEST_DAYS) return tooFewDays(days.length, window, series.step, stride);
  const compared = onScale(today, days, options.scale);
  if (compared === null) return noRatio();
  const result = { ...compared, stride, lead, rule, today, days, movement: null };
  return answer(options.movement ? widened(series, window, result) : result);
}

type Compared = AgainstEarlier & { readonly scale: Scale; readonly changes: readonly number[] };

function onScale(today: DayBlock, days: readonly DayBlock[], wanted: "auto" | Scale): Compared | null {
  const additive = compare(today, days, "additive");
  const isPositive = today.before > 0 && days.every((day) => day.before > 0);
  const multiplicative = isPositive ? compare(today, days, "multiplicative") : null;
  if (wanted !== "auto") return wanted === "additive" ? additive : multiplicative;
  return multiplicative !== null && multiplicative.spread < additive.spread ? multiplicative : additive;
}

function compare(today: DayBlock, days: readonly DayBlock[], scale: Scale): Compared {
  const changeOf = (day: DayBlock): number =>
    scale === "additive" ? day.after - day.before : today.before * (day.after / day.before - 1);
  const changes = days.map(changeOf);
  return { ...againstEarlier(today.after - today.before, changes), scale, changes };
}

/** The error is never smaller than what such a window moves at any hour. */
function widened(series: ClockSeries, window: PanelWindow, result: SameHours): SameHours {
  const rest = withoutDailyCycle(series, window.preEnd, { scale: result.scale, level: result.today.before });
  const movement = usualMovement(rest, window, result.lead, series.weights);
  if (movement === null || movement <= result.spread) return { ...result, movement };
  const length = result.lead + window.end - window.preEnd;
  return {
    ...result,
    movement,
    variance: movement * (1 + 1 / result.days.length),
    dof: result.dof + Math.max(0, Math.floor(window.preEnd / length) - 1),
  };
}

/** Where nothing moves there is nothing to predict, and the longest lead has the most events in it. */
function chosenLead(series: ClockSeries, window: PanelWindow, longest: number): number {
  const rest = withoutDailyCycle(series, window.preEnd, { scale: "additive", level: 1 });
  return bestLead(rest, window, longest, meanSize(series.values, window.preEnd)) ?? longest;
}

/** Mean |value| before the deploy: what rounding is measured against. */
export function meanSize(values: Float64Array, end: number): number {
  let [sum, n] = [0, 0];
  for (let t = 0; t < end; t++) {
    const value = Math.abs(values[t] as number);
    if (!Number.isFinite(value)) continue;
    sum += value;
    n++;
  }
  return n === 0 ? 0 : sum / n;
}

function tooFewDays(days: number, window: PanelWindow, step: number, stride: number): Outcome<never> {
  return refuse(
    "PRE_TOO_SHORT",
    `${days} earlier ${days === 1 ? "day has" : "days have"} these hours before the deploy; comparing needs ${FEWEST_DAYS}.`,
    `Let \`windows.pre\` reach back ${(FEWEST_DAYS + 1) * stride} days or more (8d holds a week of earlier days).`,
    { days, stride, preSeconds: window.preEnd * step },
  );
}

function noRatio(): Outcome<never> {
  return refuse(
    "SCALE_NOT_POSSIBLE",
    "The multiplicative scale needs positive levels before the deploy's clock time on every day.",
    "Use `scale: additive`.",
  );
}
