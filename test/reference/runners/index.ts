import type { CaseRunner } from "./compare.ts";
import { gapSeries } from "./gap-series.ts";
import { twoByTwo } from "./two-by-two.ts";
import { twoWayEffects } from "./two-way-effects.ts";
import { weightedUnbalanced } from "./weighted-unbalanced.ts";

/** Every runner; a case is found by the `case` field of its expected.json. */
export const CASE_RUNNERS: readonly CaseRunner[] = [gapSeries, twoByTwo, twoWayEffects, weightedUnbalanced];
