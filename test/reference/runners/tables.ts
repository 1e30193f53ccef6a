import type { Coefficient } from "../../../src/core/inference/coefficients.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import type { Actual } from "./compare.ts";

/** A reference case is estimable by construction: a refusal is a failure of the test. */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

/** A coefficient in the words of the reference files. */
export function referenceRow(row: Coefficient): { readonly [key: string]: Actual } {
  return {
    term: row.term,
    estimate: row.estimate,
    se: row.stdError,
    t: row.statistic,
    df: row.dof,
    p: row.pValue,
    ci_low: row.confLow,
    ci_high: row.confHigh,
  };
}
