import { variance } from "../linalg/kernels.ts";
import type { Effect } from "./effect.ts";
import { fiellerSet, hullOf } from "./fieller.ts";

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
 * Formula: itt / (a - b), a and b the groups' mean shares. Interval by Fieller with V(a - b) = s_a^2/n_a + s_b^2/n_b (a
 * group of one unit counts as known) and the effect's own critical value, so that it excludes 0 exactly when the effect's
 * interval does; an effect without a standard error (exact counts, permutation) has its interval divided by a - b.
 * Assumes: the assignment acts through the exposure only; errors of effect and exposure are unrelated.
 * Source: Angrist, Imbens and Rubin 1996; Fieller 1954.
 */
export function perExposed(
  effect: Effect,
  treated: readonly number[],
  control: readonly number[],
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

function meanOf(shares: readonly number[]): number {
  return shares.length === 0 ? 0 : shares.reduce((total, share) => total + share, 0) / shares.length;
}

function errorOf(shares: readonly number[]): number {
  return shares.length < 2 ? 0 : variance(Float64Array.from(shares)) / shares.length;
}

function finite(end: number): number | null {
  return Number.isFinite(end) ? end : null;
}
