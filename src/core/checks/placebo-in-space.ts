import { type Check, notRun, result } from "./check.ts";
import { refit, refitLimit, spread } from "./refit.ts";

const ID = "placebo-in-space";
const MOST_UNITS = 40;

/**
 * Each control in turn as if treated, the treated left out; same standardised statistic |att| / stdError.
 * pValue = (1 + as large) / (1 + tried), which cannot be below 1 / (1 + controls); informational.
 * Source: Abadie, Diamond and Hainmueller (2010), with a standardised statistic.
 */
export const placeboInSpace: Check = {
  id: ID,
  question: "Would a control unit, taken as treated, have shown as much?",
  run({ fit, panel, effect }) {
    if (fit === null || panel === null || effect === null) return null;
    if (fit.control.length < 2) return notRun(ID, "it needs at least two controls", { units: 0 });
    if (effect.statistic === null) return notRun(ID, "the effect has no standard error to compare with", { units: 0 });
    const effects: Record<string, number> = {};
    let asLarge = 0;
    for (const j of spread(fit.control.length, refitLimit(fit, MOST_UNITS))) {
      const unit = fit.control[j] as number;
      const placebo = refit(panel, fit, { treated: [unit], control: fit.control.filter((other) => other !== unit) });
      if (placebo === null || placebo.statistic === null) continue;
      effects[panel.units[unit] as string] = placebo.att;
      if (placebo.statistic >= Math.abs(effect.statistic)) asLarge++;
    }
    const units = Object.keys(effects).length;
    if (units === 0) return notRun(ID, "no control could be analysed as treated", { units });
    const facts = { units, controls: fit.control.length, asLarge, smallestP: 1 / (1 + units), effects };
    return result(ID, null, { pValue: (1 + asLarge) / (1 + units) }, facts);
  },
};
