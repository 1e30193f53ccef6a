import type { DonorFit } from "../../../estimators/donors/donors.ts";
import type { Effect } from "../../../inference/effect.ts";
import type { Aligned } from "../../../panel/align.ts";
import type { AnalysisPlan, SliPlan } from "../../../plan.ts";

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
