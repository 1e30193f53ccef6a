import { failureCode } from "../checks/battery.ts";
import type { DesignAnswer } from "../designs/design.ts";
import type { Effect } from "../inference/effect.ts";
import type { Quality } from "../panel/quality.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { SliResult, TimeToDecide, Verdict } from "../result.ts";
import { harmBounds, type Judgement, judge } from "./judge.ts";
import { nextLook } from "./looks.ts";

/** An SLI before its verdict, with what the verdict needs. */
export interface SliDraft {
  readonly plan: AnalysisPlan;
  readonly sli: SliPlan;
  readonly result: SliResult;
  readonly effect: Effect | null;
  /** Raw units; null when a relative margin has no meaning. */
  readonly margin: number | null;
  /** What qualifies the estimate itself, whatever the verdict. */
  readonly codes: readonly ReasonCode[];
  readonly timeToDecide: DesignAnswer["timeToDecide"];
  readonly quality: Quality | null;
  readonly preShortened: boolean;
  readonly windows: {
    readonly preStart: number;
    readonly preEnd: number;
    readonly postStart: number;
    readonly postEnd: number;
  } | null;
}

/** Fewer treated units than this cannot tell a lasting shift by a restart from a change by the deploy. */
const UNITS_TO_TELL_RESTART = 3;
const PARTIAL = 0.05;

/** The verdict of one SLI, given its Holm-adjusted pMargin (null for roles that do not count: then its own p decides). */
export function finishSli(draft: SliDraft, adjusted: number | null): SliResult {
  const { result, effect } = draft;
  if (effect === null || result.estimate === null) return result;
  const estimate = { ...result.estimate, pMarginAdjusted: adjusted };
  const failed = result.checks.filter((check) => check.required && check.passed === false);
  const judgement = decide(draft, adjusted ?? result.estimate.pMargin);
  const verdict: Verdict = failed.length > 0 ? "invalid" : judgement.verdict;
  // Before the last look the plan says when to come back; a projection at this look's level would contradict it.
  const time = verdict === "inconclusive" && nextLook(draft.plan) === null ? projected(draft) : null;
  const codes = [
    ...failed.flatMap((check) => failureCode(check) ?? []),
    ...(failed.length > 0 ? [] : judgement.codes),
    ...(verdict === "inconclusive" ? openCodes(draft, time) : []),
    ...qualifiers(draft, verdict),
  ];
  return { ...result, estimate, verdict, reasonCodes: [...new Set(codes)], timeToDecide: time };
}

function decide(draft: SliDraft, adjusted: number | null): Judgement {
  const { effect, margin, sli, plan } = draft;
  if (effect === null) return { verdict: "invalid", codes: [] };
  if (margin === null) return { verdict: "invalid", codes: ["RELATIVE_UNDEFINED"] };
  const bounds = harmBounds(effect, sli.direction, plan.alpha);
  const improvement = sli.direction === "up" ? effect.pBelow(0) : effect.pAbove(0);
  return judge(bounds, margin, { margin: draft.result.estimate?.pMargin ?? null, adjusted, improvement }, plan.alpha);
}

function projected(draft: SliDraft): TimeToDecide | null {
  const { margin, sli, plan, effect } = draft;
  if (margin === null || effect === null) return null;
  const { harm } = harmBounds(effect, sli.direction, plan.alpha);
  return draft.timeToDecide({ harm, margin, alpha: plan.alpha });
}

function openCodes(draft: SliDraft, time: TimeToDecide | null): ReasonCode[] {
  const codes: ReasonCode[] = [];
  if (draft.margin === 0) codes.push("NO_MARGIN");
  else if (isTooNoisy(draft)) codes.push("NOT_POWERED");
  if (time !== null) codes.push(time.decidable ? "MORE_TIME" : "MORE_TIME_WILL_NOT_DECIDE");
  return codes;
}

/** The half-width is above the margin, so that not even an effect of 0 could have been called `no-impact`. */
function isTooNoisy({ effect, margin, plan }: SliDraft): boolean {
  const interval = effect?.interval(plan.alpha) ?? null;
  return interval !== null && margin !== null && (interval.high - interval.low) / 2 > margin;
}

function qualifiers(draft: SliDraft, verdict: Verdict): ReasonCode[] {
  const { result, quality, sli } = draft;
  const codes: ReasonCode[] = [...draft.codes];
  if (isWorseInPart(draft, verdict)) codes.unshift("SUBGROUP_WORSE");
  if (sli.kind === "quantile") codes.push("APPROXIMATE_QUANTILE");
  if (draft.preShortened) codes.push("PRE_SHORTENED");
  const planned = new Set(draft.plan.excludedUnits.map((one) => one.unit));
  if (result.units.excluded.some((one) => !planned.has(one.unit))) codes.push("UNITS_DROPPED");
  if ((quality?.missingTreatedPost ?? 0) > PARTIAL || (quality?.lateSteps ?? 0) > 0) codes.push("PARTIAL_DATA");
  if (relativeMissing(draft)) codes.push("RELATIVE_UNDEFINED");
  const told = verdict === "regression" || verdict === "improvement";
  if (told && result.units.treated.length < UNITS_TO_TELL_RESTART) codes.push("RESTART_INDISTINGUISHABLE");
  for (const check of result.checks) {
    const code = check.required ? null : failureCode(check);
    if (code !== null) codes.push(code);
  }
  return codes;
}

/** The whole does not say it already. */
function isWorseInPart({ result }: SliDraft, verdict: Verdict): boolean {
  if (verdict === "regression" || verdict === "invalid") return false;
  return result.subgroups?.estimates.some(({ finding }) => finding === "worse") ?? false;
}

/** The relative effect itself, or with a relative margin one of its bounds, has no positive counterfactual. */
function relativeMissing({ sli, result }: SliDraft): boolean {
  const { relative } = result;
  if (relative === null) return false;
  if (relative.att === null) return true;
  return (
    sli.margin.type === "relative" &&
    result.estimate?.confLow !== null &&
    (relative.confLow === null || relative.confHigh === null)
  );
}
