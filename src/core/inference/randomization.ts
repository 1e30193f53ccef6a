import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, selectRows } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { residualMaker } from "../vcov/leave-cluster.ts";
import { parameterFactor } from "../vcov/scores.ts";
import { type AssignmentSpace, assignmentSpace } from "./assignment-space.ts";
import { hullOfNulls } from "./hull-of-nulls.ts";
import { withoutTerm } from "./wild/cluster-scores.ts";

/** Statistics that differ by less than this share are ties. */
const TIE = 1e-9;

export interface RandomizationTest {
  readonly statistic: number;
  /** Assignments whose |statistic| is at least the observed one, the observed one included. */
  readonly extreme: number;
  /** Ties counted; with drawn assignments the observed one counts as a draw. Never 0. */
  readonly pTwoSided: number;
  readonly pUpper: number;
  readonly pLower: number;
}

export interface Randomization {
  readonly estimate: number;
  readonly assignments: number;
  readonly exact: boolean;
  readonly smallestP: number;
  /** Sharp null: the treatment adds `nullEffect` to every treated outcome. */
  test(nullEffect: number): RandomizationTest;
  /** Hull of the constant effects that the test does not reject; infinite where it cannot bound them. */
  interval(alpha: number): { readonly low: number; readonly high: number };
}

export interface ChangesDesign {
  /** Change from before to after of everything the treatment could have been assigned to. */
  readonly changes: Float64Array;
  readonly treated: readonly boolean[];
  /** Stratum of each; null: none. */
  readonly strata: Int32Array | null;
  readonly seed: number;
}

/**
 * Statistics of all assignments at every null b: (p + b s) / sqrt(q0 + b q1 + b^2 q2); the first is the observed one.
 */
interface NullStatistics {
  /** False: the statistic is the difference itself, q is not used. */
  readonly studentized: boolean;
  readonly p: number[];
  readonly s: number[];
  readonly q0: number[];
  readonly q1: number[];
  readonly q2: number[];
}

/**
 * Randomization inference on one change per unit: the difference of means, or Welch's t.
 *
 * Formula: p = share of assignments whose |statistic| is at least the observed one, itself included.
 * Assumes: the sharp null; every assignment that keeps the number of treated units (per stratum) was equally likely.
 * Units: those of the outcome. Complexity: assignments x units once, then assignments per null.
 * Source: Fisher 1935; Rosenbaum 2002, Observational Studies, chapter 2; Chung and Romano 2013.
 */
export function randomizeChanges(design: ChangesDesign, statistic: "difference" | "welch"): Outcome<Randomization> {
  const { changes, treated, strata, seed } = design;
  const sides = checkSides(treated, statistic === "welch" ? 2 : 1);
  if (!sides.ok) return sides;
  const space = assignmentSpace(treated, strata, seed);
  const indicator = Float64Array.from(treated, Number);
  const table = emptyStatistics(statistic === "welch");
  const add = (members: Int32Array): void => {
    const y = moments(changes, indicator, members);
    push(table, y.p, y.s, y.variance);
  };
  add(membersOf(treated));
  space.forEach(add);
  return finish(table, space, spread(changes));
}

/** Mean difference of changes - b treated between members and others, and its Welch variance, as polynomials in b. */
function moments(changes: Float64Array, indicator: Float64Array, members: Int32Array) {
  const isMember = new Uint8Array(changes.length);
  for (const i of members) isMember[i] = 1;
  const side = (wanted: number) => {
    let [n, y, d, yy, yd, dd] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < changes.length; i++) {
      if (isMember[i] !== wanted) continue;
      n++;
      y += changes[i] ?? 0;
      d += indicator[i] ?? 0;
    }
    for (let i = 0; i < changes.length; i++) {
      if (isMember[i] !== wanted) continue;
      const a = (changes[i] ?? 0) - y / n;
      const b = (indicator[i] ?? 0) - d / n;
      yy += a * a;
      yd += a * b;
      dd += b * b;
    }
    const scale = 1 / (n * (n - 1));
    return { y: y / n, d: d / n, square: [yy * scale, -2 * yd * scale, dd * scale] as const };
  };
  const [one, other] = [side(1), side(0)];
  const variance = one.square.map((value, i) => value + (other.square[i] ?? 0));
  return { p: one.y - other.y, s: -(one.d - other.d), variance };
}

