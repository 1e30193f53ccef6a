import {
  meanBetween,
  type Panel,
  type PanelWindow,
  unitsWhere,
  unitValues,
  unitWeights,
  windowOf,
} from "../../panel/panel.ts";
import { meanResiduals, preLevels, totalWeights } from "../did-path.ts";
import type { ClockSeries } from "./blocks.ts";

/**
 * The mean of the treated units per step: mean level before the deploy plus the mean deviation of the units seen at that
 * step, so that a unit that is missing for a while does not move it. Denominators of a ratio weigh units and steps.
 */
export function treatedSeries(panel: Panel, units: readonly number[] = unitsWhere(panel, true)): ClockSeries {
  const window = windowOf(panel);
  const levels = preLevels(panel, window);
  const seen = units.filter((u) => Number.isFinite(levels[u] as number));
  const still = { scale: "additive", levels, path: new Float64Array(window.end) } as const;
  const deviations = meanResiduals(panel, window, seen, still);
  const level = meanLevel(panel, window, seen, levels);
  return {
    values: deviations.map((deviation) => level + deviation),
    weights: totalWeights(panel, window, seen),
    step: panel.step,
    deployedAt: panel.start + panel.preEnd * panel.step,
  };
}

/** Each unit counts alike, or by its denominators before the deploy. */
function meanLevel(panel: Panel, window: PanelWindow, units: readonly number[], levels: Float64Array): number {
  let [sum, total] = [0, 0];
  for (const u of units) {
    const traffic = unitWeights(panel, u);
    const weight = traffic === null ? 1 : trafficOf(traffic, unitValues(panel, u), window.preEnd);
    sum += weight * (levels[u] as number);
    total += weight;
  }
  return sum / total;
}

function trafficOf(traffic: Float64Array, values: Float64Array, end: number): number {
  const seen = traffic.map((weight, t) => (Number.isFinite(values[t] as number) ? weight : Number.NaN));
  const mean = meanBetween(seen, 0, end);
  return Number.isFinite(mean) ? mean : 0;
}
