import { runDataChecks } from "../checks/battery.ts";
import { exactCountEffect, hasExactCounts } from "../estimators/did-exact-count.ts";
import { earlierPath, usualPath } from "../estimators/its/day-path.ts";
import { fitIts, type ItsFit } from "../estimators/its/fit.ts";
import { withoutDailyCycle } from "../estimators/its/movement.ts";
import { treatedSeries } from "../estimators/its/treated-series.ts";
import { type Effect, rankEffect, studentEffect } from "../inference/effect.ts";
import { type Refusal, refuse } from "../outcome.ts";
import type { Aligned } from "../panel/align.ts";
import { alignClusters } from "../panel/collapse.ts";
import { type Panel, unitsWhere, windowOf } from "../panel/panel.ts";
import { groupUnits } from "../panel/unit-series.ts";
import type { SliPlan } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { Baseline, UnitChange } from "../result.ts";
import { absoluteMargin } from "../verdict/judge.ts";
import type { DesignAnswer, DesignOutcome, DesignPast, DesignQuestion, DesignRoute } from "./design.ts";
import { itsChecks } from "./its/checks.ts";
import { dayPanel } from "./its/day-panel.ts";
import { dayRuleText, itsFacts } from "./its/facts.ts";
import { type History, historyOf } from "./its/history.ts";
import { itsEventStudy, timeToDecideWithout } from "./its/outlook.ts";
import { TREATED_ONLY } from "./its/sides.ts";

/** Everything was deployed at once: the same hours of earlier days stand in for controls. docs/designs/its.md. */
export const its: DesignRoute = {
  id: "its",
  checks: ["usual-day", "leave-one-day-out", "placebo-in-time"],
  run,
  past,
  suits,
};

function past(question: DesignQuestion): DesignOutcome<DesignPast> {
  const opened = open(question);
  if (!opened.ok) return opened;
  const { aligned, fit } = opened.value;
  const { variance, dof, scale, before, window } = fit;
  const gap = withoutDailyCycle(fit.series, window.preEnd, { scale: "additive", level: 1 });
  const problems = needsOf(fit);
  return { ok: true, value: { aligned, gap, preEnd: window.preEnd, variance, dof, scale, level: before, problems } };
}

/** Why nothing but the past can be compared with; null when there are controls, or should be. */
function suits({ plan, input }: DesignQuestion): string | null {
  if (plan.expectsControls === true) return null;
  const units = groupUnits(plan, input.series);
  return units.length > 0 && units.every((unit) => unit.treated)
    ? "every unit got the deploy, so only the units' own past can say what would have happened; this is weaker than a comparison with units that did not get it"
    : null;
}

function run(question: DesignQuestion): DesignOutcome {
  const opened = open(question);
  return opened.ok ? { ok: true, value: describe(question, opened.value.aligned, opened.value) } : opened;
}

/** The panel of the treated units and the fit. */
function open({ plan, sli, input }: DesignQuestion): DesignOutcome<Found & { readonly aligned: Aligned }> {
  if (plan.inference !== "precision-weighted") return { ...needsControls(plan.inference), aligned: null };
  // Earlier deploys spoil single days here, not the whole history before them: see its/history.
  const aligned = alignClusters({ ...plan, otherDeployments: null }, sli, input, TREATED_ONLY);
  if (!aligned.ok) return { ...aligned, aligned: null };
  const { panel } = aligned.value;
  const history = historyOf(plan, panel);
  const fitted = fitIts(treatedSeries(panel), windowOf(panel), {
    scale: plan.scale,
    ...history,
    keepStill: hasExactCounts(sli, panel),
  });
  if (!fitted.ok) return { ...fitted, aligned: aligned.value };
  const isCut = fitted.value.sameHours === null && history.recentFrom > 0;
  const preShortenedTo = isCut ? panel.start + history.recentFrom * panel.step : null;
  return { ok: true, value: { aligned: { ...aligned.value, preShortenedTo }, fit: fitted.value, history } };
}

