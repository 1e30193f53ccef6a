import { answer, type Outcome, refuse } from "../outcome.ts";
import { type AssignmentSpace, assignmentSpace } from "./assignment-space.ts";

/** Statistics that differ by less than this share are ties. */
const TIE = 1e-9;
const BISECTIONS = 60;

export interface PermutationOptions {
  /** Change from pre to post of every cluster the deploy could have been assigned to. */
  readonly changes: Float64Array;
  readonly treated: readonly boolean[];
  readonly alpha: number;
  readonly seed: number;
  /** With one treated cluster: residual sd of each cluster in the pre window, by which its change is divided. */
  readonly preSd?: Float64Array;
  /** Effect under the null hypothesis; 0 when left out. */
  readonly nullEffect?: number;
}

export interface PermutationResult {
  readonly att: number;
  readonly statistic: number;
  /** Two-sided, ties counted; never 0. */
  readonly pValue: number;
  /** Effects that the same test does not reject at alpha; infinite where the test has no power to bound them. */
  readonly confLow: number;
  readonly confHigh: number;
  readonly smallestP: number;
  readonly assignments: number;
  readonly exact: boolean;
  /** `studentized`: two-sample t of the changes; `standardized-rank`: one treated cluster, rank of its standardized change. */
  readonly method: "studentized" | "standardized-rank";
}

/**
 * Randomization inference over the assignment of clusters to treatment.
 *
 * Formula: p = share of assignments whose |statistic| is at least the observed one, itself included. Two or more treated
 * clusters: Welch's t of the changes. One: |change against the mean of the others| over the cluster's pre-window sd.
 * Interval: the effects b for which changes - b * treated are not rejected (Fisher's sharp null).
 * Assumes: clusters are exchangeable under the null; the same effect for every treated cluster.
 * Source: Fisher 1935; Chung and Romano 2013 (studentization); MacKinnon and Webb 2020; Young 2019.
 */
export function permutationInference(options: PermutationOptions): Outcome<PermutationResult> {
  const { changes, treated, alpha } = options;
  const members = treated.flatMap((isTreated, i) => (isTreated ? [i] : []));
  const n = changes.length;
  const k = members.length;
  if (k === 0) return refuse("NO_TREATED_UNITS", "No cluster got the deploy.", "Name the treated units.");
  if (k === n) return refuse("NO_CONTROL_UNITS", "Every cluster got the deploy.", "Keep some units without it.");
  const single = k === 1;
  if (single && !options.preSd) {
    throw new RangeError("one treated cluster needs the pre-window standard deviations");
  }
  if (n - k === 1) {
    return refuse(
      "TOO_FEW_CLUSTERS",
      "A permutation test needs at least two control clusters, there is one.",
      "Add control units, or use the default inference.",
      { treated: k, clusters: n },
    );
  }
  if (single && options.preSd?.some((sd) => !(sd > 0))) {
    return refuse(
      "NO_VARIATION",
      "A cluster does not vary before the deploy, so its change cannot be standardized.",
      "Leave out constant series, or choose another inference.",
    );
  }
  const space = assignmentSpace(treated, null, options.seed);
  const { smallestP } = space;
  if (smallestP > alpha) return tooFew(n, k, smallestP, alpha);

  const test = single ? rankTest(options, members) : studentizedTest(options, members, space);
  if (!(test.observed(options.nullEffect ?? 0) >= 0)) {
    return refuse(
      "NO_VARIATION",
      "The changes of the clusters do not vary, so assignments cannot be told apart.",
      "Check that the series move at all.",
    );
  }
  const att = meanDifference(changes, members);
  const interval = invert(test.pValue, att, spread(changes), alpha);
  return answer({
    att,
    statistic: test.observed(options.nullEffect ?? 0),
    pValue: test.pValue(options.nullEffect ?? 0),
    confLow: interval.low,
    confHigh: interval.high,
    smallestP,
    assignments: space.exact ? space.count : space.count + 1,
    exact: space.exact,
    method: single ? "standardized-rank" : "studentized",
  });
}

function tooFew(n: number, k: number, smallestP: number, alpha: number): Outcome<never> {
  return refuse(
    "TOO_FEW_CLUSTERS",
    `With ${k} treated of ${n} clusters the smallest p-value that a permutation test can give is ${smallestP.toPrecision(2)}, above ${alpha}.`,
    "Add control units, or choose another inference.",
    { treated: k, clusters: n, smallestP, alpha },
  );
}

