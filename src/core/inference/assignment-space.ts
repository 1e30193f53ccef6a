import { choose, drawSubset, forEachSubset } from "./assignments.ts";
import { randomStream } from "./random.ts";

/** Up to this many assignments all are enumerated. */
export const EXACT_ASSIGNMENTS = 20_000;
/** Otherwise so many are drawn. */
const DRAWS = 9_999;

/** The assignments of a treatment that might have happened. */
export interface AssignmentSpace {
  /** All of them, or the drawn ones. */
  readonly count: number;
  readonly exact: boolean;
  /** The smallest two-sided p-value that a test over them can give. */
  readonly smallestP: number;
  /** Calls with the treated members; the array is reused. */
  forEach(visit: (members: Int32Array) => void): void;
}

/**
 * As many treated as there are, in every stratum on its own: all assignments, or seeded draws of them.
 *
 * Assumes: within a stratum (null: one for all) every assignment was equally likely.
 */
export function assignmentSpace(treated: readonly boolean[], strata: Int32Array | null, seed: number): AssignmentSpace {
  const blocks = blocksOf(treated, strata);
  const total = blocks.reduce((product, { units, treatedCount }) => product * choose(units.length, treatedCount), 1);
  // swapping the sides of every stratum at once gives the same |statistic| when all are split in half
  const mirrored = blocks.every(({ units, treatedCount }) => 2 * treatedCount === units.length);
  if (total <= EXACT_ASSIGNMENTS) {
    return { count: total, exact: true, smallestP: (mirrored ? 2 : 1) / total, forEach: (visit) => all(blocks, visit) };
  }
  return {
    count: DRAWS,
    exact: false,
    smallestP: 1 / (DRAWS + 1),
    forEach(visit) {
      const random = randomStream(seed);
      const pools = blocks.map(({ units }) => Int32Array.from(units));
      const members = new Int32Array(treated.filter(Boolean).length);
      for (let i = 0; i < DRAWS; i++) {
        let filled = 0;
        blocks.forEach(({ treatedCount }, b) => {
          members.set(drawSubset(pools[b] ?? members, treatedCount, random), filled);
          filled += treatedCount;
        });
        visit(members);
      }
    },
  };
}

interface Block {
  readonly units: Int32Array;
  readonly treatedCount: number;
}

function blocksOf(treated: readonly boolean[], strata: Int32Array | null): Block[] {
  const groups = new Map<number, number[]>();
  treated.forEach((_, i) => {
    const stratum = strata?.[i] ?? 0;
    const group = groups.get(stratum);
    if (group) group.push(i);
    else groups.set(stratum, [i]);
  });
  return Array.from(groups.values(), (units) => ({
    units: Int32Array.from(units),
    treatedCount: units.filter((i) => treated[i]).length,
  }));
}

function all(blocks: readonly Block[], visit: (members: Int32Array) => void): void {
  const members = new Int32Array(blocks.reduce((sum, { treatedCount }) => sum + treatedCount, 0));
  const fill = (b: number, from: number): void => {
    const block = blocks[b];
    if (!block) {
      visit(members);
      return;
    }
    forEachSubset(block.units.length, block.treatedCount, (subset) => {
      for (let i = 0; i < subset.length; i++) members[from + i] = block.units[subset[i] ?? 0] ?? 0;
      fill(b + 1, from + block.treatedCount);
    });
  };
  fill(0, 0);
}
