import { type Panel, type PanelWindow, unitValues } from "../panel/panel.ts";
import type { Scale } from "../plan.ts";

export type EqualOn = "own" | "either";

/** What one fit looks at: units that are seen on both sides, their pre means, one scale. */
export interface Sample {
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly levels: Float64Array;
  readonly scale: Scale;
  /** Typical magnitude of the raw values. */
  readonly size: number;
  /** Where effects are taken to be equal over units: on the fit's own scale, or on either when nobody fixed the scale. */
  readonly equalOn: EqualOn;
  /** Take a gap that never moves as an effect of 0 instead of refusing it. */
  readonly keepStill: boolean;
}

/** Share of the values' size below which a spread is rounding noise. */
export const ROUNDING = 1e-12;

/** Whether a variance is no more than the rounding noise of values of this size. */
export function isRounding(variance: number, size: number): boolean {
  return Math.sqrt(variance) <= ROUNDING * size;
}

export function populationVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** Squares of larger values, and of smaller ones than its inverse, leave the range of numbers. */
export const LARGEST = 1e100;

/** size: the largest mean |value| of a unit; largest: the largest |value|. */
export function magnitude(
  panel: Panel,
  window: PanelWindow,
  units: readonly number[],
): { size: number; largest: number } {
  let size = 0;
  let largest = 0;
  for (const unit of units) {
    const y = unitValues(panel, unit);
    let sum = 0;
    let seen = 0;
    for (let t = 0; t < window.end; t++) {
      const value = Math.abs(y[t] as number);
      if (!Number.isFinite(value)) continue;
      if (value > largest) largest = value;
      if (t >= window.preEnd) continue;
      sum += value;
      seen++;
    }
    size = Math.max(size, sum / seen);
  }
  return { size, largest };
}
