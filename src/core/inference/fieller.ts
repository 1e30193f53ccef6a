/** Two estimates with a joint error, of which the ratio is asked for. */
export interface RatioMoments {
  readonly numerator: number;
  readonly denominator: number;
  readonly numeratorVariance: number;
  readonly denominatorVariance: number;
  readonly covariance: number;
}

/** The ratios that a test does not reject. `rays`: everything up to `low` and from `high` on; `line`: every number. */
export type RatioSet =
  | { readonly shape: "interval"; readonly low: number; readonly high: number }
  | { readonly shape: "ray"; readonly low: number; readonly high: number }
  | { readonly shape: "rays"; readonly low: number; readonly high: number }
  | { readonly shape: "line" };

/**
 * Every ratio r for which |numerator - r denominator| is within `critical` standard errors of zero.
 *
 * Formula: A r^2 - 2 H r + C <= 0 with A = d^2 - c^2 V_d, H = n d - c^2 V_nd, C = n^2 - c^2 V_n. Bounded exactly when the
 * denominator differs from zero at the same level. Contains 0 exactly when the numerator's own interval does.
 * Source: Fieller 1954; Anderson and Rubin 1949 (the same set for one instrument).
 */
export function fiellerSet(moments: RatioMoments, critical: number): RatioSet {
  const { numerator, denominator, numeratorVariance, denominatorVariance, covariance } = moments;
  const square = critical * critical;
  const A = denominator ** 2 - square * denominatorVariance;
  const H = numerator * denominator - square * covariance;
  const C = numerator ** 2 - square * numeratorVariance;
  if (A === 0) {
    if (H === 0) return { shape: "line" };
    const end = C / (2 * H);
    return H > 0
      ? { shape: "ray", low: end, high: Number.POSITIVE_INFINITY }
      : { shape: "ray", low: Number.NEGATIVE_INFINITY, high: end };
  }
  const discriminant = H * H - A * C;
  if (A < 0 && !(discriminant > 0)) return { shape: "line" };
  // the estimate itself is always inside, so that a negative discriminant of a bounded set is rounding
  const [low, high] = roots(A, H, C, Math.sqrt(Math.max(0, discriminant)));
  return { shape: A > 0 ? "interval" : "rays", low, high };
}

/** Roots of A r^2 - 2 H r + C in ascending order, without cancellation. */
function roots(A: number, H: number, C: number, root: number): readonly [number, number] {
  const far = H >= 0 ? H + root : H - root;
  const first = far / A;
  const second = far === 0 ? 0 : C / far;
  return first <= second ? [first, second] : [second, first];
}

/** Ends of the smallest interval that holds the set; infinite where it is unbounded. */
export function hullOf(set: RatioSet): { readonly low: number; readonly high: number } {
  if (set.shape === "interval" || set.shape === "ray") return { low: set.low, high: set.high };
  return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
}

/**
 * Standard error of the ratio by the delta method.
 *
 * Formula: sqrt(V_n - 2 r V_nd + r^2 V_d) / |d|.
 */
export function ratioError(moments: RatioMoments): number {
  const { numerator, denominator, numeratorVariance, denominatorVariance, covariance } = moments;
  const ratio = numerator / denominator;
  const variance = numeratorVariance - 2 * ratio * covariance + ratio ** 2 * denominatorVariance;
  return Math.sqrt(Math.max(0, variance)) / Math.abs(denominator);
}
