import type { Outcome } from "../../outcome.ts";
import { type LinearFit, leastSquares } from "../../regression/ols.ts";
import type { Imputation } from "./imputation.ts";

/** Name of the term for a time before treatment. */
export function leadName(relative: number): string {
  return `e=${relative}`;
}

/**
 * Differences before the treatment, from the untreated rows alone.
 *
 * Formula: y_it = a_i + b_t + sum over e < -1 of d_e 1{t - g_i = e} + x_it'c on the untreated rows; reference: the last period
 * before the treatment, and units never treated. `count` keeps the last ones before the reference only.
 * Source: Borusyak, Jaravel and Spiess 2024, section 4.4 (the test does not disturb the estimate).
 */
export function leadRegression(
  { table, weights, untreatedRows }: Imputation,
  count: number,
): { readonly leads: readonly number[]; readonly fit: Outcome<LinearFit> } {
  const relative = (row: number): number =>
    (table.time[row] ?? Number.NaN) - (table.first[table.unit.levels[row] ?? 0] ?? Number.NaN);
  const found = new Set<number>();
  for (const row of untreatedRows) if (relative(row) < 0) found.add(relative(row));
  const ordered = [...found].sort((a, b) => a - b);
  const leads = ordered.slice(0, -1).slice(count === 0 ? ordered.length : -count);
  const columns = leads.map((lead) => {
    const values = new Float64Array(table.data.rows);
    for (const row of untreatedRows) if (relative(row) === lead) values[row] = 1;
    return { name: leadName(lead), values };
  });
  const fit = leastSquares({
    outcome: table.data.outcome,
    columns: [...columns, ...table.data.covariates],
    effects: [table.unit, table.periods.grouping],
    weights,
    singletons: "keep",
  });
  return { leads, fit };
}
