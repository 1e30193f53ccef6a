import { answer, type Outcome, refuse } from "../../outcome.ts";
import { adoptionOf, checkTreatment } from "../adoption.ts";
import type { TidyData } from "../contract.ts";
import type { RegressionTable } from "./table.ts";

/** The treatment as a term; refuses a table in which nobody or everybody is treated. */
export function treatmentColumn(data: TidyData): Outcome<Float64Array> {
  const { treatment } = data;
  if (treatment === null) {
    return refuse("NO_TREATED_UNITS", "The table has no treatment column.", "Name the column that is 1 where treated.");
  }
  const checked = checkTreatment(data);
  if (!checked.ok) return checked;
  if (!treatment.includes(1)) {
    return refuse("NO_TREATED_UNITS", "No row is treated.", "Name the column that is 1 where treated.");
  }
  if (!treatment.includes(0)) {
    return refuse("NO_CONTROL_UNITS", "Every row is treated.", "Add units or periods without the treatment.");
  }
  return answer(treatment);
}

/** Refuses a treatment that ends, by unit and period, unless `reversals` is "allow". */
export function checkStays({ data, unit }: RegressionTable, reversals: string): Outcome<null> {
  if (reversals === "allow" || unit === null || data.time === null) return answer(null);
  const adopted = adoptionOf({ ...data, firstTreated: null }, unit, data.time);
  return adopted.ok ? answer(null) : adopted;
}

/**
 * Refuses treatments that unit and time effects explain completely: no treated unit was ever seen untreated, or in no
 * period are treated and untreated units side by side. Time and memory grow with the rows.
 */
export function checkIdentified({ data, unit, periods }: RegressionTable, treatment: Float64Array): Outcome<null> {
  if (unit === null || periods === null) return answer(null);
  const { outcome, weights } = data;
  const seenUnit = new Uint8Array(unit.count);
  const seenPeriod = new Uint8Array(periods.grouping.count);
  for (let i = 0; i < treatment.length; i++) {
    const value = treatment[i] as number;
    if (Number.isNaN(value) || Number.isNaN(outcome[i] as number) || (weights !== null && !((weights[i] ?? 0) > 0))) {
      continue;
    }
    const bit = value === 1 ? 2 : 1;
    const u = unit.levels[i] as number;
    const t = periods.grouping.levels[i] as number;
    seenUnit[u] = (seenUnit[u] as number) | bit;
    seenPeriod[t] = (seenPeriod[t] as number) | bit;
  }
  if (!seenUnit.includes(3)) {
    return refuse(
      "NO_PRE_DATA",
      "No treated unit has both treated and untreated rows, so unit effects take the whole treatment away.",
      "Add periods before the treatment, or name the column that is 1 only while treated.",
    );
  }
  if (!seenPeriod.includes(3)) {
    return refuse(
      "NO_CONTROL_UNITS",
      "In no period are there treated and untreated units, so time effects take the whole treatment away.",
      "Add units that are never treated, or treated at another time.",
    );
  }
  return answer(null);
}
