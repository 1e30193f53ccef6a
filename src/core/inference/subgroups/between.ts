import { chiSquareQuantile } from "../../probability/chi-square.ts";
import { findRoot } from "../../probability/root.ts";
import { marginalFit, type SubgroupErrors } from "./one-factor.ts";

/** Variance between subgroups, by two estimators and with an interval. */
export interface BetweenVariance {
  readonly reml: number;
  readonly pauleMandel: number;
  /** Q-profile interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * Variance of the true effects between subgroups (tau^2).
 *
 * Formula: REML maximises the restricted likelihood; Paule-Mandel solves Q(tau^2) = k - 1; the interval solves
 * Q(tau^2) = chi-square quantiles with k - 1 degrees of freedom (0 where Q(0) is already below).
 * Units: square of the estimates.
 * Source: Paule and Mandel 1982; Viechtbauer 2005 (REML), 2007 (Q-profile interval).
 */
export function betweenVariance(errors: SubgroupErrors, alpha: number): BetweenVariance {
  const dof = errors.estimates.length - 1;
  return {
    reml: restrictedMaximum(errors),
    pauleMandel: whereQ(errors, dof),
    low: whereQ(errors, chiSquareQuantile(1 - alpha / 2, dof)),
    high: whereQ(errors, chiSquareQuantile(alpha / 2, dof)),
  };
}

/** tau^2 at which Q falls to `target`; 0 when it is below from the start. */
function whereQ(errors: SubgroupErrors, target: number): number {
  const above = (tauSquared: number): number => target - marginalFit(errors, tauSquared).q;
  if (above(0) >= 0) return 0;
  let high = typicalVariance(errors);
  while (above(high) < 0) high *= 4;
  return findRoot(above, 0, high);
}

/** Harmonic mean of the variances: how much a subgroup says. */
export function typicalVariance({ variances }: SubgroupErrors): number {
  return variances.length / variances.reduce((sum, v) => sum + 1 / v, 0);
}

const GRID = 64;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The restricted likelihood may have several maxima: the best point of a grid, refined by golden section. */
function restrictedMaximum(errors: SubgroupErrors): number {
  const scale = typicalVariance(errors) + marginalSpread(errors);
  // share of tau^2 in tau^2 + scale, so that the whole half-line is on the grid
  const tauOf = (share: number): number => (scale * share) / (1 - share);
  const value = (share: number): number => marginalFit(errors, tauOf(share)).logRestricted;
  let best = 0;
  let top = value(0);
  for (let i = 1; i < GRID; i++) {
    const here = value(i / GRID);
    if (here > top) {
      top = here;
      best = i;
    }
  }
  let [low, high] = [Math.max(0, best - 1) / GRID, Math.min(GRID - 1e-9, best + 1) / GRID];
  for (let i = 0; i < 60; i++) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (value(left) > value(right)) high = right;
    else low = left;
  }
  const middle = (low + high) / 2;
  return value(0) >= value(middle) ? 0 : tauOf(middle);
}

function marginalSpread({ estimates }: SubgroupErrors): number {
  const mean = estimates.reduce((sum, value) => sum + value, 0) / estimates.length;
  return estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (estimates.length - 1);
}
