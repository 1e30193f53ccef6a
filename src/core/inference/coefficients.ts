import { studentTQuantile, studentTTwoSided } from "../probability/student-t.ts";
import type { LinearFit } from "../regression/ols.ts";
import type { Variance } from "../vcov/variance.ts";

/** One line of a coefficient table; broom's words in camelCase. */
export interface Coefficient {
  readonly term: string;
  readonly estimate: number;
  readonly stdError: number;
  readonly statistic: number;
  readonly dof: number;
  /** Two-sided. */
  readonly pValue: number;
  readonly confLow: number;
  readonly confHigh: number;
}

/** Student t test and interval (Infinity as dof: normal) of one estimate. */
export function studentInference(
  term: string,
  estimate: number,
  stdError: number,
  options: { readonly dof: number; readonly alpha: number },
): Coefficient {
  const statistic = estimate / stdError;
  const reach = -studentTQuantile(options.alpha / 2, options.dof) * stdError;
  return {
    term,
    estimate,
    stdError,
    statistic,
    dof: options.dof,
    pValue: studentTTwoSided(statistic, options.dof),
    confLow: estimate - reach,
    confHigh: estimate + reach,
  };
}

/** The coefficient table of a fit; `dof` overrides the variance's own. */
export function coefficientTable(fit: LinearFit, variance: Variance, alpha: number, dof?: number): Coefficient[] {
  return fit.terms.map((term, j) =>
    studentInference(term, fit.coefficients[j] ?? Number.NaN, Math.sqrt(variance.matrix.get(j, j)), {
      dof: dof ?? variance.dof[j] ?? Number.NaN,
      alpha,
    }),
  );
}
