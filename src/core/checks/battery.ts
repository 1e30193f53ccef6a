import { holm } from "../inference/multiplicity.ts";
import type { AnalysisPlan } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { CheckId, CheckResult } from "../result.ts";
import type { CheckContext } from "./check.ts";
import { CHECKS, DATA_CHECKS } from "./index.ts";

/** What pre-trends and spillover may cost together on good data. */
export const SHARED_BUDGET = 0.02;
const SHARED: readonly CheckId[] = ["pre-trends", "pre-fit", "spillover"];

/** Fits again and again for the reader: what they say can qualify a verdict, and change none. */
const SHOWN_ONLY: ReadonlySet<CheckId> = new Set([
  "placebo-in-time",
  "placebo-in-space",
  "leave-one-out",
  "leave-one-wave-out",
  "leave-one-day-out",
  "staggered-estimators",
]);

/** Is this check wanted by the plan? */
export function isAsked({ detail }: Pick<AnalysisPlan, "detail">, id: CheckId): boolean {
  return detail !== "verdict" || !SHOWN_ONLY.has(id);
}

/** The results of those that the plan asks for, in this order. */
export function askedChecks(
  plan: Pick<AnalysisPlan, "detail">,
  checks: readonly (readonly [CheckId, () => CheckResult])[],
): CheckResult[] {
  return checks.flatMap(([id, run]) => (isAsked(plan, id) ? [run()] : []));
}

/** Runs every check that applies; pre-trends and spillover share their budget by Holm. */
export function runChecks(context: CheckContext): CheckResult[] {
  const asked = CHECKS.filter(({ id }) => isAsked(context.plan, id));
  return shareBudget(asked.flatMap((check) => check.run(context) ?? []));
}

/** The checks that every design shares; `fit` of the context is null unless the design is `did`. */
export function runDataChecks(context: CheckContext): CheckResult[] {
  return DATA_CHECKS.flatMap((check) => check.run(context) ?? []);
}

/** Holm over pre-trends (of a mix of donors: pre-fit) and spillover: together they refuse good data that often at most. */
export function shareBudget(results: readonly CheckResult[]): CheckResult[] {
  const members = results.filter((one) => SHARED.includes(one.id) && one.pValue !== null);
  const adjusted = holm(members.map((one) => one.pValue));
  return results.map((one) => {
    const at = members.indexOf(one);
    if (at < 0) return one;
    return { ...one, passed: (adjusted[at] ?? 1) > SHARED_BUDGET, threshold: SHARED_BUDGET };
  });
}

const FAILURE_CODES: Readonly<Record<CheckId, ReasonCode | null>> = {
  "pre-trends": "PRE_TRENDS",
  "pre-fit": "PRE_FIT_POOR",
  "donor-concentration": "ONE_DONOR",
  "placebo-in-time": "PLACEBO_IN_TIME",
  "placebo-in-space": null,
  "placebo-outcome": "PLACEBO_OUTCOME_MOVED",
  "leave-one-out": null,
  "leave-one-wave-out": null,
  "staggered-estimators": null,
  spillover: "SPILLOVER",
  "sample-ratio": "SAMPLE_RATIO",
  balance: "PRE_DIFFERENCE",
  "warm-up": "WARM_UP",
  "usual-day": "UNUSUAL_DAY",
  "leave-one-day-out": null,
  overlap: "OVERLAPPING_DEPLOY",
  exposure: "EXPOSURE",
  coverage: "COVERAGE",
  "config-drift": "CONFIG_CHANGED",
};

/** The reason code of a failed check; late data and contradicting rows have their own. */
export function failureCode(check: CheckResult): ReasonCode | null {
  if (check.passed !== false) return null;
  const problems = check.facts.problems;
  if (check.id === "coverage" && Array.isArray(problems)) {
    if (problems[0] === "late") return "LATE_DATA";
    if (problems.includes("conflicts")) return "DUPLICATE_ROWS";
  }
  return FAILURE_CODES[check.id];
}
