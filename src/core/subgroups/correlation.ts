import type { DesignBrief } from "../designs/design.ts";

/** Blocks of the time before the deploy: long enough for what is slow, enough of them for a correlation. */
const BLOCKS = 24;
/** Above this the subgroups are one. */
const LARGEST = 0.95;

type Keyed = ReadonlyMap<string | number, number>;

/**
 * Mean correlation between the errors of two subgroups of the same units.
 *
 * Formula: what two subgroups share moves both gaps before the deploy (means over 24 blocks) and the same controls after
 * it (their changes). Both are standardised per subgroup and give a mean product over all pairs of subgroups; the smaller
 * of the two counts, at least 0 and at most 0.95: shocks that came with the deploy need not be shared as noise was, and too
 * small a correlation makes the test of differences cautious, too large a one makes it alarm.
 * Assumes: one correlation for all pairs. Units: none. Time grows with subgroups times points.
 */
export function sharedCorrelation(briefs: readonly DesignBrief[]): number {
  const longest = Math.max(0, ...briefs.map(({ gap }) => gap.values.length));
  const size = Math.max(1, Math.floor(longest / BLOCKS));
  const known = [
    pairCorrelation(briefs.map(({ gap }) => blockMeans(gap, size))),
    pairCorrelation(briefs.map(({ controlChanges }) => controlChanges)),
  ].filter(({ points }) => points > 0);
  if (known.length === 0) return 0;
  const smallest = Math.min(...known.map(({ correlation }) => correlation));
  return Math.min(LARGEST, Math.max(0, smallest));
}

/** Means of complete blocks, numbered backwards from the deploy. */
function blockMeans({ first, values }: DesignBrief["gap"], size: number): Keyed {
  const sums = new Map<number, { sum: number; count: number }>();
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    const block = Math.floor((first + i) / size);
    const known = sums.get(block) ?? { sum: 0, count: 0 };
    sums.set(block, { sum: known.sum + value, count: known.count + 1 });
  });
  return new Map([...sums].map(([block, { sum, count }]) => [block, sum / count]));
}

/** Mean correlation over all pairs of columns that share keys; `points` is the number of keys less one. */
export function pairCorrelation(columns: readonly Keyed[]): {
  readonly correlation: number;
  readonly points: number;
} {
  const byKey = new Map<string | number, { sum: number; squares: number; count: number }>();
  for (const column of columns) {
    for (const [key, value] of standardized(column)) {
      const known = byKey.get(key) ?? { sum: 0, squares: 0, count: 0 };
      byKey.set(key, { sum: known.sum + value, squares: known.squares + value ** 2, count: known.count + 1 });
    }
  }
  let products = 0;
  let pairs = 0;
  let points = 0;
  for (const { sum, squares, count } of byKey.values()) {
    if (count < 2) continue;
    products += (sum ** 2 - squares) / 2;
    pairs += (count * (count - 1)) / 2;
    points += 1;
  }
  return pairs === 0 || points < 3
    ? { correlation: 0, points: 0 }
    : { correlation: products / pairs, points: points - 1 };
}

function standardized(column: Keyed): [string | number, number][] {
  const entries = [...column].filter(([, value]) => Number.isFinite(value));
  const mean = entries.reduce((sum, [, value]) => sum + value, 0) / entries.length;
  const spread = Math.sqrt(entries.reduce((sum, [, value]) => sum + (value - mean) ** 2, 0) / entries.length);
  return spread > 0 ? entries.map(([key, value]) => [key, (value - mean) / spread]) : [];
}
