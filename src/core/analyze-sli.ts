import { runChecks } from "./checks/battery.ts";
import { answerByDesign, type Chosen } from "./designs/choose.ts";
import type { DesignAnswer, DesignQuestion } from "./designs/design.ts";
import { DESIGN_ROUTES } from "./designs/index.ts";
import { toEvidence } from "./evidence.ts";
import { type Refusal, refuse } from "./outcome.ts";
import { type Aligned, utc } from "./panel/align.ts";
import { type Panel, unitsWhere } from "./panel/panel.ts";
import type { SliSeries } from "./panel/series.ts";
import { groupUnits } from "./panel/unit-series.ts";
import type { AnalysisPlan, SliPlan } from "./plan.ts";
import type { Baseline, SliEvidence, SliResult } from "./result.ts";
import { analyzeSubgroups } from "./subgroups/analyze.ts";
import { emptyResult } from "./verdict/empty-result.ts";
import type { SliDraft } from "./verdict/finish.ts";
import { relativeEstimate, toEstimate } from "./verdict/judge.ts";
import { describeLook } from "./verdict/looks.ts";
import type { Paths } from "./verdict/paths.ts";
import { minimumDetectableEffect } from "./verdict/power.ts";

/** One SLI from raw series to everything but the verdict, which needs the other SLIs (multiplicity, placebo SLIs). */
export function analyzeSli(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): SliDraft {
  const question = { plan, sli, input };
  const early = tooEarly(plan);
  if (early !== null) return refusedDraft(question, early, null);
  const chosen = answerByDesign(question);
  const { outcome } = chosen;
  return outcome.ok
    ? answeredDraft(question, chosen, outcome.value)
    : withDesign(refusedDraft(question, outcome.refusal, outcome.aligned), chosen);
}

/** A refusal by another design than the usual one says which, and why it was asked. */
function withDesign(draft: SliDraft, { design, reason }: Chosen): SliDraft {
  return design === "did" ? draft : { ...draft, result: { ...draft.result, design, designReason: reason } };
}

/** What can be refused before looking at numbers. */
function tooEarly(plan: AnalysisPlan): Refusal | null {
  const { deployedAt, postEnd } = plan.window;
  if (deployedAt > plan.asOf) {
    return refuse(
      "DEPLOY_IN_FUTURE",
      `The deploy at ${utc(deployedAt)} is in the future.`,
      "Check --deployed-at (time zone?) and the clock of this machine.",
      { deployedAt, asOf: plan.asOf },
    ).refusal;
  }
  if (postEnd !== null && postEnd > plan.asOf) {
    return refuse(
      "WINDOW_OPEN",
      `The post window is open until ${utc(postEnd)}.`,
      "Run again after that, or shorten `windows.post`.",
      { readyAt: postEnd, asOf: plan.asOf, secondsLeft: postEnd - plan.asOf },
    ).refusal;
  }
  return null;
}

function answeredDraft(question: DesignQuestion, chosen: Chosen, found: DesignAnswer): SliDraft {
  const { plan, sli } = question;
  const { effect, margin, aligned, baseline } = found;
  const { stdError, dof } = effect;
  const powered = stdError !== null && dof !== null && margin !== null && Number.isFinite(margin);
  const route = DESIGN_ROUTES[chosen.design];
  const subgroups = analyzeSubgroups(question, route);
  const result: SliResult = {
    ...emptyResult(plan, sli),
    design: chosen.design,
    designReason: chosen.reason,
    ...(found.facts === undefined ? {} : { designFacts: found.facts }),
    estimator: found.estimator,
    scale: found.scale,
    inference: {
      method: effect.method,
      clusters: effect.clusters,
      dof,
      ...(effect.detail === undefined ? {} : { detail: effect.detail }),
      ...describeLook(plan),
    },
    estimate: toEstimate(effect, sli.direction, margin, plan.alpha),
    relative: relativeEstimate(effect, baseline.treatedPost, plan.alpha),
    margin: marginNumbers(sli, margin, baseline),
    mde: powered ? minimumDetectableEffect(stdError, dof, margin, plan.alpha, baseline.counterfactualPost) : null,
    baseline,
    checks: found.checks,
    eventStudy: found.eventStudy,
    unitChanges: found.unitChanges,
    units: unitLists(aligned),
    ...(subgroups === null ? {} : { subgroups }),
    series: evidenceOf(question, aligned, found.paths),
  };
  return {
    plan,
    sli,
    result,
    effect,
    margin,
    codes: found.codes,
    timeToDecide: found.timeToDecide,
    windows: windowInstants(aligned.panel),
    quality: aligned.quality,
    preShortened: aligned.preShortenedTo !== null,
  };
}

function refusedDraft(question: DesignQuestion, refusal: Refusal, aligned: Aligned | null): SliDraft {
  const { plan, sli, input } = question;
  const checks = runChecks({
    plan,
    sli,
    panel: aligned?.panel ?? null,
    quality: aligned?.quality ?? null,
    preShortenedTo: aligned?.preShortenedTo ?? null,
    fit: null,
    effect: null,
    margin: null,
  });
  const result: SliResult = {
    ...emptyResult(plan, sli),
    reasonCodes: [refusal.code],
    reasons: [{ code: refusal.code, message: refusal.message, hint: refusal.hint, facts: refusal.facts }],
    checks,
    units: aligned === null ? unitsSeen(plan, input) : unitLists(aligned),
    series: {
      start: aligned?.panel.start ?? plan.window.deployedAt,
      step: plan.window.step,
      treated: [],
      counterfactual: [],
      control: [],
      raw: rawOf(question),
    },
  };
  return {
    plan,
    sli,
    result,
    effect: null,
    margin: null,
    codes: [],
    timeToDecide: () => null,
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

/** Raw series of a result, from which it can be computed again. */
function rawOf({ plan, input }: Pick<DesignQuestion, "plan" | "input">): SliEvidence["raw"] {
  return plan.detail === "verdict" ? [] : toEvidence(input.series);
}

function evidenceOf(question: DesignQuestion, aligned: Aligned, paths: Paths): SliEvidence {
  const orNull = (path: Float64Array): (number | null)[] =>
    Array.from(path, (value) => (Number.isFinite(value) ? value : null));
  return {
    start: aligned.panel.start,
    step: aligned.panel.step,
    treated: orNull(paths.treated),
    counterfactual: orNull(paths.counterfactual),
    control: orNull(paths.control),
    raw: rawOf(question),
  };
}

function windowInstants(panel: Panel): NonNullable<SliDraft["windows"]> {
  const at = (cell: number): number => panel.start + cell * panel.step;
  return { preStart: at(0), preEnd: at(panel.preEnd), postStart: at(panel.postStart), postEnd: at(panel.steps) };
}
