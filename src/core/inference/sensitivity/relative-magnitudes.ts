import { Matrix } from "ml-matrix";
import { symmetricEigen, symmetrize } from "../../linalg/dense.ts";
import { dot } from "../../linalg/kernels.ts";
import { answer, type Outcome } from "../../outcome.ts";
import {
  checkEstimates,
  type EventStudyEstimates,
  type Interval,
  preDifferences,
  targetValue,
  targetVariance,
} from "./estimates.ts";
import { type MomentTest, type PreparedTest, prepareTest } from "./moment-inequalities.ts";

/** Width of the first scan in standard errors of the effect, and how far it reaches beyond the identified set. */
const SCAN = 0.25;
const REACH = 8;
const MAX_REACH = 512;

/** The effects that are not rejected when the trend moves by at most Mbar times its largest pre move per period. */
export interface RelativeMagnitudes extends Interval {
  readonly bound: number;
  readonly identified: Interval;
}

export interface RelativeOptions {
  readonly test: MomentTest;
  readonly alpha: number;
  readonly seed: number;
  /** Effects between two grid points are not told apart; left out: 1/50 standard error. */
  readonly step?: number;
}

/**
 * Effects that the coefficients allow, taken as exact, when one-period moves of the trend after the reference period are at
 * most `bound` times the largest one before it.
 *
 * Formula: target'b -/+ bound max_s |b_{s+1} - b_s| sum_j |sum_{t > j} target_t|.
 * Source: Rambachan and Roth 2023, section 2.
 */
export function relativeIdentifiedSet(estimates: EventStudyEstimates, bound: number): Interval {
  const largest = Math.max(...preDifferences(estimates).map(Math.abs));
  const reach = bound * largest * loadOfMoves(estimates.target);
  const centre = targetValue(estimates);
  return { low: centre - reach, high: centre + reach };
}

function loadOfMoves(target: readonly number[]): number {
  let rest = 0;
  let total = 0;
  for (let k = target.length - 1; k >= 0; k--) {
    rest += target[k] ?? 0;
    total += Math.abs(rest);
  }
  return total;
}

/**
 * Robust confidence set under bounds on relative magnitudes.
 *
 * Formula: the union over pre moves s and their sign of the sets for trends whose post moves are at most bound times that
 * move; each by inverting a test of moment inequalities in the post moves. The set's ends are reported.
 * Assumes: normal coefficients with known covariance; an end that is still accepted 512 standard errors out is infinite.
 * Complexity: (2 pre) x (points looked at) tests.
 * Source: Rambachan and Roth 2023, Review of Economic Studies 90(5), sections 2 and 3.
 */
export function relativeMagnitudes(
  estimates: EventStudyEstimates,
  bound: number,
  options: RelativeOptions,
): Outcome<RelativeMagnitudes> {
  const checked = checkEstimates(estimates);
  if (!checked.ok) return checked;
  const identified = relativeIdentifiedSet(estimates, bound);
  const stdError = Math.sqrt(targetVariance(estimates));
  const scan: Scan = { identified, stdError, step: options.step ?? stdError / 50 };
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let s = 0; s < estimates.pre; s++) {
    for (const sign of [1, -1]) {
      const accepts = acceptance(estimates, { bound, move: s, sign }, options);
      const found = acceptedRange(accepts, scan);
      low = Math.min(low, found.low);
      high = Math.max(high, found.high);
    }
    // without relative moves all restrictions are the same
    if (bound === 0) break;
  }
  return answer({ bound, low, high, identified });
}

interface Restriction {
  readonly bound: number;
  /** Index of the pre move that is the largest. */
  readonly move: number;
  readonly sign: number;
}

/** Whether an effect of the given size is accepted under one restriction. */
function acceptance(
  estimates: EventStudyEstimates,
  restriction: Restriction,
  options: RelativeOptions,
): (effect: number) => boolean {
  const rows = restrictionRows(estimates, restriction);
  const { pre, target, coefficients, covariance } = estimates;
  const root = covarianceRoot(covariance);
  const rootRows = rows.map((row) => {
    const result = new Float64Array(root.length);
    row.forEach((value, k) => {
      if (value === 0) return;
      for (let c = 0; c < root.length; c++) result[c] = (result[c] as number) + value * (root[c]?.[k] ?? 0);
    });
    return result;
  });
  const columns = changeOfBasis(target);
  const post = (column: readonly number[]): Float64Array =>
    Float64Array.from(rows, (row) => column.reduce((total, value, k) => total + value * (row[pre + k] ?? 0), 0));
  const moments = {
    covariance: new Matrix(rootRows.map((a) => rootRows.map((b) => dot(a, b)))),
    nuisance: columns.nuisance.map(post),
    root: rootRows,
  };
  const own = post(columns.effect);
  const level = Float64Array.from(rows, (row) =>
    row.reduce((total, value, k) => total + value * (coefficients[k] ?? 0), 0),
  );
  let prepared: PreparedTest | null = null;
  return (effect) => {
    prepared ??= prepareTest(moments, options);
    return !prepared.rejects(level.map((value, i) => value - effect * (own[i] as number)));
  };
}

