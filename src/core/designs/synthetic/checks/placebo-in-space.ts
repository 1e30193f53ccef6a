import { result } from "../../../checks/check.ts";
import type { DonorFit } from "../../../estimators/donors/donors.ts";
import type { CheckResult } from "../../../result.ts";

/**
 * Rank of the effect among the donors taken as treated, each over the error that its own held-out past predicts.
 *
 * pValue: (1 + as large) / (1 + placebos), never below 1 / (1 + placebos); informational, the unit doubt of the error is
 * made of the same placebos. Source: Abadie, Diamond and Hainmueller 2010, with a standardised statistic.
 */
export function donorsAsTreated({ table, main, placebos }: DonorFit): CheckResult {
  const observed = Math.abs(main.effect) / Math.sqrt(main.time.variance);
  const asLarge = placebos.filter(({ z }) => Math.abs(z) >= observed).length;
  const raw = placebos.map(({ comparison: { target, effect } }) => {
    const unit = table.donors[target - 1] as number;
    return [table.panel.units[unit] as string, effect * (table.rawFactors[target] as number)] as const;
  });
  const facts = {
    units: placebos.length,
    controls: table.donors.length,
    asLarge,
    smallestP: 1 / (1 + placebos.length),
    effects: Object.fromEntries(raw),
  };
  return result("placebo-in-space", null, { pValue: (1 + asLarge) / (1 + placebos.length) }, facts);
}