export interface RegressionDesign {
  readonly fit: LinearFit;
  /** The treatment: its term in the fit, and its post indicator on the rows of the original input. */
  readonly term: string;
  readonly post: Float64Array;
  /** What the treatment was assigned to, on the rows of the original input; treated by number of the grouping. */
  readonly assigned: Grouping;
  readonly treated: readonly boolean[];
  readonly strata: Int32Array | null;
  readonly seed: number;
}

/**
 * Randomization inference with a regression's own statistic: its coefficient or its CR1 t, fitted for every assignment.
 *
 * Formula: treatment of an assignment = (member) x (post); the same covariates, effects and weights throughout.
 * Assumes: as randomizeChanges; clusters of the t are what the treatment was assigned to.
 * Complexity: assignments x one within transformation.
 * Source: Young 2019, Quarterly Journal of Economics 134; MacKinnon and Webb 2020, Journal of Econometrics 218 (RI-beta, RI-t).
 */
export function randomizeRegression(design: RegressionDesign, statistic: "beta" | "t"): Outcome<Randomization> {
  const { fit, treated, strata, seed } = design;
  const term = fit.terms.indexOf(design.term);
  if (term < 0) return refuse("NOT_ESTIMABLE", `The model has no term ${design.term}.`, "Check the term's name.");
  const sides = checkSides(treated, 1);
  if (!sides.ok) return sides;
  const space = assignmentSpace(treated, strata, seed);
  const remove = residualMaker(withoutTerm(fit, term));
  const column = (members: Int32Array): Float64Array => remove(treatmentOf(design, members));
  const observed = membersOf(treated);
  const outcome = remove(fit.outcome);
  const shift = column(observed);
  const clusters = selectRows(design.assigned, fit.rows);
  const factor =
    (clusters.count / (clusters.count - 1)) *
    parameterFactor(fit, { parameters: "nonnested", clusterFactor: "min" }, [clusters]);
  const table = emptyStatistics(statistic === "t");
  const add = (members: Int32Array): void => {
    const d = column(members);
    const sums = regressionSums(fit, d, { outcome, shift, clusters });
    push(
      table,
      sums.beta,
      -sums.shiftBeta,
      sums.variance.map((q) => q * factor),
    );
  };
  add(observed);
  space.forEach(add);
  return finish(table, space, Math.sqrt(fit.ssr / fit.n));
}

function treatmentOf({ fit, post, assigned }: RegressionDesign, members: Int32Array): Float64Array {
  const isMember = new Uint8Array(assigned.count);
  for (const g of members) isMember[g] = 1;
  return Float64Array.from(fit.rows, (row) => (isMember[assigned.levels[row] ?? 0] ?? 0) * (post[row] ?? 0));
}

interface RegressionParts {
  readonly outcome: Float64Array;
  readonly shift: Float64Array;
  readonly clusters: Grouping;
}

/** Coefficients of outcome and shift on d, and the clustered variance of outcome - b shift as a polynomial in b. */
function regressionSums({ weights }: LinearFit, d: Float64Array, { outcome, shift, clusters }: RegressionParts) {
  let [dd, dy, dx] = [0, 0, 0];
  for (let i = 0; i < d.length; i++) {
    const weighted = (d[i] ?? 0) * (weights?.[i] ?? 1);
    dd += weighted * (d[i] ?? 0);
    dy += weighted * (outcome[i] ?? 0);
    dx += weighted * (shift[i] ?? 0);
  }
  const [beta, shiftBeta] = [dy / dd, dx / dd];
  const u = new Float64Array(clusters.count);
  const x = new Float64Array(clusters.count);
  for (let i = 0; i < d.length; i++) {
    const g = clusters.levels[i] ?? 0;
    const weighted = ((d[i] ?? 0) * (weights?.[i] ?? 1)) / dd;
    u[g] = (u[g] ?? 0) + weighted * ((outcome[i] ?? 0) - beta * (d[i] ?? 0));
    x[g] = (x[g] ?? 0) + weighted * ((shift[i] ?? 0) - shiftBeta * (d[i] ?? 0));
  }
  let [q0, q1, q2] = [0, 0, 0];
  u.forEach((value, g) => {
    q0 += value * value;
    q1 -= 2 * value * (x[g] ?? 0);
    q2 += (x[g] ?? 0) ** 2;
  });
  return { beta, shiftBeta, variance: [q0, q1, q2] };
}

