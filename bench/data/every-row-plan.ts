import type { AnalysisPlan, SliPlan } from "../../src/core/plan.ts";

/** What a plan of made data has to say itself; instants in epoch seconds, spans in seconds. */
interface MadePlan extends Partial<AnalysisPlan> {
  readonly sli: SliPlan;
  readonly deployedAt: number;
  readonly step: number;
}

/** A plan in which every row counts, with the product's defaults: what `check --panel` asks. */
export function everyRowPlan({ sli, deployedAt, step, ...changes }: MadePlan): AnalysisPlan {
  return {
    service: null,
    slis: [sli],
    window: { deployedAt, step, preStart: null, settle: 0, postEnd: null },
    asOf: Number.MAX_SAFE_INTEGER,
    alpha: 0.05,
    inference: "precision-weighted",
    scale: "auto",
    design: "auto",
    seed: 1,
    treatedUnits: [],
    excludedUnits: [],
    clusters: {},
    exclusions: [],
    otherDeployments: null,
    exposure: null,
    configChanged: null,
    notes: {},
    ...changes,
  };
}
