import type { DidFit } from "../estimators/did.ts";
import { residualsOf } from "../estimators/did-path.ts";
import { median } from "../estimators/did-weights.ts";
import type { Panel } from "../panel/panel.ts";
import { studentTTwoSided } from "../probability/student-t.ts";
import { type Check, notRun, result } from "./check.ts";

const ID = "spillover";
const FEWEST_CONTROLS = 3;
/** Tail index assumed beyond the largest movement ever seen: a mean that only just exists (bursts, restarts). */
const TAIL_INDEX = 1;

interface Moved {
  readonly unit: string;
  /** Change at the deploy in units of what the unit's own past predicts. */
  readonly z: number;
  readonly pValue: number;
}

/**
 * Did some controls break at the deploy time, relative to the other controls and to their own forecast?
 *
 * Statistic: S = max_j |z_j|, z_j = d_j / s_j. pValue: the larger of two. By forecast: Student t times the number of
 * controls (Bonferroni). By history: S is ranked among the same maximum over the K earlier windows of the post length;
 * beyond all of them p = (S / S_max)^-1 / (K + 1), a Pareto tail, because operations data break their own forecast far
 * more often than an autoregression says. A shock that all units share is removed by the control path and cannot fail
 * this check, nor can a period in which most controls moved away from the middle one (that is phi's business): who moved
 * is counted around the median change, for one control that breaks pulls the path and with it the d_j of all others.
 * Source: docs/method.md section 4.
 */
export const spillover: Check = {
  id: ID,
  question: "Did the controls themselves break at the deploy time?",
  run({ fit, panel }) {
    if (fit === null || panel === null) return null;
    const moved = standardised(fit, panel, fit.controlChanges);
    const worst = moved[0];
    if (worst === undefined || moved.length < FEWEST_CONTROLS) {
      return notRun(ID, "it needs at least three controls with a forecast", { units: [] });
    }
    const observed = Math.abs(worst.z);
    const against = standardised(fit, panel, aroundMedian(fit, fit.controlChanges));
    const suspects = against.filter((one) => one.pValue * against.length < 0.02);
    const isMinority = suspects.length <= moved.length / 2;
    const byForecast = Math.min(1, worst.pValue * moved.length);
    const pValue = isMinority ? Math.max(byForecast, historyP(observed, earlierMaxima(fit, panel))) : 1;
    const facts = {
      units: suspects.slice(0, 5).map((one) => one.unit),
      worstUnit: worst.unit,
      worstZ: worst.z,
      moved: suspects.length,
      controls: moved.length,
    };
    return result(ID, true, { required: true, statistic: observed, pValue }, facts);
  },
};

/** Controls by |z|, largest first. */
function standardised(fit: DidFit, panel: Panel, changes: readonly number[]): Moved[] {
  return fit.control
    .flatMap((u, j) => {
      const own = fit.controlTimes[j] ?? null;
      if (own === null || !(own.variance > 0) || !Number.isFinite(changes[j])) return [];
      const z = (changes[j] as number) / Math.sqrt(own.variance);
      return [{ unit: panel.units[u] as string, z, pValue: studentTTwoSided(z, own.dof) }];
    })
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
}

/** Changes of the controls less what the middle control did; raw units, NaN stays NaN. */
function aroundMedian(fit: DidFit, changes: readonly number[]): number[] {
  const levels = fit.control.map((u) => (fit.scale === "additive" ? 1 : (fit.path.levels[u] as number)));
  const relative = changes.map((change, j) => change / (levels[j] as number)).filter(Number.isFinite);
  const middle = relative.length === 0 ? Number.NaN : median(relative);
  return changes.map((change, j) => change - middle * (levels[j] as number));
}

/** Rank of a movement among earlier maxima, a Pareto tail of index 1 beyond all of them. */
export function historyP(observed: number, maxima: readonly number[]): number {
  const largest = Math.max(0, ...maxima);
  const asLarge = maxima.filter((value) => value >= observed).length;
  if (asLarge > 0 || largest === 0) return (1 + asLarge) / (1 + maxima.length);
  return (observed / largest) ** -TAIL_INDEX / (1 + maxima.length);
}

/** max_j |z_j| over each earlier window of the post length, windows side by side, each against the rest of the pre. */
function earlierMaxima(fit: DidFit, panel: Panel): number[] {
  const { preEnd, postStart, end } = fit.window;
  const length = end - postStart;
  const maxima: number[] = [];
  const series = fit.control.map((u) => runningSums(residualsOf(panel, fit.window, u, fit.path), preEnd));
  for (let to = preEnd; to - length >= 0; to -= length) {
    const changes = series.map((sums) => windowChange(sums, to - length, to));
    const largest = changes.reduce((most, change, j) => {
      const variance = fit.controlTimes[j]?.variance ?? 0;
      return variance > 0 && Number.isFinite(change) ? Math.max(most, Math.abs(change) / Math.sqrt(variance)) : most;
    }, 0);
    maxima.push(largest);
  }
  return maxima;
}

/** Sums and counts of the finite values before each step. */
export interface RunningSums {
  readonly sums: Float64Array;
  readonly counts: Int32Array;
}

export function runningSums(x: Float64Array, end: number): RunningSums {
  const sums = new Float64Array(end + 1);
  const counts = new Int32Array(end + 1);
  for (let t = 0; t < end; t++) {
    const value = x[t] as number;
    const isSeen = Number.isFinite(value);
    sums[t + 1] = (sums[t] as number) + (isSeen ? value : 0);
    counts[t + 1] = (counts[t] as number) + (isSeen ? 1 : 0);
  }
  return { sums, counts };
}

/** Mean of a window minus the mean of all the rest; NaN when either is empty. */
export function windowChange({ sums, counts }: RunningSums, from: number, to: number): number {
  const inside = (sums[to] as number) - (sums[from] as number);
  const seen = (counts[to] as number) - (counts[from] as number);
  return inside / seen - ((sums.at(-1) as number) - inside) / ((counts.at(-1) as number) - seen);
}
