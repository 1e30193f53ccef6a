import type { Effect } from "./effect.ts";
import { fiellerSet, hullOf } from "./fieller.ts";

/** How much of a unit was exposed, and how much of the effect comes from it (1 where units count alike). */
export interface Exposed {
  readonly share: number;
  readonly weight: number;
}

export interface PerExposed {
  readonly effect: number;
  /** null: unbounded, or the effect itself has no interval. */
  readonly low: number | null;
  readonly high: number | null;
  /** `fieller`: the doubt about the exposure is part of it; `scaled`: the effect's interval over a known difference. */
  readonly method: "fieller" | "scaled";
}

/**
 * Effect per exposed from the effect of the assignment and the exposure of every unit.
 *
 * Formula: itt / (a - b), a and b the groups' mean shares. Interval by Fieller with V(a - b) = s_a^2/n_a + s_b^2/n_b (of
 * weighted means their linearised error; a group of one unit counts as known) and the effect's own critical value, so that it excludes 0 exactly when the effect's
 * interval does; an effect without a standard error (exact counts, permutation) has its interval divided by a - b.
 * Assumes: the assignment acts through the exposure only; errors of effect and exposure are unrelated.
 * Source: Angrist, Imbens and Rubin 1996; Fieller 1954.
 */
export function perExposed(
  effect: Effect,
  treated: readonly Exposed[],
  control: readonly Exposed[],
  alpha: number,
): PerExposed {
  const difference = meanOf(treated) - meanOf(control);
  const interval = effect.interval(alpha);
  const ratio = effect.att / difference;
  if (interval === null) return { effect: ratio, low: null, high: null, method: "scaled" };
  if (effect.stdError === null || !(effect.stdError > 0)) {
    const ends = [interval.low / difference, interval.high / difference] as const;
    return { effect: ratio, low: finite(Math.min(...ends)), high: finite(Math.max(...ends)), method: "scaled" };
  }
  const set = fiellerSet(
    {
      numerator: effect.att,
      denominator: difference,
      numeratorVariance: effect.stdError ** 2,
      denominatorVariance: errorOf(treated) + errorOf(control),
      covariance: 0,
    },
    (interval.high - interval.low) / (2 * effect.stdError),
  );
  const { low, high } = hullOf(set);
  return { effect: ratio, low: finite(low), high: finite(high), method: "fieller" };
}

/** NaN without units, or without any weight. */
export function meanExposure(units: readonly Exposed[]): number {
  const total = units.reduce((sum, { weight }) => sum + weight, 0);
  return units.reduce((sum, { share, weight }) => sum + weight * share, 0) / total;
}

function meanOf(units: readonly Exposed[]): number {
  return units.length === 0 ? 0 : meanExposure(units);
}

/** Variance of a weighted mean; with equal weights s^2/n. */
function errorOf(units: readonly Exposed[]): number {
  const n = units.length;
  if (n < 2) return 0;
  const mean = meanExposure(units);
  const total = units.reduce((sum, { weight }) => sum + weight, 0);
  const squares = units.reduce((sum, { share, weight }) => sum + ((weight / total) * (share - mean)) ** 2, 0);
  return (squares * n) / (n - 1);
}

function finite(end: number): number | null {
  return Number.isFinite(end) ? end : null;
}
