import { notRun } from "../../../checks/check.ts";
import { conclusionAgain, conclusionOf, unitsLeftOut } from "../../../checks/left-out.ts";
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
  const { fit, effect } = context;
  const { stdError, dof } = effect;
  const left = withoutEach(context).map(({ unit, att }) => ({
    name: unit,
    att,
    conclusion: conclusionAgain(effect, { att, stdError, dof }, context),
  }));
  return (
    unitsLeftOut(left, conclusionOf(effect, context), fit.table.donors.length, { left: "donor" }) ??
    notRun(ID, "no donor has weight", { unitsTried: 0 })
  );
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
