import type { Design } from "../../core/plan.ts";

interface DesignWording {
  /** What is compared with what, in one sentence. */
  readonly method: string;
}

export const DESIGN_WORDING: Readonly<Record<Design, DesignWording>> = {
  did: {
    method:
      "Difference-in-differences: the change of the treated units minus the change that the control units had at the same time.",
  },
  staggered: {
    method:
      "Difference-in-differences by waves: each wave's change minus the change that units without the deploy had at the same time.",
  },
  synthetic: {
    method:
      "Synthetic difference-in-differences: the change of the treated units minus the change of a weighted mix of control units that followed them before the deploy.",
  },
  split: {
    method: "Concurrent split: the level of the treated units minus the level of the control units at the same time.",
  },
  its: {
    method:
      "Interrupted time series: the change of the treated units minus the change that their own past lets expect, without any control.",
  },
};
