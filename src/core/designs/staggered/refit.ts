import { type Refit, refitted } from "../../checks/refit.ts";
import type { Arrangement } from "../../estimators/waves/arrangement.ts";
import { fitWaves, type WaveFit } from "../../estimators/waves/fit.ts";
import type { Panel } from "../../panel/panel.ts";

/** The same estimator on another arrangement of the same data; null when it refuses. */
export function refitWaves(panel: Panel, fit: WaveFit, arrangement: Arrangement): Refit | null {
  if (arrangement.judged.length === 0) return null;
  const again = fitWaves(panel, arrangement, { scale: fit.scale, keepStill: true });
  return again.ok ? refitted(again.value) : null;
}

/** Without one unit: windows stay, a wave that loses its only unit is gone, and so is the arrangement when nobody is left. */
export function withoutUnit(arrangement: Arrangement, unit: number): Arrangement | null {
  const never = arrangement.never.filter((other) => other !== unit);
  if (arrangement.never.length > 0 && never.length === 0) return null;
  const kept = arrangement.waves
    .map((wave, k) => ({
      wave: { ...wave, units: wave.units.filter((other) => other !== unit) },
      isJudged: arrangement.judged.includes(k),
    }))
    .filter(({ wave }) => wave.units.length > 0);
  const last = kept.at(-1);
  if (never.length === 0 && last?.isJudged !== false) return null;
  return {
    ...arrangement,
    never,
    waves: kept.map(({ wave }) => wave),
    judged: kept.flatMap(({ isJudged }, k) => (isJudged ? [k] : [])),
  };
}

/** Without a wave's own cells; before its deploy it stays a control of the others. */
export function withoutWave(arrangement: Arrangement, wave: number): Arrangement {
  return { ...arrangement, judged: arrangement.judged.filter((k) => k !== wave) };
}

/** All deploys `steps` earlier, and the data end as much earlier. */
export function shifted(arrangement: Arrangement, steps: number): Arrangement {
  return {
    ...arrangement,
    waves: arrangement.waves.map((wave) => ({
      ...wave,
      start: wave.start - steps,
      postStart: wave.postStart - steps,
    })),
    preEnd: arrangement.preEnd - steps,
    end: arrangement.end - steps,
  };
}

/** Grid cells that all refits of one check may touch together, about as under `did`. */
const WORK_BUDGET = 1e6;
const FEWEST_REFITS = 4;

export function refitLimit({ arrangement, control }: WaveFit, most: number): number {
  const cells = (control.length + 2 * arrangement.waves.length) * arrangement.end;
  return Math.max(FEWEST_REFITS, Math.min(most, Math.floor(WORK_BUDGET / cells)));
}
