import { type CheckContext, notRun, result } from "../../checks/check.ts";
import { judgeFakeDeploys } from "../../checks/fake-deploys.ts";
import type { Refit } from "../../checks/refit.ts";
import { contrastValue } from "../../estimators/waves/contrast.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import { controlTerms } from "../../estimators/waves/schedule.ts";
import type { Panel } from "../../panel/panel.ts";
import type { CheckResult } from "../../result.ts";
import { refitLimit, refitWaves, shifted } from "./refit.ts";

const MOST_PLACEBOS = 20;
const SHORTEST_PRE = 12;

/** The whole roll-out, wave by wave, as if it had happened earlier: side by side before the first wave, each fitted again. */
export function wavePlaceboInTime({ effect, plan }: CheckContext, panel: Panel, fit: WaveFit): CheckResult {
  const id = "placebo-in-time";
  const placebos = fakeRollouts(panel, fit);
  if (placebos.length === 0 || effect === null) {
    return notRun(id, "the pre window has no room for a fake roll-out of the same length", { placebos: 0 });
  }
  return judgeFakeDeploys(placebos, effect.att, plan.alpha);
}

function fakeRollouts(panel: Panel, fit: WaveFit): Refit[] {
  const { preEnd, end } = fit.arrangement;
  const length = end - preEnd;
  const found: Refit[] = [];
  const most = refitLimit(fit, MOST_PLACEBOS);
  for (let steps = length; found.length < most; steps += length) {
    if (preEnd - steps < Math.max(SHORTEST_PRE, length + 1)) break;
    const placebo = refitWaves(panel, fit, shifted(fit.arrangement, steps));
    if (placebo !== null) found.push(placebo);
  }
  return found;
}

/**
 * Each unit that was never deployed, as if it had been: its own change over the judged steps, in units of what its past
 * predicts, ranked against the effect in the same units. pValue = (1 + as large) / (1 + tried); informational.
 * Source: Abadie, Diamond and Hainmueller (2010), with a standardised statistic.
 */
export function wavePlaceboInSpace({ effect }: CheckContext, panel: Panel, fit: WaveFit): CheckResult {
  const id = "placebo-in-space";
  const { never } = fit.arrangement;
  if (never.length < 2) return notRun(id, "it needs at least two units that were never deployed", { units: 0 });
  if (effect?.stdError == null || !(fit.time.variance > 0)) {
    return notRun(id, "the effect has no standard error to compare with", { units: 0 });
  }
  const observed = Math.abs(fit.att) / Math.sqrt(fit.time.variance);
  const effects: Record<string, number> = {};
  let asLarge = 0;
  for (const { unit, time } of fit.controlChanges) {
    if (!never.includes(unit) || time === null || !(time.variance > 0)) continue;
    const change = contrastValue(controlTerms(fit.gaps, fit.stretches, unit));
    effects[panel.units[unit] as string] = change;
    if (Math.abs(change) / Math.sqrt(time.variance) >= observed) asLarge++;
  }
  const units = Object.keys(effects).length;
  if (units === 0) return notRun(id, "no unit could be analysed as deployed", { units });
  const facts = { units, controls: never.length, asLarge, smallestP: 1 / (1 + units), effects };
  return result(id, null, { pValue: (1 + asLarge) / (1 + units) }, facts);
}
