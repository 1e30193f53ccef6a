import { DAY } from "../../estimators/its/clock.ts";
import type { Panel } from "../../panel/panel.ts";
import type { AnalysisPlan } from "../../plan.ts";

/** What other deployments leave of the time before this one. */
export interface History {
  /** Longest lead on the day of the deploy, steps: it starts after the latest other deployment. */
  readonly leadLimit: number;
  /** First grid step of the hours just before that no other deployment lies in. */
  readonly recentFrom: number;
  /** Whether another deployment lies in the hours that an earlier day would be compared over. */
  readonly skips: (back: number, lead: number) => boolean;
}

/** Steps that must be left after the latest other deployment, else the whole window is kept. */
const FEWEST_LEFT = 60;

/**
 * An earlier deployment spoils the day on which it falls into the compared hours, not the days before it. On the day of the
 * deploy the lead starts after it.
 */
export function historyOf({ otherDeployments, window }: AnalysisPlan, panel: Panel): History {
  const { deployedAt, settle } = window;
  const { step, preEnd, postStart, steps } = panel;
  const before = (otherDeployments ?? []).map((one) => one.deployedAt).filter((at) => at < deployedAt);
  const latest = before.length === 0 ? null : Math.max(...before);
  const free = latest === null ? preEnd : Math.floor((deployedAt - latest - settle) / step);
  const post = (steps - postStart) * step;
  return {
    leadLimit: free >= 1 ? Math.min(free, preEnd) : preEnd,
    recentFrom: free >= Math.max(FEWEST_LEFT, 2 * (steps - postStart)) ? Math.max(0, preEnd - free) : 0,
    skips: (back, lead) => {
      const at = deployedAt - back * DAY;
      return before.some((other) => other + settle > at - lead * step && other < at + settle + post);
    },
  };
}
