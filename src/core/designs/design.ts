import type { Effect } from "../inference/effect.ts";
import type { JsonValue, Outcome, Refusal } from "../outcome.ts";
import type { Aligned } from "../panel/align.ts";
import type { SliSeries } from "../panel/series.ts";
import type { AnalysisPlan, Design, Scale, SliPlan } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { Baseline, CheckId, CheckResult, EventStudyPoint, TimeToDecide, UnitChange } from "../result.ts";
import type { Paths } from "../verdict/paths.ts";

/** What a design is asked: one SLI of a plan and its raw series. */
export interface DesignQuestion {
  readonly plan: AnalysisPlan;
  readonly sli: SliPlan;
  readonly input: SliSeries;
}

/** What an open verdict asks: how much longer until the interval lies on one side of the margin. Raw units, harm > 0 is worse. */
export interface DecisionTarget {
  readonly harm: number;
  readonly margin: number;
  readonly alpha: number;
}

/** Everything of an SLI's result that follows from an estimate; all numbers in raw units and raw sign. */
export interface DesignAnswer {
  readonly aligned: Aligned;
  /** Name that a statistician finds in docs/method.md. */
  readonly estimator: string;
  readonly scale: Scale;
  readonly effect: Effect;
  /** Largest tolerated harm in raw units; null when a relative margin has no meaning here. */
  readonly margin: number | null;
  readonly paths: Paths;
  readonly baseline: Baseline;
  readonly checks: readonly CheckResult[];
  readonly eventStudy: readonly EventStudyPoint[];
  readonly unitChanges: readonly UnitChange[];
  /** What qualifies the estimate (`ONE_CONTROL`, ...); the verdict adds its own. */
  readonly codes: readonly ReasonCode[];
  /** null: this design or inference has nothing to project with. */
  readonly timeToDecide: (target: DecisionTarget) => TimeToDecide | null;
  /** Numbers that belong to this design alone: donor weights, waves, planned and seen shares. */
  readonly facts?: Readonly<Record<string, JsonValue>>;
}

/** An estimate without its checks and drawings: what a subgroup of the units needs. Raw units, raw sign. */
export interface DesignBrief {
  readonly effect: Effect;
  readonly margin: number | null;
  readonly treatedPost: number | null;
  readonly treatedUnits: number;
  readonly controlUnits: number;
  /** The gap before the deploy by grid step from the deploy (negative); what subgroups of the same units share shows here. */
  readonly gap: { readonly first: number; readonly values: Float64Array };
  /** Change of each control after the common path is taken out, by unit. */
  readonly controlChanges: ReadonlyMap<string, number>;
}

/** What a pretended deploy on history shows, for `validate`. */
export interface DesignPast {
  readonly aligned: Aligned;
  /** The series whose first `preEnd` steps show how strongly neighbouring steps are alike. */
  readonly gap: Float64Array;
  readonly preEnd: number;
  /** Of the effect with these windows, raw units squared; null: none could be computed. */
  readonly variance: number | null;
  readonly dof: number | null;
  readonly scale: Scale;
  /** Mean of the treated units, raw units. */
  readonly level: number;
  /** What the design would rather have; left out: nothing. */
  readonly problems?: readonly Refusal[];
}

/** `aligned` is what was already known of the panel when the design had to refuse; null before there was one. */
export type DesignOutcome<T = DesignAnswer> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal; readonly aligned: Aligned | null };

/** One way to compare; listed in `designs/index.ts`. */
export interface DesignRoute {
  readonly id: Design;
  /** Attempts to break the result that this design makes beside those of every design (`DATA_CHECKS`). */
  readonly checks: readonly CheckId[];
  readonly run: (question: DesignQuestion) => DesignOutcome;
  /** What `validate` says before any deploy. */
  readonly past: (question: DesignQuestion) => DesignOutcome<DesignPast>;
  /** The estimate alone; left out: this design cannot be run per subgroup. */
  readonly brief?: (question: DesignQuestion) => Outcome<DesignBrief>;
  /** Why `auto` takes this design, in plain words; null when it does not suit. Left out: not by looking at the data alone. */
  readonly suits?: (question: DesignQuestion) => string | null;
  /** Why `auto` takes this design instead of `did`, having seen its answer; null when it does not. */
  readonly replaces?: (question: DesignQuestion, did: DesignAnswer) => string | null;
}
