import type { DrawStatistics } from "./draw-statistics.ts";

/** Statistics that differ by less than this share are ties. */
export const TIE = 1e-9;
/** A variance below this share of the sum of squared scores is rounding. */
export const NO_VARIANCE = 1e-20;

/** Sum of squared scores of a bootstrap sample as a polynomial in delta: the yardstick for its variance. */
export type Polynomial = readonly [number, number, number];

/** A bootstrap of one coefficient, for every null. */
export interface Sample {
  readonly estimate: number;
  readonly stdError: number;
  /** Of the sum of squared scores in a variance. */
  readonly factor: number;
  readonly statistics: DrawStatistics;
  readonly scale: Polynomial;
  readonly exact: boolean;
}

/**
 * `pValue` or `pStrict` of the restricted test, without roots and tails, for an inversion that asks for hundreds of nulls.
 *
 * A draw is not looked at where the null is so far from the estimate that its statistic is certainly the smaller one: the
 * answer is the same as with all draws.
 */
export function shareBeyond(sample: Sample, rule: "with-ties" | "strict"): (nullEffect: number) => number {
  const { statistics, factor, scale, stdError, estimate, exact } = sample;
  const { base, shift, q0, q1, q2, count } = statistics;
  const perDelta = (rule === "strict" ? 1 + TIE : 1 - TIE) / stdError;
  const reach = reaches(sample, perDelta);
  const near = new Int32Array(count);
  // `near` lists the draws that matter from this distance on, and is made again where it is too short or needlessly long
  let from = Number.POSITIVE_INFINITY;
  let size = 0;
  const list = (distance: number): void => {
    if (distance >= from && distance < STEP * STEP * from) return;
    from = distance / STEP;
    size = 0;
    for (let draw = 0; draw < count; draw++) {
      if ((reach[draw] as number) <= from) continue;
      near[size] = draw;
      size++;
    }
  };
  return (nullEffect) => {
    const delta = estimate - nullEffect;
    list(Math.abs(delta));
    const limit = (delta * perDelta) ** 2 * factor;
    const rounding = NO_VARIANCE * (scale[0] + delta * (scale[1] + delta * scale[2]));
    let valid = count - size;
    let beyond = 0;
    for (let i = 0; i < size; i++) {
      const draw = near[i] as number;
      const square = (q0[draw] as number) + delta * ((q1[draw] as number) + delta * (q2[draw] as number));
      if (!(square > rounding)) continue;
      valid++;
      const effect = (base[draw] as number) + delta * (shift[draw] as number);
      if (rule === "strict" ? effect * effect > limit * square : effect * effect >= limit * square) beyond++;
    }
    return rule === "strict" || exact ? beyond / valid : (beyond + 1) / (valid + 1);
  };
}

/** How much nearer than the last null the next ones may lie before the list of draws is made again. */
const STEP = 1.25;
/** Beside what is compared, so that rounding decides nothing. */
const MARGIN = 1 + 1e-6;

/**
 * Per draw, |delta| above which it has a variance and |t*| < |t| for certain; infinite where there is none.
 *
 * Formula: with m = -q1 / (2 q2) the variance is at least q2 (|delta| - |m|)^2, and |base + delta shift| at most |base| +
 * |delta| |shift|: a quadratic inequality in |delta|.
 */
function reaches({ statistics, factor, scale }: Sample, perDelta: number): Float64Array {
  const { base, shift, q1, q2, count } = statistics;
  const slope = perDelta * Math.sqrt(factor);
  // far above the roots of NO_VARIANCE times the terms of the scale, which is at most (root0 + root2 |delta|)^2
  const [root0, root2] = [scale[0], scale[2]].map((value) => 1e-6 * Math.sqrt(value)) as [number, number];
  return Float64Array.from({ length: count }, (_, draw) => {
    const root = Math.sqrt(q2[draw] as number);
    const middle = Math.abs((q1[draw] as number) / (2 * (q2[draw] as number)));
    const a = slope * root;
    const b = a * middle + Math.abs(shift[draw] as number);
    const smaller = (b + Math.sqrt(b * b + 4 * a * Math.abs(base[draw] as number))) / (2 * a);
    // twice the middle: further out the terms of the variance do not cancel
    const certain = Math.max(smaller, 2 * middle, (root * middle + root0) / (root - root2));
    return root > root2 && certain < Number.POSITIVE_INFINITY ? MARGIN * certain : Number.POSITIVE_INFINITY;
  });
}