function checkSides(treated: readonly boolean[], least: number): Outcome<null> {
  const count = treated.filter(Boolean).length;
  if (count === 0) return refuse("NO_TREATED_UNITS", "No cluster got the deploy.", "Name the treated units.");
  if (count === treated.length) {
    return refuse("NO_CONTROL_UNITS", "Every cluster got the deploy.", "Keep some units without it.");
  }
  if (Math.min(count, treated.length - count) >= least) return answer(null);
  return refuse(
    "TOO_FEW_CLUSTERS",
    "A studentized statistic needs at least two clusters on each side.",
    "Use the difference of means, or add units.",
    { treated: count, clusters: treated.length },
  );
}

function membersOf(treated: readonly boolean[]): Int32Array {
  return Int32Array.from(treated.flatMap((isTreated, i) => (isTreated ? [i] : [])));
}

function emptyStatistics(studentized: boolean): NullStatistics {
  return { studentized, p: [], s: [], q0: [], q1: [], q2: [] };
}

function push(table: NullStatistics, p: number, s: number, variance: readonly number[]): void {
  table.p.push(p);
  table.s.push(s);
  table.q0.push(variance[0] ?? 0);
  table.q1.push(variance[1] ?? 0);
  table.q2.push(variance[2] ?? 0);
}

/** The statistic of one assignment; infinite when it has a difference but no variance. */
function statisticAt({ studentized, p, s, q0, q1, q2 }: NullStatistics, i: number, b: number): number {
  const difference = (p[i] ?? 0) + b * (s[i] ?? 0);
  if (!studentized) return difference;
  const square = (q0[i] ?? 0) + b * ((q1[i] ?? 0) + b * (q2[i] ?? 0));
  return square > 1e-24 * difference ** 2 ? difference / Math.sqrt(square) : difference * Number.POSITIVE_INFINITY;
}

function finish(table: NullStatistics, space: AssignmentSpace, scale: number): Outcome<Randomization> {
  if (!(scale > 0) || !Number.isFinite(statisticAt(table, 0, 0))) {
    return refuse(
      "NO_VARIATION",
      "The changes of the clusters do not vary, so assignments cannot be told apart.",
      "Check that the series move at all.",
    );
  }
  const estimate = table.p[0] ?? Number.NaN;
  const test = (b: number): RandomizationTest => testAt(table, space, b);
  return answer({
    estimate,
    assignments: space.count,
    exact: space.exact,
    smallestP: space.smallestP,
    test,
    interval: (alpha) => hullOfNulls(estimate, scale / 8, (b) => test(b).pTwoSided > alpha),
  });
}

function testAt(table: NullStatistics, space: AssignmentSpace, b: number): RandomizationTest {
  const observed = statisticAt(table, 0, b);
  const guard = TIE * Math.abs(observed);
  let [extreme, upper, lower] = space.exact ? [0, 0, 0] : [1, 1, 1];
  for (let i = 1; i <= space.count; i++) {
    const statistic = statisticAt(table, i, b);
    if (!(Math.abs(statistic) < Math.abs(observed) - guard)) extreme++;
    if (!(statistic < observed - guard)) upper++;
    if (!(statistic > observed + guard)) lower++;
  }
  const total = space.count + (space.exact ? 0 : 1);
  return { statistic: observed, extreme, pTwoSided: extreme / total, pUpper: upper / total, pLower: lower / total };
}

function spread(changes: Float64Array): number {
  return Math.max(...changes) - Math.min(...changes);
}
