import type { DidFit } from "../estimators/did.ts";
import { residualsOf } from "../estimators/did-path.ts";
import { meanBetween, type Panel } from "../panel/panel.ts";
import { studentTTwoSided } from "../probability/student-t.ts";
import { type Check, notRun, result } from "./check.ts";

const ID = "spillover";
const FEWEST_CONTROLS = 3;
const MOST_WINDOWS = 40;

interface Moved {
  readonly unit: string;
  /** Change at the deploy in units of what the unit's own past predicts. */
  readonly z: number;
  readonly pValue: number;
}

/**
 * Did some controls break at the deploy time, relative to the other controls and to their own forecast?
 *
 * Statistic: the largest |z_j|, z_j = d_j / s_j; pValue: its Student t p-value times the number of controls (Bonferroni),
 * and 1 unless it also exceeds what any control showed in any earlier window of the same length: a heavy-tailed past
 * is no spillover. A shock that all units share is removed by the control path and cannot fail this check, nor can a
 * period in which most controls moved apart (that is phi's business).
 * Source: docs/method.md section 4.
 */
export const spillover: Check = {
  id: ID,
  question: "Did the controls themselves break at the deploy time?",
  run({ fit, panel }) {
    if (fit === null || panel === null) return null;
    const moved = standardised(fit, panel);
    if (moved.length < FEWEST_CONTROLS)
      return notRun(ID, "it needs at least three controls with a forecast", { units: [] });
    const worst = moved[0] as Moved;
    const pValue = beyondHistory(fit, panel, Math.abs(worst.z)) ? Math.min(1, worst.pValue * moved.length) : 1;
    const suspects = moved.filter((one) => one.pValue * moved.length < 0.02);
    const minority = suspects.length <= moved.length / 2;
    const facts = {
      units: suspects.slice(0, 5).map((one) => one.unit),
      worstUnit: worst.unit,
      worstZ: worst.z,
      moved: suspects.length,
      controls: moved.length,
    };
    return result(ID, true, { required: true, statistic: Math.abs(worst.z), pValue: minority ? pValue : 1 }, facts);
  },
};

/** Controls by |z|, largest first. */
function standardised(fit: DidFit, panel: Panel): Moved[] {
  return fit.control
    .flatMap((u, j) => {
      const variance = fit.controlVariances[j] as number;
      const dof = fit.controlDofs[j] as number;
      if (!(variance > 0)) return [];
      const z = (fit.controlChanges[j] as number) / Math.sqrt(variance);
      return [{ unit: panel.units[u] as string, z, pValue: studentTTwoSided(z, dof) }];
    })
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
}

/** Larger than every control's standardised change over every earlier window of the post length? */
function beyondHistory(fit: DidFit, panel: Panel, observed: number): boolean {
  const { preEnd, postStart, end } = fit.window;
  const length = end - postStart;
  return fit.control.every((u, j) => {
    const variance = fit.controlVariances[j] as number;
    if (!(variance > 0)) return true;
    const z = residualsOf(panel, fit.window, u, fit.path);
    const level = meanBetween(z, 0, preEnd);
    for (let to = preEnd, k = 0; to - length >= 0 && k < MOST_WINDOWS; to -= length, k++) {
      const change = meanBetween(z, to - length, to) - level;
      if (Math.abs(change) / Math.sqrt(variance) >= observed) return false;
    }
    return true;
  });
}
