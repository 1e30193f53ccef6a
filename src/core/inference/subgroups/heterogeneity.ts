import { fSf } from "../../probability/f.ts";
import { marginalFit, type SubgroupEffect } from "./one-factor.ts";

export interface HeterogeneityTest {
  /** Cochran's Q. */
  readonly q: number;
  /** Q per degree of freedom, corrected for estimated errors; compared with F. */
  readonly statistic: number;
  readonly dof: number;
  /** Infinity: the errors are taken as known. */
  readonly dofDenominator: number;
  readonly pValue: number;
  /** Share of the spread of the estimates that is not error, 0 to 1. */
  readonly iSquared: number;
}

/**
 * Do the true effects differ between subgroups?
 *
 * Formula: Q = sum w_i (d_i - dbar)^2 with w_i = 1/se_i^2; F = Q / (k - 1) / (1 + 2 (k - 2)/(k^2 - 1) L) on k - 1 and
 * (k^2 - 1)/(3 L) degrees of freedom, L = sum (1 - w_i/W)^2 / dof_i; I^2 = 1 - 1/F, at least 0. With correlated errors Q
 * is the generalised least squares one. A plain chi-square for Q takes the errors as known and alarms too often.
 * Assumes: normal effects. Source: Cochran 1954; Welch 1951; Higgins and Thompson 2002 (I^2).
 */
export function heterogeneityTest(effects: readonly SubgroupEffect[], correlation: number): HeterogeneityTest {
  const k = effects.length;
  const variances = Float64Array.from(effects, ({ stdError }) => stdError ** 2);
  const estimates = Float64Array.from(effects, ({ estimate }) => estimate);
  const { q } = marginalFit({ estimates, variances, correlation }, 0);
  const total = variances.reduce((sum, v) => sum + 1 / v, 0);
  const looseness = effects.reduce((sum, { stdError, dof }) => sum + (1 - 1 / stdError ** 2 / total) ** 2 / dof, 0);
  const statistic = q / (k - 1) / (1 + ((2 * (k - 2)) / (k ** 2 - 1)) * looseness);
  const dofDenominator = looseness > 0 ? (k ** 2 - 1) / (3 * looseness) : Number.POSITIVE_INFINITY;
  return {
    q,
    statistic,
    dof: k - 1,
    dofDenominator,
    pValue: fSf(statistic, k - 1, dofDenominator),
    iSquared: Math.max(0, 1 - 1 / statistic),
  };
}
