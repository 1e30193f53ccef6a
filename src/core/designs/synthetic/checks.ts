import { askedChecks, runDataChecks, shareBudget } from "../../checks/battery.ts";
import type { CheckResult } from "../../result.ts";
import { donorConcentration } from "./checks/concentration.ts";
import type { DonorContext } from "./checks/context.ts";
import { leaveOneDonorOut } from "./checks/leave-one-out.ts";
import { donorsAsTreated } from "./checks/placebo-in-space.ts";
import { fakeDeploys } from "./checks/placebo-in-time.ts";
import { preFit } from "./checks/pre-fit.ts";
import { donorSpillover } from "./checks/spillover.ts";

/** The design's own checks in the order of the report, then those of the data; pre-fit and spillover share their budget. */
export function runDonorChecks(context: DonorContext): CheckResult[] {
  const { plan, sli, aligned, fit, effect, margin } = context;
  const { panel, quality, preShortenedTo } = aligned;
  const isAuto = plan.design === "auto";
  const fitCheck = preFit(fit, isAuto);
  const rest = [
    donorConcentration(fit),
    ...askedChecks(plan, [
      ["placebo-in-time", () => fakeDeploys(context)],
      ["placebo-in-space", () => donorsAsTreated(fit)],
      ["leave-one-out", () => leaveOneDonorOut(context)],
    ]),
    donorSpillover(fit),
    ...runDataChecks({ plan, sli, panel, quality, preShortenedTo, fit: null, effect, margin }),
  ];
  return isAuto ? [fitCheck, ...shareBudget(rest)] : shareBudget([fitCheck, ...rest]);
}
