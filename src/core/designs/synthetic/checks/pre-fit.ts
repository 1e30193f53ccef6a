import { notRun, result } from "../../../checks/check.ts";
import { leadTest } from "../../../checks/pre-trends.ts";
import type { DonorFit } from "../../../estimators/donors/donors.ts";
import { contrastOf } from "../../../estimators/donors/fit.ts";
import { energy } from "../../../estimators/donors/weights.ts";
import { fSf } from "../../../probability/f.ts";
import type { CheckResult } from "../../../result.ts";

const ID = "pre-fit";
/** Level where `did` has just failed on the same past: its answer would be invalid, so being strict loses nothing. */
const EARNED = 0.2;
/**
 * Standard errors of the effect that a left drift may move it by, where the mix was not asked for by name. A bias of half
 * a standard error makes 8 % of a 5 % test.
 */
const MOST_CARRIED = 0.5;

/**
 * Did the mix follow the treated units where it was not fitted to them?
 *
 * Statistic: the joint F of the binned leads of the held-out gap (each quarter of the past predicted with weights from the
 * other three), under the gap's own autoregression and divided by phi, the mean of the same F over the placebo donors
 * (over count - 1), when that is above 1: the pre-trends test of plain difference-in-differences, applied to what the mix
 * leaves. Facts: the share of the treated units' movement over bins that the held-out mix explains, and its root mean
 * square error in raw units.
 * Fails on the p-value (budget shared with spillover; at 20 % where it was not asked for by name), and where the mix was not asked for by name (`mustExplain`) also when
 * it predicted the treated units no better than their own average: then nothing speaks for it.
 * Source: docs/designs/synthetic.md.
 */
export function preFit(fit: DonorFit, mustExplain: boolean): CheckResult {
  const { main, table, placebos } = fit;
  const { preEnd, end } = table.window;
  const own = leadTest(main.heldOut, preEnd, end);
  const movement = Math.sqrt(energy(table.before[0] as Float64Array) / table.bins.length);
  const explained = movement > 0 ? 1 - (main.heldOutRmse / movement) ** 2 : null;
  const carried = carriedDrift(fit);
  const facts = {
    heldOutError: main.heldOutRmse * (table.rawFactors[0] as number),
    explained,
    carried,
    bins: own?.bins.length ?? 0,
  };
  if (mustExplain && explained !== null && explained <= 0) {
    return result(ID, false, { required: true, statistic: explained, threshold: 0 }, facts);
  }
  if (mustExplain && carried !== null && Math.abs(carried) > MOST_CARRIED) {
    return result(ID, false, { required: true, statistic: Math.abs(carried), threshold: MOST_CARRIED }, facts);
  }
  if (own === null) return notRun(ID, "too few steps before the deploy for a test of the fit", facts);
  const others = placebos.flatMap(({ comparison }) => leadTest(comparison.heldOut, preEnd, end)?.statistic ?? []);
  const q = others.length - 1;
  const phi = q < 1 ? 0 : others.reduce((sum, value) => sum + value, 0) / q;
  const leads = own.bins.length - 1;
  const isInflated = phi > 1;
  const statistic = isInflated ? own.statistic / phi : own.statistic;
  const pValue = fSf(statistic, leads, isInflated ? q * leads : own.dof);
  const numbers = { required: true, statistic, pValue };
  return mustExplain
    ? result(ID, pValue > EARNED, { ...numbers, threshold: EARNED }, facts)
    : result(ID, true, numbers, facts);
}

/**
 * What the straight line through the held-out gap, carried on, would add to the effect, in its standard errors.
 *
 * Formula: slope (mean t after - sum_b lambda_b mean t of bin b) / sqrt(variance), slope by least squares on the steps seen.
 */
function carriedDrift({ main, table, variance }: DonorFit): number | null {
  const slope = slopeOf(main.heldOut.subarray(0, table.window.preEnd));
  if (slope === null || !(variance > 0)) return null;
  const distance = contrastOf(table, main.lambda).reduce(
    (sum, { from, to, weight }) => sum + weight * (to - from) * ((from + to - 1) / 2),
    0,
  );
  return (slope * distance) / Math.sqrt(variance);
}

function slopeOf(values: Float64Array): number | null {
  const seen = Array.from(values.keys()).filter((t) => Number.isFinite(values[t] as number));
  const centre = seen.reduce((sum, t) => sum + t, 0) / seen.length;
  const spread = seen.reduce((sum, t) => sum + (t - centre) ** 2, 0);
  return spread > 0 ? seen.reduce((sum, t) => sum + (t - centre) * (values[t] as number), 0) / spread : null;
}
