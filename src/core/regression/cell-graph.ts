import { type Grouping, rowsByLevel } from "./effects.ts";
import { levelWeights } from "./two-way.ts";

/** The table of cells of two groupings, by level of the larger one: all that a step of a solver has to read. */
export interface CellGraph {
  /** Where each large level starts in `small`. */
  readonly offsets: Int32Array;
  /** Small level of every row, ordered by large level. */
  readonly small: Int32Array;
  /** Weights in the same order; null: all 1. */
  readonly weights: Float64Array | null;
  readonly inverseLarge: Float64Array;
  readonly totalsSmall: Float64Array;
}

/** Memory: nothing beyond the levels when the rows of each large level follow each other, else four bytes per row. */
export function cellGraph(large: Grouping, small: Grouping, weights: Float64Array | null): CellGraph {
  const inverseLarge = levelWeights(large, weights);
  for (let u = 0; u < inverseLarge.length; u++)
    inverseLarge[u] = (inverseLarge[u] ?? 0) > 0 ? 1 / (inverseLarge[u] ?? 1) : 0;
  const shared = { inverseLarge, totalsSmall: levelWeights(small, weights) };
  const runs = runsOf(large);
  if (runs !== null) return { ...shared, offsets: runs, small: small.levels, weights };
  const { offsets, rows } = rowsByLevel(large);
  const sorted = rows;
  const sortedWeights = weights === null ? null : new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (sortedWeights !== null) sortedWeights[i] = weights?.[row] ?? 0;
    sorted[i] = small.levels[row] ?? 0;
  }
  return { ...shared, offsets, small: sorted, weights: sortedWeights };
}

/** Offsets of levels that stand in order, each in one run; null when they do not. */
function runsOf({ levels, count }: Grouping): Int32Array | null {
  const offsets = new Int32Array(count + 1);
  let current = -1;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] as number;
    if (level === current) continue;
    if (level !== current + 1) return null;
    current = level;
    offsets[level] = i;
  }
  offsets[count] = levels.length;
  return current === count - 1 ? offsets : null;
}

/** image = (D_small - N' D_large^-1 N) b. */
export function schurProduct(graph: CellGraph, b: Float64Array, image: Float64Array): void {
  const { offsets, small, weights, inverseLarge, totalsSmall } = graph;
  for (let j = 0; j < b.length; j++) image[j] = (totalsSmall[j] ?? 0) * (b[j] ?? 0);
  for (let u = 0; u < inverseLarge.length; u++) {
    const from = offsets[u] as number;
    const to = offsets[u + 1] as number;
    let mean = 0;
    if (weights === null) for (let i = from; i < to; i++) mean += b[small[i] as number] as number;
    else for (let i = from; i < to; i++) mean += (weights[i] as number) * (b[small[i] as number] as number);
    mean *= inverseLarge[u] as number;
    subtractCells(graph, mean, image, from, to);
  }
}

/** target[small level] -= weight value, for the rows of one large level. */
function subtractCells(
  { small, weights }: CellGraph,
  value: number,
  target: Float64Array,
  from: number,
  to: number,
): void {
  if (weights === null) {
    for (let i = from; i < to; i++) {
      const j = small[i] as number;
      target[j] = (target[j] as number) - value;
    }
    return;
  }
  for (let i = from; i < to; i++) {
    const j = small[i] as number;
    target[j] = (target[j] as number) - (weights[i] as number) * value;
  }
}

/** rest = sumsSmall - N' D_large^-1 sumsLarge: the right side once the large set is eliminated. */
export function eliminateLarge(
  graph: CellGraph,
  sums: { readonly large: Float64Array; readonly small: Float64Array },
  rest: Float64Array,
): void {
  const { offsets, inverseLarge } = graph;
  rest.set(sums.small);
  for (let u = 0; u < inverseLarge.length; u++) {
    const value = (sums.large[u] as number) * (inverseLarge[u] as number);
    subtractCells(graph, value, rest, offsets[u] as number, offsets[u + 1] as number);
  }
}

/** large = D_large^-1 (sumsLarge - N small): the large effects that belong to the small ones. */
export function largeEffects(graph: CellGraph, sums: Float64Array, small: Float64Array, large: Float64Array): void {
  const { offsets, small: cells, weights, inverseLarge } = graph;
  for (let u = 0; u < inverseLarge.length; u++) {
    let sum = sums[u] as number;
    const from = offsets[u] as number;
    const to = offsets[u + 1] as number;
    if (weights === null) for (let i = from; i < to; i++) sum -= small[cells[i] as number] as number;
    else for (let i = from; i < to; i++) sum -= (weights[i] as number) * (small[cells[i] as number] as number);
    large[u] = sum * (inverseLarge[u] as number);
  }
}

/** sqrt(r' D_small^-1 r): the size of what a column still holds of the small set. */
export function restSize({ totalsSmall }: CellGraph, rest: Float64Array): number {
  let square = 0;
  for (let j = 0; j < rest.length; j++) {
    const total = totalsSmall[j] ?? 0;
    if (total > 0) square += (rest[j] ?? 0) ** 2 / total;
  }
  return Math.sqrt(square);
}

/**
 * Conjugate gradients on S b = rest, preconditioned by D_small; false when `steps` did not do. `rest` is used up.
 *
 * Source: Hestenes and Stiefel 1952, Journal of Research of the National Bureau of Standards 49.
 */
export function conjugateGradients(
  graph: CellGraph,
  { rest, b }: { readonly rest: Float64Array; readonly b: Float64Array },
  { target, steps }: { readonly target: number; readonly steps: number },
): boolean {
  const { totalsSmall } = graph;
  b.fill(0);
  const direction = new Float64Array(rest.length);
  const image = new Float64Array(rest.length);
  let square = restSize(graph, rest) ** 2;
  let ratio = 0;
  for (let step = 0; step < steps && Math.sqrt(square) > target; step++) {
    for (let j = 0; j < rest.length; j++) {
      const total = totalsSmall[j] ?? 0;
      direction[j] = (total > 0 ? (rest[j] ?? 0) / total : 0) + ratio * (direction[j] ?? 0);
    }
    schurProduct(graph, direction, image);
    let curvature = 0;
    for (let j = 0; j < rest.length; j++) curvature += (direction[j] ?? 0) * (image[j] ?? 0);
    // what is left lies in the null space: rounding
    if (!(curvature > 0)) return true;
    const length = square / curvature;
    for (let j = 0; j < rest.length; j++) {
      b[j] = (b[j] ?? 0) + length * (direction[j] ?? 0);
      rest[j] = (rest[j] ?? 0) - length * (image[j] ?? 0);
    }
    const next = restSize(graph, rest) ** 2;
    ratio = next / square;
    square = next;
  }
  return Math.sqrt(square) <= target;
}
