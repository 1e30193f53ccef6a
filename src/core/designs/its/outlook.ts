import { equalBins } from "../../checks/lead-bins.ts";
import { dayStart, moveAgainstEarlier } from "../../estimators/its/day-path.ts";
import type { ItsFit } from "../../estimators/its/fit.ts";
import { projectedDoubt } from "../../estimators/its/projection.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import type { EventStudyPoint, TimeToDecide } from "../../result.ts";
import type { DecisionTarget } from "../design.ts";

const MOST_LEADS = 6;
const MOST_LAGS = 6;
/** Leads reach back at most this many post windows. */
const LEADS_PER_POST = 3;

/** The day of the deploy against earlier days by time from the deploy; intervals from the spread of those days. */
export function itsEventStudy(fit: ItsFit, alpha: number): EventStudyPoint[] {
  const { preEnd, postStart, end } = fit.window;
  const from = Math.max(dayStart(fit), preEnd - LEADS_PER_POST * (end - postStart), 0);
  const ranges = [...equalBins(from, preEnd, MOST_LEADS, 2), ...equalBins(postStart, end, MOST_LAGS, 1)];
  return ranges.flatMap((bin) => {
    const move = moveAgainstEarlier(fit, bin.from, bin.to);
    if (move === null || !Number.isFinite(move.estimate)) return [];
    const half = move.stdError === null ? null : studentTQuantile(1 - alpha / 2, move.dof) * move.stdError;
    return [
      {
        relTime: (bin.from - preEnd) * fit.series.step,
        span: (bin.to - bin.from) * fit.series.step,
        estimate: move.estimate,
        confLow: half === null ? null : move.estimate - half,
        confHigh: half === null ? null : move.estimate + half,
      },
    ];
  });
}

/** Post windows that are looked at, as multiples of the one used. */
const MULTIPLES = [2, 3, 4, 6, 8, 12, 16, 24];

/**
 * The shortest of these post windows whose interval would lie on one side of the margin, by what the earlier days show of
 * such windows. Null where none does: that other windows are too noisy today does not say that time never decides.
 */
export function timeToDecideWithout(fit: ItsFit, { harm, margin, alpha }: DecisionTarget): TimeToDecide | null {
  const used = fit.window.end - fit.window.postStart;
  const distance = Math.abs(margin - harm);
  for (const times of MULTIPLES) {
    const doubt = projectedDoubt(fit, times * used);
    if (doubt === null) return null;
    if (studentTQuantile(1 - alpha / 2, doubt.dof) * doubt.stdError >= distance) continue;
    const { step } = fit.series;
    return { decidable: true, postWindow: times * used * step, additional: (times - 1) * used * step };
  }
  return null;
}
