import { runDataChecks, shareBudget } from "../../checks/battery.ts";
import type { DonorFit } from "../../estimators/donors/donors.ts";
import type { Effect } from "../../inference/effect.ts";
import type { Aligned } from "../../panel/align.ts";
import type { AnalysisPlan, SliPlan } from "../../plan.ts";
import type { CheckResult } from "../../result.ts";
import { donorConcentration } from "./checks/concentration.ts";
import { leaveOneDonorOut } from "./checks/leave-one-out.ts";
import { donorsAsTreated } from "./checks/placebo-in-space.ts";
import { fakeDeploys } from "./checks/placebo-in-time.ts";
import { preFit } from "./checks/pre-fit.ts";
import { donorSpillover } from "./checks/spillover.ts";

/** What the attempts to break a mix of donors may look at. */
export interface DonorContext {
  readonly plan: AnalysisPlan;
  readonly sli: SliPlan;
  readonly aligned: Aligned;
  readonly fit: DonorFit;
  readonly effect: Effect;
  /** Margin in raw units; null when it has no meaning here. */
  readonly margin: number | null;
}

/** The design's own checks in the order of the report, then those of the data; pre-fit and spillover share their budget. */
export function runDonorChecks(context: DonorContext): CheckResult[] {
  const { plan, sli, aligned, effect, margin } = context;
  const { panel, quality, preShortenedTo } = aligned;
  return shareBudget([
    preFit(context.fit, plan.design === "auto"),
    donorConcentration(context.fit),
    fakeDeploys(context),
    donorsAsTreated(context.fit),
    leaveOneDonorOut(context),
    donorSpillover(context.fit),
    ...runDataChecks({ plan, sli, panel, quality, preShortenedTo, fit: null, effect, margin }),
  ]);
}
