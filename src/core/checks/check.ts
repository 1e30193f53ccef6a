import type { DidFit } from "../estimators/did.ts";
import type { Effect } from "../inference/effect.ts";
import type { JsonValue } from "../outcome.ts";
import type { Panel } from "../panel/panel.ts";
import type { Quality } from "../panel/quality.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import type { CheckId, CheckResult } from "../result.ts";

/** What a check may look at. `fit` and what follows from it are null when there is no estimate to try to break. */
export interface CheckContext {
  readonly plan: AnalysisPlan;
  readonly sli: SliPlan;
  readonly panel: Panel | null;
  readonly quality: Quality | null;
  readonly preShortenedTo: number | null;
  readonly fit: DidFit | null;
  readonly effect: Effect | null;
  /** Margin in raw units; null when it has no meaning here. */
  readonly margin: number | null;
}

/** One attempt to break the result. `run` returns null when the check does not apply to this plan. */
export interface Check {
  readonly id: CheckId;
  readonly question: string;
  readonly run: (context: CheckContext) => CheckResult | null;
}

export type Facts = Readonly<Record<string, JsonValue>>;

/** A result with the numbers that are not used left null. */
export function result(
  id: CheckId,
  passed: boolean | null,
  numbers: Partial<Pick<CheckResult, "required" | "statistic" | "pValue" | "threshold">>,
  facts: Facts,
): CheckResult {
  return { id, passed, required: false, statistic: null, pValue: null, threshold: null, ...numbers, facts };
}

/** A check that could not be made: null, with the reason as a sentence. */
export function notRun(id: CheckId, reason: string, facts: Facts = {}): CheckResult {
  return result(id, null, {}, { ...facts, reason });
}
