import { runChecks } from "./checks/battery.ts";
import type { CheckContext } from "./checks/check.ts";
import { type DidFit, fitDid } from "./estimators/did.ts";
import { exactCountEffect } from "./estimators/did-exact-count.ts";
import { toEvidence } from "./evidence.ts";
import { type Effect, rankEffect, studentEffect } from "./inference/effect.ts";
import { namedEffect } from "./inference/named.ts";
import { answer, type Outcome, type Refusal, refuse } from "./outcome.ts";
import { type Aligned, alignPanel, utc } from "./panel/align.ts";
import { collapseClusters } from "./panel/collapse.ts";
import { type Panel, unitsWhere } from "./panel/panel.ts";
import type { SliSeries } from "./panel/series.ts";
import { groupUnits } from "./panel/unit-series.ts";
import type { AnalysisPlan, SliPlan } from "./plan.ts";
import type { Baseline, SliEvidence, SliResult, UnitChange } from "./result.ts";
import { emptyResult } from "./verdict/empty-result.ts";
import { eventStudy } from "./verdict/event-study.ts";
import type { SliDraft } from "./verdict/finish.ts";
import { absoluteMargin, relativeEstimate, toEstimate } from "./verdict/judge.ts";
import { baselineOf, type Paths, pathsOf } from "./verdict/paths.ts";
import { minimumDetectableEffect } from "./verdict/power.ts";

/** One SLI from raw series to everything but the verdict, which needs the other SLIs (multiplicity, placebo SLIs). */
export function analyzeSli(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): SliDraft {
  const prepared = prepare(plan, sli, input);
  if (!prepared.ok) return refusedDraft(plan, sli, input, prepared.refusal, null);
  const aligned = prepared.value;
  const fitted = estimateEffect(plan, sli, aligned.panel);
  if (!fitted.ok) return refusedDraft(plan, sli, input, fitted.refusal, aligned);
  return estimatedDraft({ plan, sli, input, aligned, ...fitted.value });
}

/** What can be refused before looking at numbers, then the panel. */
function prepare(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): Outcome<Aligned> {
  const { deployedAt, postEnd } = plan.window;
  if (plan.design !== "auto" && plan.design !== "did") {
    return refuse(
      "DESIGN_NOT_AVAILABLE",
      `The design ${plan.design} is not available in this version.`,
      "Use `design: auto` or `design: did`.",
      { design: plan.design },
    );
  }
  if (deployedAt > plan.asOf) {
    return refuse(
      "DEPLOY_IN_FUTURE",
      `The deploy at ${utc(deployedAt)} is in the future.`,
      "Check --deployed-at (time zone?) and the clock of this machine.",
      { deployedAt, asOf: plan.asOf },
    );
  }
  if (postEnd !== null && postEnd > plan.asOf) {
    return refuse(
      "WINDOW_OPEN",
      `The post window is open until ${utc(postEnd)}.`,
      "Run again after that, or shorten `windows.post`.",
      { readyAt: postEnd, asOf: plan.asOf, secondsLeft: postEnd - plan.asOf },
    );
  }
  const aligned = alignPanel(plan, sli, input);
  if (!aligned.ok) return aligned;
  const collapsed = collapseClusters(aligned.value.panel, plan.clusters);
  return collapsed.ok ? answer({ ...aligned.value, panel: collapsed.value }) : collapsed;
}

interface Fitted {
  readonly fit: DidFit;
  readonly effect: Effect;
}

function estimateEffect(plan: AnalysisPlan, sli: SliPlan, panel: Panel): Outcome<Fitted> {
  const fitted = fitDid(panel, { scale: plan.scale, keepStill: hasExactCounts(sli, panel) });
  if (!fitted.ok) return fitted;
  const fit = fitted.value;
  if (plan.inference === "precision-weighted") return answer({ fit, effect: defaultEffect(sli, panel, fit) });
  const named = namedEffect(plan, panel, fit);
  return named.ok ? answer({ fit, effect: named.value }) : named;
}

/** Events over a known exposure, for which a gap that never moved still has an exact interval. */
function hasExactCounts(sli: SliPlan, panel: Panel): boolean {
  return sli.kind === "count" || (sli.kind === "ratio" && panel.weights !== null);
}

function defaultEffect(sli: SliPlan, panel: Panel, fit: DidFit): Effect {
  const { variance, dof } = fit;
  if (variance !== null && dof !== null) {
    const clusters = fit.treated.length + fit.control.length;
    return studentEffect({ att: fit.att, stdError: Math.sqrt(variance), dof, method: fit.method, clusters });
  }
  if (hasExactCounts(sli, panel)) return exactCountEffect(panel, fit.window, fit.treated, fit.control);
  return rankEffect(fit.att, fit.rankP ?? 1);
}

interface Parts extends Fitted {
  readonly plan: AnalysisPlan;
  readonly sli: SliPlan;
  readonly input: SliSeries;
  readonly aligned: Aligned;
}

