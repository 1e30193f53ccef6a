import { studentEffect } from "../inference/effect.ts";
import { harmBounds } from "../verdict/judge.ts";
import { type Check, type CheckContext, notRun, result } from "./check.ts";
import { type Refit, refit, refitLimit, spread } from "./refit.ts";

const ID = "leave-one-out";
const MOST_UNITS = 60;

interface Left {
  readonly unit: string;
  readonly fit: Refit;
}

/** The effect again without each unit in turn: does one unit carry the result? Informational. */
export const leaveOneOut: Check = {
  id: ID,
  question: "Does one unit carry the result?",
  run(context) {
    const { fit, panel, effect } = context;
    if (fit === null || panel === null || effect === null) return null;
    const left = withoutEach(context);
    if (left.length === 0) return notRun(ID, "it needs two units on one side", { unitsTried: 0 });
    const sorted = [...left].sort((a, b) => a.fit.att - b.fit.att);
    const [first, last] = [sorted[0] as Left, sorted.at(-1) as Left];
    const whole = conclusion(context, null);
    const flips = left.filter((one) => conclusion(context, one.fit) !== whole).map((one) => one.unit);
    const facts = {
      min: first.fit.att,
      max: last.fit.att,
      unitMin: first.unit,
      unitMax: last.unit,
      flips: flips.length > 0,
      flipUnits: flips.slice(0, 5),
      unitsTried: left.length,
      units: fit.treated.length + fit.control.length,
    };
    return result(ID, null, {}, facts);
  },
};

function withoutEach({ fit, panel }: CheckContext): Left[] {
  if (fit === null || panel === null) return [];
  const left: Left[] = [];
  const sides = [fit.treated, fit.control].filter((side) => side.length > 1);
  const all = sides.flat();
  for (const i of spread(all.length, refitLimit(fit, MOST_UNITS))) {
    const unit = all[i] as number;
    const others = (units: readonly number[]): number[] => units.filter((other) => other !== unit);
    const again = refit(panel, fit, { treated: others(fit.treated), control: others(fit.control) });
    if (again !== null) left.push({ unit: panel.units[unit] as string, fit: again });
  }
  return left;
}

/** Harm beyond the margin, better, ruled out, or open. */
export function conclusion(context: CheckContext, again: Refit | null): string {
  const { effect, sli, plan } = context;
  const margin = context.margin ?? 0;
  if (effect === null) return "none";
  const used =
    again === null || again.stdError === null || again.dof === null
      ? effect
      : studentEffect({
          att: again.att,
          stdError: again.stdError,
          dof: again.dof,
          method: effect.method,
          clusters: null,
        });
  const { low, high } = harmBounds(used, sli.direction, plan.alpha);
  if (low === null || high === null) return "none";
  if (low > margin) return "harm";
  if (high < 0) return "better";
  return high < margin ? "ruled-out" : "open";
}
