import { equalBins } from "../../checks/lead-bins.ts";
import { comparisonUnits, type Wave } from "../../estimators/waves/arrangement.ts";
import { contrastValue, contrastVariance, type Run, type Term } from "../../estimators/waves/contrast.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import { averageTerms, type Judged, stretchesOf } from "../../estimators/waves/schedule.ts";
import type { Panel } from "../../panel/panel.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import type { EventStudyPoint } from "../../result.ts";

/** An average over some treated cells, with the doubts of the whole. */
export interface PartEffect {
  readonly att: number;
  readonly confLow: number | null;
  readonly confHigh: number | null;
}

/** The average over some of the judged cells: same gaps, same autoregressions, same overdispersion as the whole effect. */
export function partEffect(panel: Panel, fit: WaveFit, judged: readonly Judged[], alpha: number): PartEffect | null {
  return ofTerms(fit, averageTerms(fit.gaps, stretchesOf(panel, fit.arrangement, judged)), alpha);
}

function ofTerms(fit: WaveFit, terms: readonly Term[], alpha: number): PartEffect | null {
  const att = contrastValue(terms);
  if (!Number.isFinite(att)) return null;
  const time = fit.dof === null ? null : contrastVariance(terms, fit.window.end);
  if (fit.dof === null || time === null || time.variance === 0) return { att, confLow: null, confHigh: null };
  const half = studentTQuantile(1 - alpha / 2, fit.dof) * Math.sqrt(time.variance * Math.max(1, fit.phi ?? 1));
  return { att, confLow: att - half, confHigh: att + half };
}

/** One wave by itself. */
export function effectOfWave(panel: Panel, fit: WaveFit, wave: Wave, alpha: number): PartEffect | null {
  return partEffect(panel, fit, [{ units: wave.units, from: wave.postStart, to: fit.arrangement.end }], alpha);
}

const MOST_LEADS = 6;
const MOST_LAGS = 6;

/**
 * Effect by time since each unit's own deploy.
 *
 * Lags average the waves that are judged so long after their deploy (the early ones only, far out). Leads of a wave are
 * against the units that are deployed later, or never, and reach back as far as every wave has history.
 * Source: Callaway and Sant'Anna 2021 (dynamic aggregation); intervals as for the whole effect.
 */
export function waveEventStudy(panel: Panel, fit: WaveFit, alpha: number): EventStudyPoint[] {
  const { arrangement } = fit;
  const waves = arrangement.judged.map((k) => arrangement.waves[k] as Wave);
  const settled = Math.min(...waves.map((wave) => wave.postStart - wave.start));
  const longest = Math.max(...waves.map((wave) => arrangement.end - wave.start));
  const leads = equalBins(-arrangement.preEnd, 0, MOST_LEADS, 2).map((bin) => ({
    ...bin,
    effect: ofTerms(fit, leadTerms(fit, bin), alpha),
  }));
  const lags = equalBins(settled, longest, MOST_LAGS, 1).map((bin) => {
    const judged = waves.flatMap((wave): Judged[] => {
      const from = Math.max(wave.start + bin.from, wave.postStart);
      const to = Math.min(wave.start + bin.to, arrangement.end);
      return to > from ? [{ units: wave.units, from, to }] : [];
    });
    return { ...bin, effect: judged.length === 0 ? null : partEffect(panel, fit, judged, alpha) };
  });
  return [...leads, ...lags].flatMap(({ from, to, effect }) =>
    effect === null
      ? []
      : [
          {
            relTime: from * panel.step,
            span: (to - from) * panel.step,
            estimate: effect.att,
            confLow: effect.confLow,
            confHigh: effect.confHigh,
          },
        ],
  );
}

/** Before their deploys: every judged wave against those after it and the units never deployed. */
function leadTerms({ arrangement, gaps }: WaveFit, bin: { readonly from: number; readonly to: number }): Term[] {
  const parts = arrangement.judged.flatMap((k) => {
    const wave = arrangement.waves[k] as Wave;
    const controls = comparisonUnits(arrangement, k + 1);
    if (controls.length === 0 || wave.units.length === 0) return [];
    const run: Run = { from: wave.start + bin.from, to: wave.start + bin.to, share: wave.units.length };
    return [{ gap: gaps.of(wave.units, controls), run }];
  });
  const total = parts.reduce((sum, { run }) => sum + run.share, 0);
  return parts.map(({ gap, run }) => ({ gap, runs: [{ ...run, share: run.share / total }] }));
}
