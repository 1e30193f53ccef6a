import type { Wave } from "../../estimators/waves/arrangement.ts";
import { contrastVariance } from "../../estimators/waves/contrast.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import { averageTerms, judgedCells, stretchesOf } from "../../estimators/waves/schedule.ts";
import type { Panel } from "../../panel/panel.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import type { TimeToDecide } from "../../result.ts";
import { timeUntil } from "../../verdict/power.ts";
import type { DecisionTarget } from "../design.ts";

/**
 * Shortest time after the last wave has settled at which the interval lies on one side of the margin: same gaps, same
 * autoregressions, overdispersion kept. Without units that are never deployed no more time can help, because nobody is left
 * to compare with once the last wave has begun. Null when cells have weights that nobody knows in advance.
 */
export function timeToDecideWaves(panel: Panel, fit: WaveFit, target: DecisionTarget): TimeToDecide | null {
  const { arrangement, dof, phi } = fit;
  if (dof === null || panel.weights !== null) return null;
  const distance = Math.abs(target.margin - target.harm);
  const quantile = studentTQuantile(1 - target.alpha / 2, dof);
  const settled = (arrangement.waves.at(-1) as Wave).postStart;
  const used = arrangement.end - settled;
  const decides = (steps: number): boolean => {
    const end = settled + steps;
    const terms = averageTerms(fit.gaps, stretchesOf(panel, arrangement, judgedCells(arrangement, end)));
    const time = contrastVariance(terms, end);
    return time !== null && quantile * Math.sqrt(time.variance * Math.max(1, phi ?? 1)) < distance;
  };
  if (arrangement.never.length === 0 || used < 1) {
    const halfWidth = quantile * Math.sqrt(fit.variance ?? Number.POSITIVE_INFINITY);
    return halfWidth < distance ? null : { decidable: false, postWindow: null, additional: null };
  }
  return timeUntil(decides, used, panel.step);
}
