import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { OneDate } from "../one-date.ts";
import type { RegressionTable } from "../panel-ols/table.ts";

/** Units of one treatment date with their change and what is matched on. */
export interface MatchUnits {
  readonly names: readonly string[];
  /** 1 treated, 0 control. */
  readonly treated: Float64Array;
  /** Mean outcome after less mean outcome before. */
  readonly change: Float64Array;
  readonly covariates: readonly { readonly name: string; readonly values: Float64Array }[];
  /** Units without a change or a covariate. */
  readonly left: number;
  /** Rows of the table with an outcome. */
  readonly rows: number;
}

const FEWEST = 2;

/**
 * One row per unit: the change of its outcome and the mean of every covariate over its rows before the treatment.
 *
 * Assumes: what happens to a covariate after the treatment may be its work, so it does not count. Time grows with the rows.
 */
export function matchUnits({ data, unit }: RegressionTable, design: OneDate): Outcome<MatchUnits> {
  const count = unit?.count ?? 0;
  const names = new Array<string>(count).fill("");
  unit?.levels.forEach((u, i) => {
    names[u] = data.unit?.[i] ?? "";
  });
  const means = data.covariates.map(({ name, values }) => {
    const totals = new Float64Array(count);
    const rows = new Float64Array(count);
    unit?.levels.forEach((u, i) => {
      const value = values[i] ?? Number.NaN;
      if (design.postRow[i] === 1 || Number.isNaN(value)) return;
      totals[u] = (totals[u] ?? 0) + value;
      rows[u] = (rows[u] ?? 0) + 1;
    });
    return { name, values: totals.map((total, u) => total / (rows[u] ?? 0)) };
  });
  const isKnown = (u: number): boolean =>
    !Number.isNaN(design.changeOf[u] ?? Number.NaN) &&
    means.every(({ values }) => !Number.isNaN(values[u] ?? Number.NaN));
  // by name, so that the order of rows decides nothing
  const kept = names
    .map((name, u) => ({ name, u }))
    .filter(({ u }) => isKnown(u))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ u }) => u);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (u) => values[u] ?? Number.NaN);
  const treated = Float64Array.from(kept, (u) => Number(design.treated[u] ?? false));
  const enough = checkCounts(treated);
  if (!enough.ok) return enough;
  return answer({
    names: kept.map((u) => names[u] ?? ""),
    treated,
    change: pick(design.changeOf),
    covariates: means.map(({ name, values }) => ({ name, values: pick(values) })),
    left: count - kept.length,
    rows: data.outcome.reduce((total, value) => total + Number(!Number.isNaN(value)), 0),
  });
}

function checkCounts(treated: Float64Array): Outcome<null> {
  const count = treated.reduce((total, one) => total + one, 0);
  const counts = { treated: count, control: treated.length - count };
  const few = Object.entries(counts).find(([, units]) => units < FEWEST);
  if (few === undefined) return answer(null);
  return refuse(
    "TOO_FEW_UNITS",
    `There are ${few[1]} ${few[0]} units with a change and every covariate; matching needs at least ${FEWEST} of each.`,
    "Give more units, or use an estimator for few treated units.",
    counts,
  );
}
