import { type CheckContext, notRun } from "../../checks/check.ts";
import { preTrends } from "../../checks/pre-trends.ts";
import { spread } from "../../checks/refit.ts";
import { spillover } from "../../checks/spillover.ts";
import type { DidFit } from "../../estimators/did.ts";
import { fitDid } from "../../estimators/did.ts";
import { comparisonUnits, type Wave } from "../../estimators/waves/arrangement.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import type { Panel } from "../../panel/panel.ts";
import type { CheckId, CheckResult } from "../../result.ts";

/** Waves that are tested one by one, spread over all of them. */
const MOST_WAVES = 10;

export interface FittedWave {
  /** Counted from 1. */
  readonly wave: number;
  readonly fit: DidFit;
  /** False: the next wave begins before this one has settled, so that the fit has no clean post window. */
  readonly isClean: boolean;
}

/** Each judged wave as a deploy of its own against the units that are deployed later, or never; before it nobody in it is deployed. */
export function wavesApart(panel: Panel, { arrangement, scale }: WaveFit): FittedWave[] {
  const { waves, judged } = arrangement;
  return spread(judged.length, MOST_WAVES).flatMap((i) => {
    const k = judged[i] as number;
    const { units, start, postStart } = waves[k] as Wave;
    const next = Math.min(waves[k + 1]?.start ?? arrangement.end, arrangement.end);
    const end = Math.min(panel.steps, Math.max(next, postStart + 1));
    const window = { preEnd: start, postStart, end };
    const control = comparisonUnits(arrangement, k + 1);
    const fitted = fitDid(panel, { scale, window, treated: units, control, keepStill: true });
    return fitted.ok ? [{ wave: k + 1, fit: fitted.value, isClean: next > postStart }] : [];
  });
}

/**
 * Did each wave and its controls move together before the wave's own deploy?
 *
 * The test of `pre-trends` for every judged wave, over all its time before its own deploy, against the units deployed later or
 * never. pValue: the smallest one times the number of waves (Bonferroni), because waves share controls.
 */
export function wavePreTrends(context: CheckContext, panel: Panel, apart: readonly FittedWave[]): CheckResult {
  return worstOf("pre-trends", context, panel, apart, preTrends.run);
}

/** Did units that were not deployed break when a wave was? The test of `spillover` at every judged wave, combined likewise. */
export function waveSpillover(context: CheckContext, panel: Panel, apart: readonly FittedWave[]): CheckResult {
  const clean = apart.filter(({ isClean }) => isClean);
  return worstOf("spillover", context, panel, clean, spillover.run);
}

function worstOf(
  id: CheckId,
  context: CheckContext,
  panel: Panel,
  apart: readonly FittedWave[],
  run: (context: CheckContext) => CheckResult | null,
): CheckResult {
  const found = apart.flatMap(({ wave, fit }) => {
    const check = run({ ...context, panel, fit });
    return check === null ? [] : [{ wave, check }];
  });
  const tested = found.flatMap(({ wave, check }) =>
    check.pValue === null ? [] : [{ wave, check, pValue: check.pValue }],
  );
  const worst = tested.reduce<(typeof tested)[number] | null>(
    (least, one) => (least === null || one.pValue < least.pValue ? one : least),
    null,
  );
  if (worst === null) {
    const reason = found[0]?.check.facts.reason;
    return notRun(id, typeof reason === "string" ? reason : "no wave has the data for this test", { waves: 0 });
  }
  return {
    ...worst.check,
    pValue: Math.min(1, worst.pValue * tested.length),
    facts: {
      ...worst.check.facts,
      wave: worst.wave,
      waves: tested.length,
      byWave: tested.map(({ wave, pValue }) => ({ wave, pValue })),
    },
  };
}
