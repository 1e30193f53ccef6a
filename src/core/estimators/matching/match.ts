import { type MatchSpace, type Neighbour, nearest, type SearchOptions, squared } from "./neighbours.ts";

/** Who stands for whom. */
export interface Matching {
  /** Treated units with a match, and theirs in the same order. */
  readonly treated: readonly number[];
  readonly matches: readonly (readonly Neighbour[])[];
  /** Treated units without a match within the caliper. */
  readonly unmatched: readonly number[];
}

export interface MatchOptions extends SearchOptions {
  readonly replace: boolean;
}

/**
 * Matches controls to treated units.
 *
 * Formula: with replacement each treated unit takes its nearest controls, ties with the last one included. Without, treated
 * units choose in turn, farthest from the controls' middle first, each its nearest free controls, ties by name.
 * Assumes: units are ordered by name, so that the answer does not depend on the order of rows. Time treated x controls x
 * coordinates, memory n.
 * Source: Abadie and Imbens 2006, Econometrica 74; Rosenbaum and Rubin 1985 (greedy matching without replacement).
 */
export function matchControls(space: MatchSpace, treatment: Float64Array, options: MatchOptions): Matching {
  const treated: number[] = [];
  const controls: number[] = [];
  treatment.forEach((d, i) => {
    (d === 1 ? treated : controls).push(i);
  });
  const found = options.replace
    ? treated.map((unit) => nearest(space, unit, controls, options))
    : inTurn(space, treated, controls, options);
  const isMatched = (k: number): boolean => (found[k]?.length ?? 0) > 0;
  return {
    treated: treated.filter((_, k) => isMatched(k)),
    matches: found.filter((_, k) => isMatched(k)),
    unmatched: treated.filter((_, k) => !isMatched(k)),
  };
}

function inTurn(
  space: MatchSpace,
  treated: readonly number[],
  controls: readonly number[],
  options: MatchOptions,
): readonly (readonly Neighbour[])[] {
  const middle = Float64Array.from(space.points[0] ?? [], (_, k) => {
    return controls.reduce((total, unit) => total + (space.points[unit]?.[k] ?? 0), 0) / controls.length;
  });
  const far = treated.map((unit) => squared(space.points[unit] ?? middle, middle));
  const order = treated.map((_, k) => k).sort((a, b) => (far[b] ?? 0) - (far[a] ?? 0) || a - b);
  const result: (readonly Neighbour[])[] = treated.map(() => []);
  const free = new Set(controls);
  for (const k of order) {
    const near = nearest(space, treated[k] ?? 0, [...free], options).slice(0, options.neighbours);
    if (near.length < options.neighbours) continue;
    result[k] = near.map(({ unit }) => ({ unit, weight: 1 / near.length }));
    for (const { unit } of near) free.delete(unit);
  }
  return result;
}

/** How much every unit stands for others: sum of its weights (K) and of their squares. */
export function usage(
  count: number,
  { matches }: Matching,
): { readonly sums: Float64Array; readonly squares: Float64Array } {
  const sums = new Float64Array(count);
  const squares = new Float64Array(count);
  for (const near of matches) {
    for (const { unit, weight } of near) {
      sums[unit] = (sums[unit] ?? 0) + weight;
      squares[unit] = (squares[unit] ?? 0) + weight * weight;
    }
  }
  return { sums, squares };
}
