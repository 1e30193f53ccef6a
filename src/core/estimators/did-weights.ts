import type { PanelWindow } from "../panel/panel.ts";
import { type ControlPath, controlPath, residualsOf } from "./did-path.ts";
import type { Sample } from "./did-sample.ts";
import { type TimeVariance, timeVariance } from "./did-time-variance.ts";

/** What weights are made from. */
type Weighable = Pick<Sample, "panel" | "window" | "control" | "levels" | "scale" | "size">;

/** Precision weights of the controls, the path they make, and what each control's own past says (docs/method.md step 2). */
export interface Weighted {
  readonly weights: number[];
  readonly path: ControlPath;
  readonly times: (TimeVariance | null)[];
}

/** s_j^2 of each control; NaN when unknown. */
export function variancesOf(times: readonly (TimeVariance | null)[]): number[] {
  return times.map((time) => time?.variance ?? Number.NaN);
}

/** The control path with precision weights, from equal ones in one step. */
export function weighControls(sample: Weighable): Weighted {
  const equal = weigh(
    sample,
    sample.control.map(() => 1),
  );
  return reweight(sample, equal);
}

function weigh(sample: Weighable, weights: number[]): Weighted {
  const { panel, window, control, levels, scale, size } = sample;
  const path = controlPath(panel, window, control, weights, levels, scale);
  const times = control.map((u) => timeVariance(residualsOf(panel, window, u, path), window, size));
  return { weights, path, times };
}

/** Weights proportional to 1 / (s_j^2 + median s^2), once, with more than two controls; mean 1. */
function reweight(sample: Weighable, equal: Weighted): Weighted {
  const variances = variancesOf(equal.times);
  const positive = variances.filter((s2) => s2 > 0);
  if (sample.control.length <= 2 || positive.length === 0) return equal;
  const reference = median(positive);
  const s2 = variances.map((value) => (Number.isFinite(value) ? value : reference));
  const raw = sample.scale === "additive" ? s2.map((value) => 1 / (value + reference)) : relativeWeights(sample, s2);
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  return weigh(
    sample,
    raw.map((value) => value / mean),
  );
}

/** On the multiplicative scale: relative variances, and 1/level because the path sums raw values. */
function relativeWeights(sample: Weighable, s2: readonly number[]): number[] {
  const levels = sample.control.map((u) => sample.levels[u] as number);
  const relative = s2.map((value, j) => value / (levels[j] as number) ** 2);
  const reference = median(relative);
  return relative.map((value, j) => 1 / ((levels[j] as number) * (value + reference)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** Per-step weights of the contrast (pre sums to -1, post to 1) when cells have weights. */
export function contrastWeights(
  gap: Float64Array,
  window: PanelWindow,
  totals: Float64Array | null,
): Float64Array | null {
  if (totals === null) return null;
  const weights = new Float64Array(window.end);
  for (const [from, to, sign] of [
    [0, window.preEnd, -1],
    [window.postStart, window.end, 1],
  ] as const) {
    let sum = 0;
    for (let t = from; t < to; t++) if (Number.isFinite(gap[t] as number)) sum += totals[t] as number;
    for (let t = from; t < to; t++) {
      if (Number.isFinite(gap[t] as number)) weights[t] = (sign * (totals[t] as number)) / sum;
    }
  }
  return weights;
}
