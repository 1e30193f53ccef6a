import { dot, mean } from "../../linalg/kernels.ts";
import type { Grouping } from "../../regression/effects.ts";
import type { LinearFit } from "../../regression/ols.ts";
import { levelWeights, type TwoWaySystem } from "../../regression/two-way.ts";

/** A column over the rows of the fit that is cut into pieces, one per group. */
export interface CutColumn {
  readonly column: Float64Array;
  readonly groups: Grouping;
}

/** Vectors l_r and r_r with sum_r l_r[h] r_r[b] = q_h' P e_b: pieces of `left` against projected pieces of `right`. */
export interface ProjectionFactor {
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/**
 * q_h' P_hb e_b for every piece h of `left` and b of the right column, P the weighted projection on the absorbed effects,
 * from sums by level and group only; null where there is no such form (three or more sets, two large unbalanced ones).
 *
 * Formula: one set: sum over levels of (sum q_h)(sum w e_b) / W; two sets: that of the larger plus
 * (b_h - N'D^-1 a_h)' S^+ (b_b - N'D^-1 a_b) with a, b the sums by level of the larger and smaller set.
 * Assumes: `left` sums to zero within every level that lies in one of its groups, as contrasts do.
 * Complexity: one pass over the rows per set and column; memory levels shared between groups times groups.
 */
export function projector(fit: LinearFit, left: CutColumn): Projector | null {
  const [first, second, third] = fit.effects;
  if (!first) return () => [];
  if (!second) return oneWayProjector(first, levelWeights(first, fit.weights), left);
  if (third) return null;
  const solver = twoWaySolver(fit);
  return solver === null ? null : twoWayProjector(solver, left);
}

/** Null where the effects are not two, or both too many. */
export function twoWaySolver(fit: LinearFit): TwoWaySolver | null {
  const [first, second] = fit.effects;
  if (fit.balanced && first && second) {
    const [large, small] = first.count >= second.count ? [first, second] : [second, first];
    return balancedSolver(large, small);
  }
  return fit.system === null ? null : systemSolver(fit.system());
}

/** Takes w e cut into groups. */
export type Projector = (right: CutColumn) => ProjectionFactor[];

function oneWayProjector(
  effect: Grouping,
  totals: Float64Array,
  left: CutColumn,
  shared: SharedLevels = sharedLevels(effect, left.groups),
): Projector {
  const leftSums = sumTable(effect, shared, left);
  return (right) =>
    sumTable(effect, shared, right).map((sums, row) => {
      const total = totals[shared.members[row] ?? 0] ?? 1;
      return { left: leftSums[row] ?? EMPTY, right: sums.map((value) => value / total) };
    });
}

const EMPTY = new Float64Array(0);

/** What the two-way formula needs of the normal equations. */
export interface TwoWaySolver {
  readonly large: Grouping;
  readonly small: Grouping;
  readonly totals: Float64Array;
  /** target -= value times the shares of the small levels within a large one. */
  subtractShares(level: number, value: number, target: Float64Array): void;
  /** S^+ x. */
  solve(x: Float64Array): Float64Array;
}

/** Every cell occurs once: S = n (I - 11'/T), shares 1/T. */
function balancedSolver(large: Grouping, small: Grouping): TwoWaySolver {
  const size = small.count;
  return {
    large,
    small,
    totals: new Float64Array(large.count).fill(size),
    subtractShares(_, value, target) {
      for (let j = 0; j < size; j++) target[j] = (target[j] ?? 0) - value / size;
    },
    solve(x) {
      const centre = mean(x);
      const result = new Float64Array(size);
      for (let j = 0; j < size; j++) result[j] = ((x[j] as number) - centre) / large.count;
      return result;
    },
  };
}

function systemSolver(system: TwoWaySystem): TwoWaySolver {
  const { large, small, totals, shares, inverse } = system;
  const size = small.count;
  return {
    large,
    small,
    totals,
    subtractShares(level, value, target) {
      for (let j = 0; j < size; j++) target[j] = (target[j] ?? 0) - (shares[level * size + j] ?? 0) * value;
    },
    solve: (x) => Float64Array.from(inverse, (row) => dot(row, x)),
  };
}

function twoWayProjector(solver: TwoWaySolver, left: CutColumn): Projector {
  const shared = sharedLevels(solver.large, left.groups);
  const large = oneWayProjector(solver.large, solver.totals, left, shared);
  const leftRest = smallRests(solver, left, shared);
  return (right) => {
    const own = right.groups.levels === left.groups.levels ? shared : sharedLevels(solver.large, right.groups);
    const rightRest = smallRests(solver, right, own).map((rest) => solver.solve(rest));
    const small = Array.from({ length: solver.small.count }, (_, j) => ({
      left: Float64Array.from(leftRest, (rest) => rest[j] ?? 0),
      right: Float64Array.from(rightRest, (rest) => rest[j] ?? 0),
    }));
    return [...large(right), ...small];
  };
}

/** b_g - N'D^-1 a_g per group. */
function smallRests(solver: TwoWaySolver, cut: CutColumn, shared: SharedLevels): Float64Array[] {
  const { large, small } = solver;
  const { column, groups } = cut;
  const size = small.count;
  const flat = new Float64Array(groups.count * size);
  for (let i = 0; i < column.length; i++) {
    const cell = (groups.levels[i] as number) * size + (small.levels[i] as number);
    flat[cell] = (flat[cell] as number) + (column[i] as number);
  }
  const rests = Array.from({ length: groups.count }, (_, g) => flat.subarray(g * size, (g + 1) * size));
  sumTable(large, shared, cut).forEach((sums, row) => {
    const level = shared.members[row] ?? 0;
    sums.forEach((sum, g) => {
      if (sum !== 0) solver.subtractShares(level, sum, rests[g] ?? EMPTY);
    });
  });
  return rests;
}

/** Levels of an effect whose rows lie in more than one group; the sums of the others are zero. */
interface SharedLevels {
  readonly members: readonly number[];
  /** Position of each level in `members`, -1 for levels inside one group. */
  readonly position: Int32Array;
}

function sharedLevels(effect: Grouping, groups: Grouping): SharedLevels {
  const owner = new Int32Array(effect.count).fill(-1);
  const { levels } = effect;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] as number;
    const group = groups.levels[i] as number;
    const known = owner[level] as number;
    if (known === -1) owner[level] = group;
    else if (known !== group) owner[level] = -2;
  }
  const members: number[] = [];
  const position = owner.map((known, level) => {
    if (known !== -2) return -1;
    members.push(level);
    return members.length - 1;
  });
  return { members, position };
}

/** Sums by shared level (rows) and group. */
function sumTable(effect: Grouping, shared: SharedLevels, { column, groups }: CutColumn): Float64Array[] {
  const table = shared.members.map(() => new Float64Array(groups.count));
  if (table.length === 0) return table;
  const { levels } = effect;
  for (let i = 0; i < levels.length; i++) {
    const row = table[shared.position[levels[i] as number] as number];
    const group = groups.levels[i] as number;
    if (row) row[group] = (row[group] as number) + (column[i] as number);
  }
  return table;
}
