import { runChecks } from "../checks/battery.ts";
import { type DidFit, fitDid } from "../estimators/did.ts";
import { exactCountEffect, hasExactCounts } from "../estimators/did-exact-count.ts";
import { type Effect, rankEffect, studentEffect } from "../inference/effect.ts";
import { namedEffect } from "../inference/named.ts";
import { answer, type Outcome } from "../outcome.ts";
import type { Aligned } from "../panel/align.ts";
import { alignClusters } from "../panel/collapse.ts";
import { meanOfUnits, type Panel } from "../panel/panel.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import type { UnitChange } from "../result.ts";
import { eventStudy } from "../verdict/event-study.ts";
import { absoluteMargin } from "../verdict/judge.ts";
import { baselineOf, pathsOf } from "../verdict/paths.ts";
import { timeToDecide } from "../verdict/power.ts";
import type { DesignAnswer, DesignBrief, DesignOutcome, DesignPast, DesignQuestion, DesignRoute } from "./design.ts";

/** Same units before and after the deploy, and units that did not get it: docs/method.md section 3. */
export const did: DesignRoute = {
  id: "did",
  checks: ["pre-trends", "placebo-in-time", "placebo-in-space", "leave-one-out", "spillover"],
  run,
  past,
  brief,
};

function past({ plan, sli, input }: DesignQuestion): DesignOutcome<DesignPast> {
  const aligned = alignClusters(plan, sli, input);
  if (!aligned.ok) return { ...aligned, aligned: null };
  const fitted = fitDid(aligned.value.panel, { scale: plan.scale });
  if (!fitted.ok) return { ...fitted, aligned: aligned.value };
  const { treated, path, window, gap, variance, dof, scale } = fitted.value;
  const level = meanOfUnits(path.levels, treated);
  return { ok: true, value: { aligned: aligned.value, gap, preEnd: window.preEnd, variance, dof, scale, level } };
}

function brief({ plan, sli, input }: DesignQuestion): Outcome<DesignBrief> {
  const aligned = alignClusters(plan, sli, input);
  if (!aligned.ok) return aligned;
  const { panel } = aligned.value;
  const fitted = estimateEffect(plan, sli, panel);
  if (!fitted.ok) return fitted;
  const { fit, effect } = fitted.value;
  const { treatedPost } = baselineOf(fit, pathsOf(panel, fit));
  return answer({
    effect,
    margin: absoluteMargin(sli.margin, sli.direction, treatedPost),
    treatedPost,
    treatedUnits: fit.treated.length,
    controlUnits: fit.control.length,
    gap: { first: -panel.preEnd, values: fit.gap.subarray(0, panel.preEnd) },
    controlChanges: new Map(fit.control.map((u, j) => [panel.units[u] ?? "", fit.controlChanges[j] ?? Number.NaN])),
  });
}

function run(question: DesignQuestion): DesignOutcome {
  const { plan, sli, input } = question;
  const aligned = alignClusters(plan, sli, input);
  if (!aligned.ok) return { ...aligned, aligned: null };
  const fitted = estimateEffect(plan, sli, aligned.value.panel);
  if (!fitted.ok) return { ...fitted, aligned: aligned.value };
  return { ok: true, value: describe(question, aligned.value, fitted.value) };
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

function defaultEffect(sli: SliPlan, panel: Panel, fit: DidFit): Effect {
  const { variance, dof } = fit;
  if (variance !== null && dof !== null) {
    const clusters = fit.treated.length + fit.control.length;
    return studentEffect({ att: fit.att, stdError: Math.sqrt(variance), dof, method: fit.method, clusters });
  }
  if (hasExactCounts(sli, panel)) return exactCountEffect(panel, fit.window, fit.treated, fit.control);
  return rankEffect(fit.att, fit.rankP ?? 1);
}

function describe({ plan, sli }: DesignQuestion, aligned: Aligned, { fit, effect }: Fitted): DesignAnswer {
  const { panel, quality, preShortenedTo } = aligned;
  const paths = pathsOf(panel, fit);
  const baseline = baselineOf(fit, paths);
  const margin = absoluteMargin(sli.margin, sli.direction, baseline.treatedPost);
  const isDefault = plan.inference === "precision-weighted";
  return {
    aligned,
    estimator: estimatorName(plan.inference),
    scale: isDefault ? fit.scale : "additive",
    effect,
    margin,
    paths,
    baseline,
    checks: runChecks({ plan, sli, panel, quality, preShortenedTo, fit, effect, margin }),
    eventStudy: eventStudy(fit, panel.step, plan.alpha),
    unitChanges: unitChanges(panel, fit),
    codes: fit.codes.filter((code) => code !== "EXACT_PLACEBO_RANK" || effect.method === "placebo-rank"),
    timeToDecide: (target) => (isDefault ? timeToDecide(fit, plan.window.step, target) : null),
  };
}

function estimatorName(inference: AnalysisPlan["inference"]): string {
  if (inference === "precision-weighted") return "precision-weighted-did";
  return inference === "permutation" ? "mean-difference-of-unit-changes" : "two-way-fixed-effects-did";
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
