import { binomialSf } from "../probability/binomial.ts";
import type { CheckResult } from "../result.ts";
import { result } from "./check.ts";

/** The measured false-alarm rate must be above alpha beyond this doubt before it counts against the result. */
const DOUBT = 0.01;

/** A deploy that did not happen, analysed like the real one; null p: it has no error and no rank. */
export interface FakeDeploy {
  readonly att: number;
  readonly pValue: number | null;
}

/**
 * `placebo-in-time` of every design, once its fake deploys (at least one) are fitted.
 *
 * Statistic: share of fake deploys that alarm at alpha; false only when a binomial test says at 1 % that it is above
 * alpha. pValue: rank of the real effect among them, (1 + as large) / (1 + placebos), smallest when none is as large.
 * Assumes fakes that do not overlap. Units: raw. Source: docs/method.md section 4.
 */
export function judgeFakeDeploys(fakes: readonly FakeDeploy[], att: number, alpha: number): CheckResult {
  const alarms = fakes.filter(({ pValue }) => pValue !== null && pValue < alpha).length;
  const asLarge = fakes.filter((one) => Math.abs(one.att) >= Math.abs(att)).length;
  const isTooMany = alarms > 0 && binomialSf(alarms - 1, fakes.length, alpha) < DOUBT;
  const facts = {
    placebos: fakes.length,
    independent: fakes.length,
    asLarge,
    alarms,
    alarmRate: alarms / fakes.length,
    values: fakes.map((one) => one.att),
  };
  const pValue = (1 + asLarge) / (1 + fakes.length);
  return result("placebo-in-time", !isTooMany, { statistic: alarms / fakes.length, pValue, threshold: alpha }, facts);
}
