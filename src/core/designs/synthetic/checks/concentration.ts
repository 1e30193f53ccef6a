import { result } from "../../../checks/check.ts";
import type { DonorFit } from "../../../estimators/donors/donors.ts";
import type { CheckResult } from "../../../result.ts";
import { effectiveDonors, heaviestDonors } from "../weights.ts";

const ID = "donor-concentration";
/** One donor with four fifths of the weight is worth about 1.5 donors. */
const FEWEST_EFFECTIVE = 1.5;
const MOST_NAMED = 20;

/** Who makes up the mix, and whether one donor stands for all; it qualifies the answer and does not refuse it. */
export function donorConcentration(fit: DonorFit): CheckResult {
  const effective = effectiveDonors(fit);
  const facts = { donors: heaviestDonors(fit, MOST_NAMED), available: fit.table.donors.length, effective };
  return result(ID, effective >= FEWEST_EFFECTIVE, { statistic: effective, threshold: FEWEST_EFFECTIVE }, facts);
}
