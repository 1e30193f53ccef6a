import { binomialSf } from "../probability/binomial.ts";
import { type Check, type CheckContext, notRun, result } from "./check.ts";
import { type Refit, refit, refitLimit } from "./refit.ts";

const ID = "placebo-in-time";
const MOST_PLACEBOS = 20;
const SHORTEST_PRE = 12;
/** The measured false-alarm rate must be above alpha beyond this doubt before it counts against the result. */
const DOUBT = 0.01;

/**
 * Fake deploys before the real one, same windows, not overlapping, each analysed like the real one.
 *
 * Statistic: share of fake deploys that alarm at alpha; false only when a binomial test says at 1 % that it is above
 * alpha. pValue: rank of the real effect among them, (1 + as large) / (1 + placebos), smallest when none is as large.
 * Source: docs/method.md section 4.
 */
export const placeboInTime: Check = {
  id: ID,
  question: "Would fake deploys before the real one have shown as much?",
  run(context) {
    const { fit, panel, effect, plan } = context;
    if (fit === null || panel === null || effect === null) return null;
    const placebos = fakeDeploys(context);
    if (placebos.length === 0) return notRun(ID, "the pre window has no room for a fake deploy", { placebos: 0 });
    const alarms = placebos.filter((one) => one.pValue !== null && one.pValue < plan.alpha).length;
    const asLarge = placebos.filter((one) => Math.abs(one.att) >= Math.abs(effect.att)).length;
    const tooMany = alarms > 0 && binomialSf(alarms - 1, placebos.length, plan.alpha) < DOUBT;
    const facts = {
      placebos: placebos.length,
      independent: placebos.length,
      asLarge,
      alarms,
      alarmRate: alarms / placebos.length,
      values: placebos.map((one) => one.att),
    };
    const pValue = (1 + asLarge) / (1 + placebos.length);
    return result(ID, !tooMany, { statistic: alarms / placebos.length, pValue, threshold: plan.alpha }, facts);
  },
};

function fakeDeploys({ fit, panel }: CheckContext): Refit[] {
  if (fit === null || panel === null) return [];
  const { preEnd, postStart, end } = fit.window;
  const settle = postStart - preEnd;
  const postSteps = end - postStart;
  const found: Refit[] = [];
  const most = refitLimit(fit, MOST_PLACEBOS);
  for (let to = preEnd; found.length < most; to -= postSteps + settle) {
    const fakePreEnd = to - postSteps - settle;
    if (fakePreEnd < Math.max(SHORTEST_PRE, postSteps + 1)) break;
    const window = { preEnd: fakePreEnd, postStart: fakePreEnd + settle, end: to };
    const placebo = refit(panel, fit, { window });
    if (placebo !== null) found.push(placebo);
  }
  return found;
}