/** Rows of +-(post move) - bound * sign * (pre move), in the coefficients' coordinates. */
function restrictionRows(estimates: EventStudyEstimates, { bound, move, sign }: Restriction): number[][] {
  const { pre, target } = estimates;
  const size = pre + target.length;
  const difference = (from: number): number[] => {
    // positions on the path with the reference period at index `pre`
    const row = new Array<number>(size).fill(0);
    const add = (position: number, value: number): void => {
      if (position === pre) return;
      const k = position < pre ? position : position - 1;
      row[k] = (row[k] ?? 0) + value;
    };
    add(from, -1);
    add(from + 1, 1);
    return row;
  };
  const largest = difference(move);
  return target.flatMap((_, t) => {
    const post = difference(pre + t);
    return [1, -1].map((side) => post.map((value, k) => side * value - bound * sign * (largest[k] ?? 0)));
  });
}

/** Columns of the inverse of a matrix with the target as first row: post = effect * first + nuisance * others. */
function changeOfBasis(target: readonly number[]): { effect: number[]; nuisance: number[][] } {
  const pivot = target.reduce((best, value, k) => (Math.abs(value) > Math.abs(target[best] ?? 0) ? k : best), 0);
  const scale = target[pivot] ?? 1;
  const effect = target.map((_, k) => (k === pivot ? 1 / scale : 0));
  const nuisance = target.flatMap((weight, j) =>
    j === pivot ? [] : [target.map((_, k) => (k === j ? 1 : k === pivot ? -weight / scale : 0))],
  );
  return { effect, nuisance };
}

/** Scaled eigenvectors v_c sqrt(l_c) of a covariance. */
function covarianceRoot(covariance: Matrix): Float64Array[] {
  const { values, vectors } = symmetricEigen(symmetrize(covariance));
  return values.map((value, c) =>
    Float64Array.from(vectors.getColumn(c), (entry) => entry * Math.sqrt(Math.max(value, 0))),
  );
}

interface Scan {
  readonly identified: Interval;
  readonly stdError: number;
  readonly step: number;
}

/** Outermost accepted effects: a coarse scan, widened while its ends are accepted, then bisection on both sides. */
function acceptedRange(accepts: (effect: number) => boolean, { identified, stdError, step }: Scan): Interval {
  const width = SCAN * stdError;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const visit = (effect: number): boolean => {
    const isAccepted = accepts(effect);
    if (isAccepted) {
      first = Math.min(first, effect);
      last = Math.max(last, effect);
    }
    return isAccepted;
  };
  const from = identified.low - REACH * stdError;
  const points = Math.ceil((identified.high + REACH * stdError - from) / width);
  for (let k = 0; k <= points; k++) visit(from + k * width);
  if (first > last) return { low: first, high: last };
  const low = first <= from ? expand(visit, from, -width, stdError) : first - width;
  const end = from + points * width;
  const high = last >= end ? expand(visit, end, width, stdError) : last + width;
  return {
    low: Number.isFinite(low) ? bisect(accepts, first, low, step) : low,
    high: Number.isFinite(high) ? bisect(accepts, last, high, step) : high,
  };
}

/** The first rejected point outwards from an accepted one, in growing steps; infinite when there is none. */
function expand(visit: (effect: number) => boolean, start: number, step: number, stdError: number): number {
  let reach = step;
  for (;;) {
    const at = start + reach;
    if (!visit(at)) return at;
    if (Math.abs(reach) > MAX_REACH * stdError) return reach > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    reach *= 1.5;
  }
}

function bisect(accepts: (effect: number) => boolean, inside: number, outside: number, step: number): number {
  let [good, bad] = [inside, outside];
  while (Math.abs(bad - good) > step) {
    const middle = (good + bad) / 2;
    if (accepts(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
