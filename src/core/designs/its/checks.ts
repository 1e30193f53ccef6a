import { askedChecks } from "../../checks/battery.ts";
import { type CheckContext, notRun, result } from "../../checks/check.ts";
import { type FakeDeploy, judgeFakeDeploys } from "../../checks/fake-deploys.ts";
import { conclusionAgain, conclusionOf, type LeftOut, rangeOf } from "../../checks/left-out.ts";
import { refitted } from "../../checks/refit.ts";
import { againstEarlier } from "../../estimators/its/against-earlier.ts";
import { DAY } from "../../estimators/its/clock.ts";
import { fitIts, type ItsFit } from "../../estimators/its/fit.ts";
import { sameHours } from "../../estimators/its/same-hours.ts";
import type { PanelWindow } from "../../panel/panel.ts";
import { studentTTwoSided } from "../../probability/student-t.ts";
import type { CheckResult } from "../../result.ts";
import type { History } from "./history.ts";

/** How often the check may fail on a day like every other. */
const BUDGET = 0.02;
const MOST_PLACEBOS = 20;
const FEWEST_PLACEBOS = 8;
/** Grid cells that all fake deploys may touch together: about half a second. */
const WORK_BUDGET = 1.5e6;

/** Attempts to break a comparison with earlier days, in the order of the report. */
export function itsChecks(fit: ItsFit, history: History, context: CheckContext): CheckResult[] {
  return [
    usualDay(fit, history),
    ...askedChecks(context.plan, [
      ["leave-one-day-out", () => leaveOneDayOut(fit, context)],
      ["placebo-in-time", () => placeboInTime(fit, history, context)],
    ]),
  ];
}

/**
 * Did the day of the deploy go its usual way before the deploy? The same comparison with earlier days, with a fake deploy
 * in the middle of the last hours before the real one (two post windows on either side, or what the day leaves). t at 2 %.
 */
export function usualDay(fit: ItsFit, history: History): CheckResult {
  const { sameHours: compared, window, series } = fit;
  if (compared === null) return notRun("usual-day", "there are no earlier days to compare with", { days: 0 });
  const post = window.end - window.postStart;
  const half = Math.min(2 * post, Math.floor(Math.min(history.leadLimit, longestBefore(fit)) / 2));
  if (half < 1) return notRun("usual-day", "another deployment lies just before this one", { days: 0 });
  const fake: PanelWindow = { preEnd: window.preEnd - half, postStart: window.preEnd - half, end: window.preEnd };
  const before = sameHours({ ...series, deployedAt: series.deployedAt - half * series.step }, fake, {
    scale: fit.scale,
    lead: half,
    leadLimit: half,
    weekdays: true,
    movement: true,
    skips: history.skips,
  });
  if (!before.ok) return notRun("usual-day", "too few earlier days were seen at these hours", { days: 0 });
  const { att, variance, dof, days } = before.value;
  const statistic = variance > 0 ? att / Math.sqrt(variance) : 0;
  const pValue = variance > 0 ? studentTTwoSided(statistic, dof) : 1;
  const facts = { days: days.length, drift: att, spanSeconds: 2 * half * series.step };
  return result("usual-day", pValue > BUDGET, { required: true, statistic, pValue, threshold: BUDGET }, facts);
}

/** Steps of the day before the deploy that earlier days have too. */
function longestBefore({ window, sameHours: compared, series }: ItsFit): number {
  const stride = compared?.stride ?? 1;
  return Math.min(window.preEnd, Math.round((stride * DAY) / series.step) - (window.end - window.preEnd));
}

/** The effect again without each earlier day in turn. Informational. */
function leaveOneDayOut(fit: ItsFit, context: CheckContext): CheckResult {
  const ID = "leave-one-day-out";
  const { effect } = context;
  const { sameHours: compared } = fit;
  if (compared === null || effect === null) return notRun(ID, "there are no earlier days to leave out", { days: 0 });
  if (effect.stdError === null) return notRun(ID, "the effect has no standard error to compare with", { days: 0 });
  const left = withoutEachDay(fit, compared, (again) => conclusionAgain(effect, again, context));
  const range = rangeOf(left, conclusionOf(effect, context));
  const flips = range?.flips ?? [];
  const facts = {
    days: left.length,
    min: range?.first.att ?? null,
    max: range?.last.att ?? null,
    dayMin: range?.first.name ?? null,
    dayMax: range?.last.name ?? null,
    flips: flips.length > 0,
    flipDays: flips.slice(0, 5),
  };
  return result(ID, null, {}, facts);
}

function withoutEachDay(
  { after, before, series }: ItsFit,
  compared: NonNullable<ItsFit["sameHours"]>,
  conclude: (again: { readonly att: number; readonly stdError: number; readonly dof: number }) => string,
): LeftOut[] {
  return compared.days.map(({ back }, i) => {
    const others = compared.changes.filter((_, j) => j !== i);
    const { att, spread } = againstEarlier(after - before, others);
    const stdError = Math.sqrt(Math.max(spread, compared.movement ?? 0) * (1 + 1 / others.length));
    const dof = Math.max(1, compared.dof - 1);
    return { name: dateOf(series.deployedAt, back), att, conclusion: conclude({ att, stdError, dof }) };
  });
}

/** Fake deploys before the real one, same windows, side by side, each compared in the same way with what lies before it. */
function placeboInTime(fit: ItsFit, history: History, { plan, effect }: CheckContext): CheckResult {
  const placebos = fakeDeploys(fit, history);
  if (placebos.length === 0)
    return notRun("placebo-in-time", "the pre window has no room for a fake deploy", { placebos: 0 });
  return judgeFakeDeploys(placebos, effect?.att ?? fit.att, plan.alpha);
}

function fakeDeploys(fit: ItsFit, history: History): FakeDeploy[] {
  const { preEnd, postStart, end } = fit.window;
  const distance = end - preEnd;
  const found: FakeDeploy[] = [];
  const most = Math.max(FEWEST_PLACEBOS, Math.min(MOST_PLACEBOS, Math.floor(WORK_BUDGET / end)));
  for (let back = distance; found.length < most && preEnd - back > 0; back += distance) {
    const window = { preEnd: preEnd - back, postStart: postStart - back, end: end - back };
    const placebo = fakeDeploy(fit, window, history);
    if (placebo === null) break;
    found.push(placebo);
  }
  return found;
}

/** Null where the same kind of comparison is no longer possible. */
function fakeDeploy(fit: ItsFit, window: PanelWindow, history: History): FakeDeploy | null {
  const { series } = fit;
  const moved = { ...series, deployedAt: series.deployedAt - (fit.window.preEnd - window.preEnd) * series.step };
  const again = fitIts(moved, window, {
    scale: fit.scale,
    leadLimit: window.preEnd,
    recentFrom: Math.min(history.recentFrom, window.preEnd),
    skips: () => false,
    keepStill: true,
  });
  if (!again.ok || (again.value.sameHours === null) !== (fit.sameHours === null)) return null;
  return refitted(again.value);
}

function dateOf(deployedAt: number, back: number): string {
  return new Date((deployedAt - back * DAY) * 1000).toISOString().slice(0, 10);
}