/** What `validate` says about a deploy to everybody before there is one. */
function needsOf({ tooFewDays }: ItsFit): Refusal[] {
  const weaker = refuse(
    "WEAKER_DESIGN",
    "Every unit is treated, so a deploy can only be compared with the units' own past, which is weaker than a comparison with controls.",
    "Keep one or more units without a deploy for as long as the post window, and name them in `units.control`.",
  );
  return [weaker.refusal, ...(tooFewDays === null ? [] : [tooFewDays])];
}

function needsControls(inference: string): ReturnType<typeof refuse> {
  return refuse(
    "NOT_ESTIMABLE",
    `The inference ${inference} compares units, and every unit got the deploy.`,
    "Leave `inference` out, or name units that did not get the deploy in `units.control`.",
    { inference },
  );
}

interface Found {
  readonly fit: ItsFit;
  readonly history: History;
}

function describe({ plan, sli }: DesignQuestion, aligned: Aligned, { fit, history }: Found): DesignAnswer {
  const { panel, quality, preShortenedTo } = aligned;
  const effect = effectOf(sli, panel, fit);
  const margin = absoluteMargin(sli.margin, sli.direction, fit.after);
  const context = { plan, sli, panel, quality, preShortenedTo, fit: null, effect, margin };
  return {
    aligned,
    estimator: fit.sameHours === null ? "level-change" : "same-hours-of-earlier-days",
    scale: fit.scale,
    effect,
    margin,
    paths: { treated: fit.series.values, counterfactual: usualPath(fit), control: earlierPath(fit) },
    baseline: baselineOf(fit),
    checks: [...itsChecks(fit, history, context), ...runDataChecks(context)],
    eventStudy: itsEventStudy(fit, plan.alpha),
    unitChanges: unitChanges(panel, fit, history),
    codes: codesOf(fit, effect),
    timeToDecide: (target) => timeToDecideWithout(fit, target),
    facts: itsFacts(fit, history),
  };
}

function effectOf(sli: SliPlan, panel: Panel, fit: ItsFit): Effect {
  const { att, variance, dof, sameHours } = fit;
  if (variance !== null && dof !== null) {
    const method = sameHours === null ? "recent-hours" : "same-hours";
    const effect = studentEffect({ att, stdError: Math.sqrt(variance), dof, method, clusters: null });
    return { ...effect, detail: dayRuleText(fit) };
  }
  if (hasExactCounts(sli, panel) && sameHours !== null) {
    const { panel: days, today, earlier } = dayPanel(panel, fit, sameHours);
    return exactCountEffect(days, windowOf(days), today, earlier);
  }
  return rankEffect(att, fit.rankP ?? 1);
}

function baselineOf(fit: ItsFit): Baseline {
  const days = fit.sameHours?.days ?? [];
  const meanOf = (pick: (day: (typeof days)[number]) => number): number | null =>
    days.length === 0 ? null : days.reduce((sum, day) => sum + pick(day), 0) / days.length;
  return {
    treatedPre: fit.before,
    treatedPost: fit.after,
    controlPre: meanOf((day) => day.before),
    controlPost: meanOf((day) => day.after),
    counterfactualPost: fit.after - fit.att,
  };
}

/** Each unit by itself, with the windows of the whole; null where it does not allow that. */
function unitChanges(panel: Panel, fit: ItsFit, history: History): UnitChange[] {
  const units = unitsWhere(panel, true);
  return units.map((u) => {
    const alone = fitIts(treatedSeries(panel, [u]), fit.window, {
      scale: fit.scale,
      ...history,
      leadLimit: fit.lead,
      keepStill: true,
    });
    const change = alone.ok && Number.isFinite(alone.value.att) ? alone.value.att : null;
    return { unit: panel.units[u] as string, group: "treated", weight: 1 / units.length, change };
  });
}

function codesOf(fit: ItsFit, effect: Effect): ReasonCode[] {
  return [
    "WEAKER_DESIGN",
    ...(fit.sameHours === null ? (["NO_EARLIER_DAYS"] as const) : []),
    ...(effect.method === "placebo-rank" ? (["EXACT_PLACEBO_RANK"] as const) : []),
  ];
}
