import { type CheckContext, notRun, result } from "../../checks/check.ts";
import { againstEarlier } from "../../estimators/its/against-earlier.ts";
import { DAY } from "../../estimators/its/clock.ts";
import { fitIts, type ItsFit } from "../../estimators/its/fit.ts";
import { sameHours } from "../../estimators/its/same-hours.ts";
import { studentEffect } from "../../inference/effect.ts";
import type { PanelWindow } from "../../panel/panel.ts";
import { binomialSf } from "../../probability/binomial.ts";
import { studentTTwoSided } from "../../probability/student-t.ts";
import type { CheckResult } from "../../result.ts";
import { harmBounds } from "../../verdict/judge.ts";
import type { History } from "./history.ts";

/** How often the check may fail on a day like every other. */
const BUDGET = 0.02;
const MOST_PLACEBOS = 20;
const FEWEST_PLACEBOS = 8;
/** Grid cells that all fake deploys may touch together: about half a second. */
const WORK_BUDGET = 1.5e6;
/** The measured false-alarm rate must be above alpha beyond this doubt before it counts against the result. */
const DOUBT = 0.01;

/** Attempts to break a comparison with earlier days, in the order of the report. */
export function itsChecks(fit: ItsFit, history: History, context: CheckContext): CheckResult[] {
  return [usualDay(fit, history), leaveOneDayOut(fit, context), placeboInTime(fit, history, context)];
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
function leaveOneDayOut(fit: ItsFit, { effect, sli, plan, margin }: CheckContext): CheckResult {
  const ID = "leave-one-day-out";
  const { sameHours: compared, series } = fit;
  if (compared === null || effect === null) return notRun(ID, "there are no earlier days to leave out", { days: 0 });
  if (effect.stdError === null) return notRun(ID, "the effect has no standard error to compare with", { days: 0 });
  const change = fit.after - fit.before;
  const left = compared.days.map(({ back }, i) => {
    const others = compared.changes.filter((_, j) => j !== i);
    const again = againstEarlier(change, others);
    const spread = Math.max(again.spread, compared.movement ?? 0);
    const dof = Math.max(1, compared.dof - 1);
    const stdError = Math.sqrt(spread * (1 + 1 / others.length));
    return { date: dateOf(series.deployedAt, back), att: again.att, stdError, dof };
  });
  const tolerated = margin ?? 0;
  const conclusion = (att: number, stdError: number, dof: number): string => {
    const again = studentEffect({ att, stdError, dof, method: effect.method, clusters: null });
    const { low, high } = harmBounds(again, sli.direction, plan.alpha);
    if (low !== null && low > tolerated) return "harm";
    if (high !== null && high < 0) return "better";
    return high !== null && high < tolerated ? "none" : "open";
  };
  const whole = conclusion(effect.att, effect.stdError, effect.dof ?? 1);
  const flips = left.filter((one) => conclusion(one.att, one.stdError, one.dof) !== whole).map((one) => one.date);
  const sorted = [...left].sort((a, b) => a.att - b.att);
  const facts = {
    days: left.length,
    min: sorted[0]?.att ?? null,
    max: sorted.at(-1)?.att ?? null,
    dayMin: sorted[0]?.date ?? null,
    dayMax: sorted.at(-1)?.date ?? null,
    flips: flips.length > 0,
    flipDays: flips.slice(0, 5),
  };
  return result(ID, null, {}, facts);
}

/** Fake deploys before the real one, same windows, side by side, each compared in the same way with what lies before it. */
function placeboInTime(fit: ItsFit, history: History, { plan, effect }: CheckContext): CheckResult {
  const ID = "placebo-in-time";
  const placebos = fakeDeploys(fit, history);
  if (placebos.length === 0) return notRun(ID, "the pre window has no room for a fake deploy", { placebos: 0 });
  const att = effect?.att ?? fit.att;
  const alarms = placebos.filter((one) => one.pValue < plan.alpha).length;
  const asLarge = placebos.filter((one) => Math.abs(one.att) >= Math.abs(att)).length;
  const tooMany = alarms > 0 && binomialSf(alarms - 1, placebos.length, plan.alpha) < DOUBT;
  const facts = {
    placebos: placebos.length,
    independent: placebos.length,
    asLarge,
    alarms,
    alarmRate: alarms / placebos.length,
    values: placebos.map((one) => one.att),
  };
  const pValue = (1 + asLarge) / (1 + placebos.length);
  return result(ID, !tooMany, { statistic: alarms / placebos.length, pValue, threshold: plan.alpha }, facts);
}

interface Placebo {
  readonly att: number;
  readonly pValue: number;
}

function fakeDeploys(fit: ItsFit, history: History): Placebo[] {
  const { preEnd, postStart, end } = fit.window;
  const distance = end - preEnd;
  const found: Placebo[] = [];
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
function fakeDeploy(fit: ItsFit, window: PanelWindow, history: History): Placebo | null {
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
  const { att, variance, dof, rankP } = again.value;
  if (variance === null || dof === null) return { att, pValue: rankP ?? 1 };
  return { att, pValue: studentTTwoSided(att / Math.sqrt(variance), dof) };
}

function dateOf(deployedAt: number, back: number): string {
  return new Date((deployedAt - back * DAY) * 1000).toISOString().slice(0, 10);
}
