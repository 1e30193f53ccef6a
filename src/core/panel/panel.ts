/**
 * Units x steps on one regular grid. Grid step t covers [start + t step, start + (t + 1) step) and step `preEnd` starts
 * at deployedAt, so that a row at or after deployedAt is never counted as before.
 */
export interface Panel {
  /** Epoch seconds of grid step 0. */
  readonly start: number;
  /** Seconds. */
  readonly step: number;
  readonly steps: number;
  /** Sorted names. */
  readonly units: readonly string[];
  readonly treated: readonly boolean[];
  /** Unit-major: the cell of unit u at step t is values[u * steps + t]; NaN is missing. Raw units. */
  readonly values: Float64Array;
  /** Same layout; denominators of a ratio, null when cells count alike. */
  readonly weights: Float64Array | null;
  /** Steps [0, preEnd) are before the deploy. */
  readonly preEnd: number;
  /** Steps [postStart, steps) are the post window; [preEnd, postStart) is settle. */
  readonly postStart: number;
}

/** Which part of a panel a fit looks at. */
export interface PanelWindow {
  readonly preEnd: number;
  readonly postStart: number;
  /** Exclusive. */
  readonly end: number;
}

export function windowOf(panel: Panel): PanelWindow {
  return { preEnd: panel.preEnd, postStart: panel.postStart, end: panel.steps };
}

/** The cells of one unit, a view (not a copy). */
export function unitValues(panel: Panel, unit: number): Float64Array {
  return panel.values.subarray(unit * panel.steps, (unit + 1) * panel.steps);
}

export function unitWeights(panel: Panel, unit: number): Float64Array | null {
  return panel.weights === null ? null : panel.weights.subarray(unit * panel.steps, (unit + 1) * panel.steps);
}

/** (Weighted) mean of the finite cells of x on [from, to); NaN when there is none or the weight is zero. */
export function meanBetween(x: Float64Array, from: number, to: number, weights: Float64Array | null = null): number {
  let sum = 0;
  let total = 0;
  for (let t = from; t < to; t++) {
    const value = x[t] as number;
    if (!Number.isFinite(value)) continue;
    const weight = weights === null ? 1 : (weights[t] as number);
    sum += weight * value;
    total += weight;
  }
  return total > 0 ? sum / total : Number.NaN;
}

/** Plain mean over units of a number per unit. */
export function meanOfUnits(values: Float64Array, units: readonly number[]): number {
  return units.reduce((sum, u) => sum + (values[u] as number), 0) / units.length;
}

export function countFinite(x: Float64Array, from: number, to: number): number {
  let count = 0;
  for (let t = from; t < to; t++) if (Number.isFinite(x[t] as number)) count++;
  return count;
}

/** Indexes of units on one side. */
export function unitsWhere(panel: Panel, treated: boolean): number[] {
  const found: number[] = [];
  for (let u = 0; u < panel.units.length; u++) if (panel.treated[u] === treated) found.push(u);
  return found;
}
