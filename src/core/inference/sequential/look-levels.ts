import type { Spending } from "./group-sequential.ts";
import { spendingBoundary } from "./group-sequential.ts";

/** How the error is spent over the post window: docs/method.md section 7 has the figures behind the choice. */
export const SPENDING: Spending = { power: 2 };

/** What one of several planned looks may claim. */
export interface LookLevel {
  /** Two-sided: the interval of this look has the level 1 - alpha. */
  readonly alpha: number;
  /** Two-sided, of this look and all before it together. */
  readonly alphaSpent: number;
}

/**
 * Levels of looks at ascending shares of the post window (the last one 1) whose intervals all hold together with
 * probability 1 - alpha: repeated confidence intervals, so that any rule may stop the looks.
 *
 * Formula: per side alpha/2 is spent as `SPENDING` says; level k is twice the nominal one-sided p-value of its boundary.
 * Assumes: between two looks the estimate moves as the mean of a process with independent increments does. Noise that
 * both looks share (the pre window, lasting differences of units, persistence) only makes the looks more alike.
 * Source: Lan and DeMets 1983, Biometrika 70; Jennison and Turnbull 1989, Journal of the Royal Statistical Society B 51.
 */
export function lookLevels(shares: readonly number[], alpha: number): readonly LookLevel[] {
  if (shares.length === 1) return [{ alpha, alphaSpent: alpha }];
  const boundary = spendingBoundary(SPENDING, shares, alpha / 2);
  if (!boundary.ok) throw new RangeError(boundary.refusal.message);
  return boundary.value.map(({ nominalP, cumulativeAlpha }) => ({
    alpha: 2 * nominalP,
    alphaSpent: 2 * cumulativeAlpha,
  }));
}
