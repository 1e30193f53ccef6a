import type { Check } from "./check.ts";
import { configDrift } from "./config-drift.ts";
import { coverage } from "./coverage.ts";
import { exposure } from "./exposure.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { overlap } from "./overlap.ts";
import { placeboInSpace } from "./placebo-in-space.ts";
import { placeboInTime } from "./placebo-in-time.ts";
import { preTrends } from "./pre-trends.ts";
import { spillover } from "./spillover.ts";

/** What can be asked of the data whatever the design: who else deployed, who runs the version, what is missing. */
export const DATA_CHECKS: readonly Check[] = [overlap, exposure, coverage, configDrift];

/**
 * Every check of one SLI under the design `did`, in the order of the report; the other designs bring their own attempts to
 * break the result beside `DATA_CHECKS`. `placebo-outcome` looks across SLIs (checks/placebo-outcome).
 */
export const CHECKS: readonly Check[] = [
  preTrends,
  placeboInTime,
  placeboInSpace,
  leaveOneOut,
  spillover,
  ...DATA_CHECKS,
];
