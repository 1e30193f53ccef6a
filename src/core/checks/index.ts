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

/** Every check of one SLI, in the order of the report. `placebo-outcome` looks across SLIs (checks/placebo-outcome). */
export const CHECKS: readonly Check[] = [
  preTrends,
  placeboInTime,
  placeboInSpace,
  leaveOneOut,
  spillover,
  overlap,
  exposure,
  coverage,
  configDrift,
];
