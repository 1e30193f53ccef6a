import { comparisonUnits, deployedBy } from "../../estimators/waves/arrangement.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import { meanBetween, type Panel } from "../../panel/panel.ts";
import type { Baseline } from "../../result.ts";
import { groupMean, type Paths } from "../../verdict/paths.ts";

/**
 * What charts draw: the mean of all judged units; what it would have been, which is the same less the mean of their z_it against
 * the units not deployed at each step; and the mean of those controls.
 */
export function wavePaths(panel: Panel, fit: WaveFit): Paths {
  const { arrangement, gaps, window } = fit;
  const units = judgedUnits(fit);
  const treated = groupMean(panel, units, window.end);
  const counterfactual = new Float64Array(window.end).fill(Number.NaN);
  const control = new Float64Array(window.end).fill(Number.NaN);
  for (const { from, to, deployed } of eras(fit)) {
    const controls = comparisonUnits(arrangement, Math.max(1, deployed));
    const gap = gaps.of(units, controls);
    const mean = groupMean(panel, controls, window.end);
    for (let t = from; t < to; t++) {
      counterfactual[t] = (treated[t] as number) - ((gap.values[t] as number) - gap.reference);
      control[t] = mean[t] as number;
    }
  }
  return { treated, counterfactual, control };
}

/** Stretches with the same number of waves deployed. */
function eras({ arrangement, window }: WaveFit): { from: number; to: number; deployed: number }[] {
  const cuts = [...new Set([0, ...arrangement.waves.map((wave) => wave.start), window.end])]
    .filter((cut) => cut <= window.end)
    .sort((a, b) => a - b);
  return cuts.slice(1).map((to, i) => {
    const from = cuts[i] as number;
    return { from, to, deployed: deployedBy(arrangement.waves, from) };
  });
}

/** Means in raw units over the judged cells, so that treatedPost - counterfactualPost is exactly the att. */
export function waveBaseline(panel: Panel, fit: WaveFit): Baseline {
  const { stretches, levels, window } = fit;
  const before = new Float64Array(panel.units.length);
  let [post, controlPost, seen] = [0, 0, 0];
  for (const { units, controls, from, to, mass } of stretches) {
    const value = meanBetween(groupMean(panel, units, window.end), from, to);
    if (!Number.isFinite(value)) continue;
    post += mass * value;
    controlPost += mass * meanBetween(groupMean(panel, controls, window.end), from, to);
    seen += mass;
    for (const unit of units) before[unit] = (before[unit] as number) + mass / units.length;
  }
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const weighted = before.reduce((sum, mass, u) => (mass > 0 ? sum + mass * (levels[u] as number) : sum), 0);
  const controls = fit.control.map((u) => levels[u] as number).filter(Number.isFinite);
  return {
    treatedPre: orNull(weighted / seen),
    treatedPost: orNull(post / seen),
    controlPre: orNull(controls.reduce((sum, level) => sum + level, 0) / controls.length),
    controlPost: orNull(controlPost / seen),
    counterfactualPost: orNull(post / seen - fit.att),
  };
}

/** Units of the judged waves. */
export function judgedUnits({ arrangement }: WaveFit): number[] {
  return arrangement.judged.flatMap((k) => [...(arrangement.waves[k]?.units ?? [])]).sort((a, b) => a - b);
}
