import { notRun, result } from "../../../checks/check.ts";
import { historyP, runningSums, windowChange } from "../../../checks/spillover.ts";
import type { DonorFit } from "../../../estimators/donors/donors.ts";
import { type Comparison, compare } from "../../../estimators/donors/fit.ts";
import { studentTTwoSided } from "../../../probability/student-t.ts";
import type { CheckResult } from "../../../result.ts";
import { weightedDonors } from "../weights.ts";

const ID = "spillover";
const MOST_DONORS = 20;
/** A donor that moved as much by its own forecast is named. */
const SUSPECT = 0.02;

interface Moved {
  readonly unit: string;
  readonly z: number;
  readonly pValue: number;
  readonly comparison: Comparison;
  readonly hasWeight: boolean;
}

/**
 * Did a donor with weight break at the deploy time, relative to a mix of the other donors and to its own held-out past?
 *
 * Statistic: S = max |z_j| over the donors with weight (donors without cannot carry anything into the effect), z_j the
 * donor's effect as a placebo over its own error. pValue: the larger of two, as for `did`: Student t times the number of
 * donors tested, and the rank of S among the same maximum over earlier windows of the post length, extrapolated with a
 * Pareto tail of index 1. A period in which most donors moved is phi's business and cannot fail this check.
 * Source: docs/designs/synthetic.md and docs/method.md section 4.
 */
export function donorSpillover(fit: DonorFit): CheckResult {
  const compared = movements(fit);
  const moved = compared.filter(({ hasWeight }) => hasWeight);
  const worst = moved[0];
  if (worst === undefined) return notRun(ID, "no donor with weight has a forecast", { units: [] });
  const isSuspect = ({ pValue }: Moved): boolean => pValue * moved.length < SUSPECT;
  const suspects = moved.filter(isSuspect);
  const isMinority = compared.filter(isSuspect).length <= compared.length / 2;
  const observed = Math.abs(worst.z);
  const byForecast = Math.min(1, worst.pValue * moved.length);
  const pValue = isMinority ? Math.max(byForecast, historyP(observed, earlierMaxima(fit, moved))) : 1;
  const facts = {
    units: suspects.slice(0, 5).map(({ unit }) => unit),
    worstUnit: worst.unit,
    worstZ: worst.z,
    moved: suspects.length,
    controls: moved.length,
  };
  return result(ID, true, { required: true, statistic: observed, pValue }, facts);
}

/** The placebo donors and the donors with weight by |z|, largest first; those that were no placebo are compared now. */
function movements(fit: DonorFit): Moved[] {
  const { table, spaces, main, zeta, zetaLambda, placebos } = fit;
  const known = new Map(placebos.map(({ comparison }) => [comparison.target, comparison]));
  const weighted = new Set(weightedDonors(fit, MOST_DONORS).map((j) => 1 + j));
  return [...new Set([...known.keys(), ...weighted])]
    .flatMap((target) => {
      const donors = main.donors.filter((other) => other !== target);
      const comparison =
        known.get(target) ?? compare({ table, spaces, target, donors, zeta, zetaLambda, lambda: main.lambda });
      if (comparison.time === null) return [];
      const z = comparison.effect / Math.sqrt(comparison.time.variance);
      const unit = table.panel.units[table.donors[target - 1] as number] as string;
      const pValue = studentTTwoSided(z, comparison.time.dof);
      return [{ unit, z, pValue, comparison, hasWeight: weighted.has(target) }];
    })
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z));
}

/** max_j |change|/error_j over each earlier window of the post length, side by side, each against the rest of the past. */
function earlierMaxima({ table }: DonorFit, moved: readonly Moved[]): number[] {
  const { preEnd, postStart, end } = table.window;
  const length = end - postStart;
  const series = moved.map(({ comparison }) => ({
    sums: runningSums(comparison.heldOut, preEnd),
    error: Math.sqrt(comparison.time?.variance ?? Number.NaN),
  }));
  const maxima: number[] = [];
  for (let to = preEnd; to - length >= 0; to -= length) {
    const sizes = series.map(({ sums, error }) => Math.abs(windowChange(sums, to - length, to)) / error);
    maxima.push(Math.max(0, ...sizes.filter(Number.isFinite)));
  }
  return maxima;
}
