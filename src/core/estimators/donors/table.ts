import { countFinite, meanBetween, type Panel, type PanelWindow, unitValues, unitWeights } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import { magnitude } from "../did-sample.ts";

/** A run of grid steps before the deploy. */
export interface Bin {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * The treated mean and every donor on one grid, as deviations from their own pre level, and their means over bins.
 *
 * Formula: additive x_it = y_it - m_i; multiplicative x_it = y_it / m_i - 1, with m_i the pre mean of the unit. Series 0
 * is the mean of the treated units, series 1 + j is donor j. Weights are fitted on at most 48 bins of equal length that
 * end at the deploy: an effect is a difference of window means, so what must be followed is how levels move, which bin
 * means keep while the noise of single steps goes; and a fit costs the same for an hour and for a month of steps.
 * Units: raw (additive), fractions of the level (multiplicative).
 */
export interface DonorTable {
  readonly scale: Scale;
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly treated: readonly number[];
  readonly donors: readonly number[];
  /** Controls that were not seen in every bin or after the deploy. */
  readonly gappy: readonly number[];
  readonly levels: Float64Array;
  /** Typical magnitude of a series with its level, in the units of the series: tells a constant gap from rounding. */
  readonly size: number;
  /** Raw units of one unit of a series: 1, or the level. */
  readonly rawFactors: Float64Array;
  /** Per grid step, NaN where missing. */
  readonly series: readonly Float64Array[];
  readonly traffic: readonly (Float64Array | null)[];
  readonly bins: readonly Bin[];
  /** Steps per bin. */
  readonly binLength: number;
  /** Per series its mean in each bin. */
  readonly before: readonly Float64Array[];
  /** Per series its mean over the post window. */
  readonly after: Float64Array;
}

export const MOST_BINS = 48;

export interface TableRequest {
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly levels: Float64Array;
  readonly scale: Scale;
}

/** Complexity: one pass over the cells; memory as the cells. */
export function donorTable(request: TableRequest): DonorTable {
  const { panel, window, treated, control, scale } = request;
  const binLength = Math.max(1, Math.ceil(window.preEnd / MOST_BINS));
  const all = binsBefore(window.preEnd, binLength);
  const target = treatedSeries(request);
  const seen = (x: Float64Array, { from, to }: Bin): boolean => countFinite(x, from, to) > 0;
  const scaled = control.map((u) => unitSeries(request, u));
  const usable = all.filter(
    (bin) => seen(target.series, bin) && scaled.filter((x) => seen(x, bin)).length * 2 > scaled.length,
  );
  const complete = (x: Float64Array): boolean =>
    usable.every((bin) => seen(x, bin)) && countFinite(x, window.postStart, window.end) > 0;
  const kept = control.map((_, j) => j).filter((j) => complete(scaled[j] as Float64Array));
  const series = [target.series, ...kept.map((j) => scaled[j] as Float64Array)];
  const donors = kept.map((j) => control[j] as number);
  const traffic = [target.traffic, ...donors.map((u) => unitWeights(panel, u))];
  return {
    scale,
    panel,
    window,
    treated,
    donors,
    gappy: control.filter((u) => !donors.includes(u)),
    levels: request.levels,
    size: scale === "additive" ? magnitude(panel, window, [...treated, ...control]).size : 1,
    rawFactors: Float64Array.of(target.level, ...donors.map((u) => rawFactor(request, u))),
    series,
    traffic,
    bins: usable,
    binLength,
    before: series.map((x, i) =>
      Float64Array.from(usable, (bin) => meanBetween(x, bin.from, bin.to, traffic[i] ?? null)),
    ),
    after: Float64Array.from(series, (x, i) => meanBetween(x, window.postStart, window.end, traffic[i] ?? null)),
  };
}

function binsBefore(preEnd: number, length: number): Bin[] {
  const count = Math.floor(preEnd / length);
  const start = preEnd - count * length;
  return Array.from({ length: count }, (_, b) => ({ from: start + b * length, to: start + (b + 1) * length }));
}

type UnitScale = Pick<TableRequest, "panel" | "window" | "levels" | "scale">;

function rawFactor({ levels, scale }: UnitScale, unit: number): number {
  return scale === "additive" ? 1 : (levels[unit] as number);
}

/** Deviation of one unit from its own level at every step. */
export function unitSeries(request: UnitScale, unit: number): Float64Array {
  const { panel, window, levels } = request;
  const level = levels[unit] as number;
  const factor = rawFactor(request, unit);
  return unitValues(panel, unit)
    .slice(0, window.end)
    .map((value) => (value - level) / factor);
}

/** (Traffic-weighted) mean deviation of the treated units seen at each step. */
function treatedSeries(request: TableRequest): { series: Float64Array; traffic: Float64Array | null; level: number } {
  const { panel, window, treated, levels, scale } = request;
  const sums = new Float64Array(window.end);
  const totals = new Float64Array(window.end);
  let level = 0;
  for (const unit of treated) {
    const own = levels[unit] as number;
    const y = unitValues(panel, unit);
    const traffic = unitWeights(panel, unit);
    level += own / treated.length;
    for (let t = 0; t < window.end; t++) {
      const value = y[t] as number;
      if (!Number.isFinite(value)) continue;
      const weight = traffic === null ? 1 : (traffic[t] as number);
      sums[t] = (sums[t] as number) + weight * (value - own);
      totals[t] = (totals[t] as number) + weight;
    }
  }
  const factor = scale === "additive" ? 1 : level;
  const series = sums.map((sum, t) => ((totals[t] as number) > 0 ? sum / (totals[t] as number) / factor : Number.NaN));
  return { series, traffic: panel.weights === null ? null : totals, level: factor };
}
