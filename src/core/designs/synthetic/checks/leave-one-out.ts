import { notRun, result } from "../../../checks/check.ts";
import { conclusion } from "../../../checks/leave-one-out.ts";
import { effectAt } from "../../../estimators/donors/fit.ts";
import { donorWeights } from "../../../estimators/donors/weights.ts";
import type { CheckResult } from "../../../result.ts";
import { weightedDonors } from "../weights.ts";
import type { DonorContext } from "./context.ts";

const ID = "leave-one-out";
const MOST_DONORS = 20;

interface Left {
  readonly unit: string;
  readonly att: number;
}

/** The effect again without each donor that has weight, its weight given to the others by a new fit; same error. */
export function leaveOneDonorOut(context: DonorContext): CheckResult {
  const { plan, sli, aligned, fit, effect, margin } = context;
  const left = withoutEach(context);
  const [first, last] = [left[0], left.at(-1)];
  if (first === undefined || last === undefined) return notRun(ID, "no donor has weight", { unitsTried: 0 });
  const { panel, quality, preShortenedTo } = aligned;
  const shared = { plan, sli, panel, quality, preShortenedTo, fit: null, effect, margin };
  const whole = conclusion(shared, null);
  const again = (att: number): string =>
    conclusion(shared, {
      att,
      stdError: effect.stdError,
      dof: effect.dof,
      statistic: null,
      pValue: null,
    });
  const flips = left.filter(({ att }) => again(att) !== whole).map(({ unit }) => unit);
  const facts = {
    min: first.att,
    max: last.att,
    unitMin: first.unit,
    unitMax: last.unit,
    flips: flips.length > 0,
    flipUnits: flips.slice(0, 5),
    unitsTried: left.length,
    units: fit.table.donors.length,
    left: "donor",
  };
  return result(ID, null, {}, facts);
}

/** Smallest effect first. */
function withoutEach({ fit }: DonorContext): Left[] {
  const { table, spaces, main, zeta } = fit;
  const factor = table.rawFactors[0] as number;
  return weightedDonors(fit, MOST_DONORS)
    .map((j) => {
      const donors = main.donors.filter((other) => other !== 1 + j);
      const omega = donorWeights(spaces.whole, 0, donors, zeta);
      const unit = table.panel.units[table.donors[j] as number] as string;
      return { unit, att: factor * effectAt(table, { target: 0, donors, omega }, main.lambda) };
    })
    .sort((a, b) => a.att - b.att);
}
