import type { AnalysisPlan, SliPlan } from "../plan.ts";
import type { Baseline, SliResult } from "../result.ts";

const NO_BASELINE: Baseline = {
  treatedPre: null,
  treatedPost: null,
  controlPre: null,
  controlPost: null,
  counterfactualPost: null,
};

/** The result of an SLI about which nothing is known but its plan: `invalid`, every number absent. */
export function emptyResult(plan: AnalysisPlan, sli: SliPlan): SliResult {
  return {
    id: sli.id,
    service: plan.service,
    role: sli.role,
    kind: sli.kind,
    direction: sli.direction,
    ...(sli.quantile === undefined ? {} : { quantile: sli.quantile }),
    verdict: "invalid",
    reasonCodes: [],
    reasons: [],
    design: null,
    designReason: null,
    estimator: null,
    scale: null,
    inference: null,
    estimate: null,
    relative: null,
    margin: {
      absolute: sli.margin.type === "absolute" ? sli.margin.value : null,
      relative: sli.margin.type === "relative" ? sli.margin.value : null,
      text: sli.margin.text,
    },
    mde: null,
    timeToDecide: null,
    baseline: NO_BASELINE,
    checks: [],
    eventStudy: [],
    unitChanges: [],
    units: { treated: [], control: [], excluded: [] },
  };
}