interface NullTest {
  /** |statistic| of the real assignment when the null effect is b. */
  observed(b: number): number;
  pValue(b: number): number;
}

function studentizedTest(options: PermutationOptions, members: readonly number[], space: AssignmentSpace): NullTest {
  const real = Int32Array.from(members);
  const shifted = (b: number): Float64Array => {
    const values = Float64Array.from(options.changes);
    for (const i of members) values[i] = (values[i] ?? 0) - b;
    return values;
  };
  return {
    observed: (b) => welchStatistic(shifted(b), real),
    pValue(b) {
      const values = shifted(b);
      const observed = welchStatistic(values, real);
      let extreme = 0;
      space.forEach((assigned) => {
        if (welchStatistic(values, assigned) >= observed * (1 - TIE) - Number.MIN_VALUE) extreme++;
      });
      return space.exact ? extreme / space.count : (extreme + 1) / (space.count + 1);
    },
  };
}

/** |mean of the assigned - mean of the others| over its Welch error; NaN without any spread. */
function welchStatistic(values: Float64Array, assigned: Int32Array): number {
  const n = values.length;
  const k = assigned.length;
  let total = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) total += values[i] ?? 0;
  const centre = total / n;
  for (let i = 0; i < n; i++) squares += ((values[i] ?? 0) - centre) ** 2;
  let assignedTotal = 0;
  let assignedSquares = 0;
  for (let i = 0; i < k; i++) {
    const value = (values[assigned[i] ?? 0] ?? 0) - centre;
    assignedTotal += value;
    assignedSquares += value * value;
  }
  const others = n - k;
  const a = Math.max(0, assignedSquares - assignedTotal ** 2 / k);
  const b = Math.max(0, squares - assignedSquares - assignedTotal ** 2 / others);
  const difference = Math.abs(assignedTotal / k + assignedTotal / others);
  if (others === 1) return difference / Math.sqrt(a / (k * (k - 1)));
  const square = a / (k * (k - 1)) + b / (others * (others - 1));
  if (square <= 1e-24 * difference ** 2) return difference > 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return difference / Math.sqrt(square);
}

/** Each cluster against the mean of the others, divided by its own pre-window sd; the rank of the treated one. */
function rankTest(options: PermutationOptions, members: readonly number[]): NullTest {
  const { changes, preSd = new Float64Array(0) } = options;
  const treated = members[0] ?? 0;
  const n = changes.length;
  const statistics = (b: number): Float64Array => {
    const values = Float64Array.from(changes);
    values[treated] = (values[treated] ?? 0) - b;
    const total = values.reduce((sum, value) => sum + value, 0);
    return values.map((value, i) => {
      const against = (total - value) / (n - 1);
      return Math.abs(value - against) / (preSd[i] ?? Number.NaN);
    });
  };
  return {
    observed: (b) => statistics(b)[treated] ?? Number.NaN,
    pValue(b) {
      const all = statistics(b);
      const observed = all[treated] ?? Number.NaN;
      return all.filter((value) => value >= observed * (1 - TIE)).length / n;
    },
  };
}

function meanDifference(changes: Float64Array, members: readonly number[]): number {
  let treatedTotal = 0;
  let total = 0;
  for (const value of changes) total += value;
  for (const i of members) treatedTotal += changes[i] ?? 0;
  return treatedTotal / members.length - (total - treatedTotal) / (changes.length - members.length);
}

function spread(changes: Float64Array): number {
  return Math.max(...changes) - Math.min(...changes);
}

/** The outermost effects on each side of the estimate that are not rejected, found by stepping out and bisecting. */
function invert(
  pValue: (b: number) => number,
  att: number,
  scale: number,
  alpha: number,
): { readonly low: number; readonly high: number } {
  const limit = (direction: 1 | -1): number => {
    let inside = att;
    let step = scale > 0 ? scale / 8 : 1;
    let outside = Number.NaN;
    for (let i = 0; i < 40; i++) {
      const candidate = att + direction * step;
      if (pValue(candidate) <= alpha) {
        outside = candidate;
        break;
      }
      inside = candidate;
      step *= 1.5;
    }
    if (Number.isNaN(outside)) return direction * Number.POSITIVE_INFINITY;
    for (let i = 0; i < BISECTIONS && Math.abs(outside - inside) > 1e-10 * Math.max(scale, Math.abs(att)); i++) {
      const middle = (inside + outside) / 2;
      if (pValue(middle) <= alpha) outside = middle;
      else inside = middle;
    }
    return (inside + outside) / 2;
  };
  return { low: limit(-1), high: limit(1) };
}
