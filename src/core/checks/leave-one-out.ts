import type { Effect } from "../inference/effect.ts";
import { type Check, type CheckContext, notRun } from "./check.ts";
import { conclusionAgain, conclusionOf, type LeftOut, unitsLeftOut } from "./left-out.ts";
import { refit, refitLimit, spread } from "./refit.ts";

const ID = "leave-one-out";
const MOST_UNITS = 60;

/** The effect again without each unit in turn: does one unit carry the result? Informational. */
export const leaveOneOut: Check = {
  id: ID,
  question: "Does one unit carry the result?",
  run(context) {
    const { fit, panel, effect } = context;
    if (fit === null || panel === null || effect === null) return null;
    const left = withoutEach(context, effect);
    const units = fit.treated.length + fit.control.length;
    return (
      unitsLeftOut(left, conclusionOf(effect, context), units) ??
      notRun(ID, "it needs two units on one side", { unitsTried: 0 })
    );
  },
};

function withoutEach(context: CheckContext, effect: Effect): LeftOut[] {
  const { fit, panel } = context;
  if (fit === null || panel === null) return [];
  const left: LeftOut[] = [];
  const sides = [fit.treated, fit.control].filter((side) => side.length > 1);
  const all = sides.flat();
  for (const i of spread(all.length, refitLimit(fit, MOST_UNITS))) {
    const unit = all[i] as number;
    const others = (units: readonly number[]): number[] => units.filter((other) => other !== unit);
    const again = refit(panel, fit, { treated: others(fit.treated), control: others(fit.control) });
    if (again === null) continue;
    const name = panel.units[unit] as string;
    left.push({ name, att: again.att, conclusion: conclusionAgain(effect, again, context) });
  }
  return left;
}
