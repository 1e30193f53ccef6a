import type { Outcome } from "../outcome.ts";
import { answer } from "../outcome.ts";
import { chiSquareSf } from "../probability/chi-square.ts";
import type { Grouping } from "../regression/effects.ts";
import { poissonRegression } from "../regression/poisson.ts";

/** How much more counts scatter than independent events would. */
export interface CountDispersion {
  /** Pearson's statistic over its degrees of freedom; 1 for Poisson counts. */
  readonly phi: number;
  readonly dof: number;
  /** Of phi <= 1, against more scatter. */
  readonly pValue: number;
}

/**
 * Dispersion of counts around a Poisson model with effects.
 *
 * Formula: phi = sum (y - m)^2 / m / (n - parameters), m by Poisson regression on the effects; p from a chi-square scaled to the
 * statistic's variance sum (2 + 1 / m), so that sparse counts do not look overdispersed.
 * Assumes: null where nothing is left to judge from. Time as poissonRegression.
 * Source: McCullagh and Nelder 1989, section 6.2; variance of Pearson's statistic: Haldane 1937.
 */
export function countDispersion(
  counts: Float64Array,
  exposure: Float64Array,
  effects: readonly Grouping[],
): Outcome<CountDispersion | null> {
  const fitted = poissonRegression({
    outcome: counts,
    columns: [],
    effects,
    offset: exposure.map((value) => (value > 0 ? Math.log(value) : Number.NaN)),
    weights: null,
  });
  if (!fitted.ok) return fitted.refusal.code === "NO_VARIATION" ? answer(null) : fitted;
  const { linear, means, pearson } = fitted.value;
  const dof = linear.n - linear.parameters;
  if (dof < 1) return answer(null);
  let spread = 0;
  for (const mean of means) spread += 2 + 1 / mean;
  const variance = (spread * dof) / linear.n;
  const scale = variance / (2 * dof);
  return answer({ phi: pearson / dof, dof, pValue: chiSquareSf(pearson / scale, dof / scale) });
}
