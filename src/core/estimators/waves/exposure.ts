import { asControl, type Stretch } from "./schedule.ts";

/**
 * How strongly a contrast feels lasting level shifts after the first wave, compared with how strongly it feels noise.
 *
 * Formula: for the weights v_t of one unit (pre steps weigh -sum v / preEnd), A = sum_t v_t^2, which noise without memory would
 * multiply, and B = sum over s >= preEnd of (sum over t >= s of v_t)^2, which a level shift at a random step s would;
 * h = sum over units B / sum over units A. Units: steps^2.
 * Assumes: shifts come at any step alike, and are larger where the noise is. Source: docs/designs/staggered.md.
 */
export function shiftExposure(
  stretches: readonly Stretch[],
  weights: ReadonlyMap<number, number>,
  preEnd: number,
): number {
  const units = new Map<number, Slice[]>();
  const add = (unit: number, slice: Slice): void => {
    units.set(unit, [...(units.get(unit) ?? []), slice]);
  };
  const total = stretches.reduce((sum, { mass }) => sum + mass, 0);
  for (const { units: treated, controls, from, to, mass } of stretches) {
    const share = mass / total;
    for (const unit of treated) add(unit, { from, to, share: share / treated.length });
    const together = controls.reduce((sum, unit) => sum + (weights.get(unit) ?? 1), 0);
    for (const unit of controls) add(unit, { from, to, share: (-share * (weights.get(unit) ?? 1)) / together });
  }
  let [noise, shift] = [0, 0];
  for (const slices of units.values()) {
    const parts = felt(slices, preEnd);
    noise += parts.noise;
    shift += parts.shift;
  }
  return shift / noise;
}

/** The same for the change of one control over the stretches in which it is one. */
export function controlExposure(stretches: readonly Stretch[], unit: number, preEnd: number): number {
  const { noise, shift } = felt(
    asControl(stretches, unit).map(({ from, to, mass }) => ({ from, to, share: mass })),
    preEnd,
  );
  return shift / noise;
}

interface Slice {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Slices of one unit, in the order of time. */
function felt(slices: readonly Slice[], preEnd: number): { noise: number; shift: number } {
  const total = slices.reduce((sum, { share }) => sum + share, 0);
  let noise = total ** 2 / preEnd;
  let shift = 0;
  let rest = total;
  let at = preEnd;
  for (const { from, to, share } of slices) {
    const length = to - from;
    noise += share ** 2 / length;
    // The tail is constant until the slice begins, then falls evenly: sum of squares of a line.
    const after = rest - share;
    shift += (from - at) * rest ** 2 + (length * (rest ** 2 + rest * after + after ** 2)) / 3;
    rest = after;
    at = to;
  }
  return { noise, shift };
}