function estimatedDraft(parts: Parts): SliDraft {
  const { plan, sli, aligned, fit, effect } = parts;
  const paths = pathsOf(aligned.panel, fit);
  const baseline = baselineOf(fit, paths);
  const margin = absoluteMargin(sli.margin, sli.direction, baseline.treatedPost);
  const { stdError, dof } = effect;
  const powered = stdError !== null && dof !== null && margin !== null && Number.isFinite(margin);
  const result: SliResult = {
    ...emptyResult(plan, sli),
    design: "did",
    designReason: designReason(plan),
    estimator: estimatorName(plan.inference),
    scale: plan.inference === "precision-weighted" ? fit.scale : "additive",
    inference: {
      method: effect.method,
      clusters: effect.clusters,
      dof,
      ...(effect.detail === undefined ? {} : { detail: effect.detail }),
    },
    estimate: toEstimate(effect, sli.direction, margin, plan.alpha),
    relative: relativeEstimate(effect, baseline.treatedPost, plan.alpha),
    margin: marginNumbers(sli, margin, baseline),
    mde: powered ? minimumDetectableEffect(stdError, dof, margin, plan.alpha, baseline.counterfactualPost) : null,
    baseline,
    checks: runChecks(contextOf(parts, margin)),
    eventStudy: eventStudy(fit, aligned.panel.step, plan.alpha),
    unitChanges: unitChanges(aligned.panel, fit),
    units: unitLists(aligned),
    series: evidenceOf(parts, paths),
  };
  return {
    plan,
    sli,
    result,
    effect,
    margin,
    fit,
    windows: windowInstants(aligned.panel),
    quality: aligned.quality,
    preShortened: aligned.preShortenedTo !== null,
  };
}

function contextOf({ plan, sli, aligned, fit, effect }: Parts, margin: number | null): CheckContext {
  return {
    plan,
    sli,
    panel: aligned.panel,
    quality: aligned.quality,
    preShortenedTo: aligned.preShortenedTo,
    fit,
    effect,
    margin,
  };
}

function estimatorName(inference: AnalysisPlan["inference"]): string {
  if (inference === "precision-weighted") return "precision-weighted-did";
  return inference === "permutation" ? "mean-difference-of-unit-changes" : "two-way-fixed-effects-did";
}

function designReason(plan: AnalysisPlan): string {
  return plan.design === "did"
    ? "chosen by the configuration"
    : "the same units are seen before and after, and there are controls";
}

function refusedDraft(
  plan: AnalysisPlan,
  sli: SliPlan,
  input: SliSeries,
  refusal: Refusal,
  aligned: Aligned | null,
): SliDraft {
  const context: CheckContext = {
    plan,
    sli,
    panel: aligned?.panel ?? null,
    quality: aligned?.quality ?? null,
    preShortenedTo: aligned?.preShortenedTo ?? null,
    fit: null,
    effect: null,
    margin: null,
  };
  const result: SliResult = {
    ...emptyResult(plan, sli),
    reasonCodes: [refusal.code],
    reasons: [{ code: refusal.code, message: refusal.message, hint: refusal.hint, facts: refusal.facts }],
    checks: runChecks(context),
    units: aligned === null ? unitsSeen(plan, input) : unitLists(aligned),
    series: {
      start: aligned?.panel.start ?? plan.window.deployedAt,
      step: plan.window.step,
      treated: [],
      counterfactual: [],
      control: [],
      raw: toEvidence(input.series),
    },
  };
  return {
    plan,
    sli,
    result,
    effect: null,
    margin: null,
    fit: null,
    windows: aligned === null ? null : windowInstants(aligned.panel),
    quality: aligned?.quality ?? null,
    preShortened: false,
  };
}

function marginNumbers(sli: SliPlan, absolute: number | null, baseline: Baseline): SliResult["margin"] {
  const { text } = sli.margin;
  const finite = absolute !== null && Number.isFinite(absolute) ? absolute : null;
  if (sli.margin.type === "relative") return { absolute: finite, relative: sli.margin.value, text };
  const against = baseline.counterfactualPost;
  return {
    absolute: finite,
    relative: finite !== null && against !== null && against > 0 ? finite / against : null,
    text,
  };
}

function unitChanges(panel: Panel, fit: DidFit): UnitChange[] {
  const change = (unit: number, group: "treated" | "control", value: number, weight: number): UnitChange => ({
    unit: panel.units[unit] as string,
    group,
    weight,
    change: Number.isFinite(value) ? value : null,
  });
  return [
    ...fit.treated.map((u, i) => change(u, "treated", fit.treatedChanges[i] as number, 1 / fit.treated.length)),
    ...fit.control.map((u, j) =>
      change(u, "control", fit.controlChanges[j] as number, (fit.weights[j] as number) / fit.control.length),
    ),
  ];
}

/** Refused before there was a panel: which units the source gave, so that "no control" can be told from "no data". */
function unitsSeen(plan: AnalysisPlan, input: SliSeries): SliResult["units"] {
  const units = groupUnits(plan, input.series);
  const names = (treated: boolean): string[] => units.filter((one) => one.treated === treated).map((one) => one.unit);
  return { treated: names(true), control: names(false), excluded: plan.excludedUnits };
}

function unitLists({ panel, quality }: Aligned): SliResult["units"] {
  const names = (treated: boolean): string[] => unitsWhere(panel, treated).map((u) => panel.units[u] as string);
  return { treated: names(true), control: names(false), excluded: quality.excluded };
}

function evidenceOf({ input, aligned }: Parts, paths: Paths): SliEvidence {
  const orNull = (path: Float64Array): (number | null)[] =>
    Array.from(path, (value) => (Number.isFinite(value) ? value : null));
  return {
    start: aligned.panel.start,
    step: aligned.panel.step,
    treated: orNull(paths.treated),
    counterfactual: orNull(paths.counterfactual),
    control: orNull(paths.control),
    raw: toEvidence(input.series),
  };
}

function windowInstants(panel: Panel): NonNullable<SliDraft["windows"]> {
  const at = (cell: number): number => panel.start + cell * panel.step;
  return { preStart: at(0), preEnd: at(panel.preEnd), postStart: at(panel.postStart), postEnd: at(panel.steps) };
}
