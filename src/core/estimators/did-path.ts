import { meanBetween, type Panel, type PanelWindow, unitValues, unitWeights } from "../panel/panel.ts";
import type { Scale } from "../plan.ts";

/**
 * What the controls did, and what is left of each unit after removing it.
 *
 * additive:       z_it = y_it - m_i - c_t,  c_t = sum_j w_j (y_jt - m_j) / sum_j w_j over the controls seen at t
 * multiplicative: z_it = y_it - m_i c_t,    c_t = sum_j w_j y_jt / sum_j w_j m_j
 * m_i is the pre mean of unit i; with cell weights (denominators of a ratio) n_jt, m_i is the n-weighted mean and a
 * cell counts w_j n_jt / mean n_j. Units: raw. Source: docs/method.md section 3 steps 1-2.
 */
export interface ControlPath {
  readonly scale: Scale;
  /** Pre means per unit of the panel. */
  readonly levels: Float64Array;
  /** c_t; NaN where no control is observed. */
  readonly path: Float64Array;
}

export function preLevels(panel: Panel, window: PanelWindow): Float64Array {
  return Float64Array.from(panel.units, (_, u) =>
    meanBetween(unitValues(panel, u), 0, window.preEnd, unitWeights(panel, u)),
  );
}

export function controlPath(
  panel: Panel,
  window: PanelWindow,
  controls: readonly number[],
  weights: readonly number[],
  levels: Float64Array,
  scale: Scale,
): ControlPath {
  const top = new Float64Array(window.end);
  const bottom = new Float64Array(window.end);
  controls.forEach((u, j) => {
    addControl(panel, window, u, { weight: weights[j] as number, level: levels[u] as number, scale }, top, bottom);
  });
  const path = new Float64Array(window.end);
  for (let t = 0; t < window.end; t++) {
    const total = bottom[t] as number;
    path[t] = total > 0 ? (top[t] as number) / total : Number.NaN;
  }
  return { scale, levels, path };
}

function addControl(
  panel: Panel,
  window: PanelWindow,
  unit: number,
  part: { readonly weight: number; readonly level: number; readonly scale: Scale },
  top: Float64Array,
  bottom: Float64Array,
): void {
  const y = unitValues(panel, unit);
  const traffic = unitWeights(panel, unit);
  const perTraffic = traffic === null ? 1 : 1 / meanPositive(traffic, window.end);
  for (let t = 0; t < window.end; t++) {
    const value = y[t] as number;
    if (!Number.isFinite(value)) continue;
    const weight = traffic === null ? part.weight : part.weight * (traffic[t] as number) * perTraffic;
    const additive = part.scale === "additive";
    top[t] = (top[t] as number) + weight * (additive ? value - part.level : value);
    bottom[t] = (bottom[t] as number) + weight * (additive ? 1 : part.level);
  }
}

function meanPositive(x: Float64Array, end: number): number {
  let sum = 0;
  let n = 0;
  for (let t = 0; t < end; t++) {
    const value = x[t] as number;
    if (!(value > 0)) continue;
    sum += value;
    n++;
  }
  return n === 0 ? 1 : sum / n;
}

/** z_it of one unit on [0, end); NaN where the unit or the path is missing. */
export function residualsOf(panel: Panel, window: PanelWindow, unit: number, control: ControlPath): Float64Array {
  const y = unitValues(panel, unit);
  const level = control.levels[unit] as number;
  const z = new Float64Array(window.end);
  for (let t = 0; t < window.end; t++) {
    const common = control.path[t] as number;
    z[t] = (y[t] as number) - (control.scale === "additive" ? level + common : level * common);
  }
  return z;
}

/** Mean over units of their residuals at each step, over the units seen then; cell weights when the panel has them. */
export function meanResiduals(
  panel: Panel,
  window: PanelWindow,
  units: readonly number[],
  control: ControlPath,
): Float64Array {
  const sums = new Float64Array(window.end);
  const totals = new Float64Array(window.end);
  for (const unit of units) {
    const z = residualsOf(panel, window, unit, control);
    const traffic = unitWeights(panel, unit);
    for (let t = 0; t < window.end; t++) {
      const value = z[t] as number;
      if (!Number.isFinite(value)) continue;
      const weight = traffic === null ? 1 : (traffic[t] as number);
      sums[t] = (sums[t] as number) + weight * value;
      totals[t] = (totals[t] as number) + weight;
    }
  }
  return sums.map((sum, t) => ((totals[t] as number) > 0 ? sum / (totals[t] as number) : Number.NaN));
}

/** Total cell weight of some units per step; null for panels without weights. */
export function totalWeights(panel: Panel, window: PanelWindow, units: readonly number[]): Float64Array | null {
  if (panel.weights === null) return null;
  const totals = new Float64Array(window.end);
  for (const unit of units) {
    const traffic = unitWeights(panel, unit) as Float64Array;
    const y = unitValues(panel, unit);
    for (let t = 0; t < window.end; t++) {
      if (Number.isFinite(y[t] as number)) totals[t] = (totals[t] as number) + (traffic[t] as number);
    }
  }
  return totals;
}
