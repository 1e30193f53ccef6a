import type { Design } from "../../core/plan.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import type { ReasonWording } from "./reasons.ts";

interface DesignWording {
  /** What is compared with what, in one sentence. */
  readonly method: string;
  /** Where the doubt comes from that more time after the deploy does not lower; left out: the time before it. */
  readonly lastingDoubt?: string;
  /** True: nothing before the deploy is compared with. */
  readonly isSideBySide?: boolean;
  /** What stands behind "Change vs" in tables; left out: control. */
  readonly against?: string;
  /** Marks every metric, for a design that is weaker than a comparison with controls. */
  readonly tag?: string;
  /** Sentences that read differently under this design. */
  readonly reasons?: Readonly<Partial<Record<ReasonCode, Partial<ReasonWording>>>>;
}

export const DESIGN_WORDING: Readonly<Record<Design, DesignWording>> = {
  did: {
    method:
      "Difference-in-differences: the change of the treated units minus the change that the control units had at the same time.",
  },
  staggered: {
    method:
      "Difference-in-differences by waves: each wave's change minus the change that units without the deploy had at the same time.",
    lastingDoubt: "the time before the first wave says too little, or that no unit without the deploy is left",
    reasons: {
      MORE_TIME_WILL_NOT_DECIDE: {
        sentence:
          "More time after the last wave will not decide: the doubt comes from the time before the first one, or no unit without the deploy is left.",
        todo: "Keep one or more units without the next deploy, lengthen `windows.pre`, or accept a wider margin.",
      },
      ONE_CONTROL: {
        sentence:
          "Only one unit was left to compare with, so a disturbance of that unit looks like an effect of the deploy.",
        todo: "Keep more units without the deploy for longer.",
      },
      NOT_POWERED: {
        todo: "Keep one or more units without the next deploy, lengthen `windows.pre`, or accept a wider margin.",
      },
    },
  },
  synthetic: {
    method:
      "Synthetic difference-in-differences: the change of the treated units minus the change of a weighted mix of control units that followed them before the deploy.",
  },
  split: {
    method: "Concurrent split: the level of the treated units minus the level of the control units at the same time.",
    lastingDoubt: "units differ from each other",
    isSideBySide: true,
    reasons: {
      MORE_TIME_WILL_NOT_DECIDE: {
        sentence: "More time after the deploy will not decide, because the doubt is that units differ from each other.",
        todo: "Run more units side by side, choose a unit that outlives the deploy, or accept a wider margin.",
      },
      NOT_POWERED: { todo: "Run more units side by side, or accept a wider margin." },
      NO_VARIATION: {
        sentence: "All units of a side show exactly the same value, so no uncertainty can be computed.",
      },
      RESTART_INDISTINGUISHABLE: {
        sentence: "With fewer than three treated units one unusual unit and the new version cannot be told apart.",
        todo: "If this matters, run at least three units of the new version.",
      },
    },
  },
  its: {
    method:
      "Interrupted time series: the change of the treated units from just before the deploy to after it, minus the change over the same hours of earlier days where there are three or more; nothing was spared the deploy to compare with.",
    lastingDoubt: "days differ from each other",
    against: "earlier days",
    tag: "no controls",
    reasons: {
      NOT_POWERED: {
        todo: "Keep one or more units without the next deploy, let `windows.pre` reach back over more days, or accept a wider margin.",
      },
      PRE_TOO_SHORT: {
        todo: "Set `windows.pre: 8d`, so that a week of earlier days can be compared; twice the post window is the least.",
      },
      RESTART_INDISTINGUISHABLE: {
        todo: "If this matters, keep one or more units without the next deploy and restart them at the same time.",
      },
    },
  },
};
