import { type Check, type CheckContext, notRun } from "./check.ts";
import { judgeFakeDeploys } from "./fake-deploys.ts";
import { type Refit, refit, refitLimit } from "./refit.ts";

const ID = "placebo-in-time";
const MOST_PLACEBOS = 20;
const SHORTEST_PRE = 12;

/** Fake deploys before the real one, same windows, not overlapping, each analysed like the real one. */
export const placeboInTime: Check = {
  id: ID,
  question: "Would fake deploys before the real one have shown as much?",
  run(context) {
    const { fit, panel, effect, plan } = context;
    if (fit === null || panel === null || effect === null) return null;
    const placebos = fakeDeploys(context);
    if (placebos.length === 0) return notRun(ID, "the pre window has no room for a fake deploy", { placebos: 0 });
    return judgeFakeDeploys(placebos, effect.att, plan.alpha);
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
