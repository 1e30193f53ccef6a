import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import { type Randomization, randomizeChanges, randomizeRegression } from "../../inference/randomization.ts";
import { welchTest } from "../../inference/two-sample.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import { restsOnOneCluster } from "../../vcov/bell-mccaffrey.ts";
import { VARIANCE_ESTIMATORS } from "../../vcov/index.ts";
import { type SplitModel, type SplitUnits, TERM } from "./model.ts";
import { unitErrors } from "./unit-errors.ts";

/** Errors of a split test; the first is the default. */
export const SPLIT_ERRORS = ["cr2", "welch", "cr1", "cr3", "hc1", "permutation"] as const;
export type SplitErrorName = (typeof SPLIT_ERRORS)[number];

/** Below this a t interval from clusters is not to be trusted (Imbens and Kolesar 2016; Pustejovsky and Tipton 2018). */
export const FEWEST_DOF = 4;

export interface SplitTest {
  readonly row: Coefficient;
  readonly clusters: number;
  /** The assignments behind a permutation test; null for errors. */
  readonly randomization: Randomization | null;
}

export interface ErrorRequest {
  readonly alpha: number;
  readonly seed: number;
}

/**
 * The effect with an error, or a permutation test, by name.
 *
 * Formula: `cr2`, `cr1`, `cr3`: clustered by unit, or by what was assigned; `welch`: Welch's t of the linearised values
 * R + w_i (R_i - R) / mean w of each side (without weights: of the values); `permutation`: exact up to 20,000
 * assignments, Welch's t as statistic, with covariates, weights or strata the t of the regression, the plain
 * difference where a side has one unit.
 * Assumes: units (clusters) are independent; nothing about serial correlation inside them.
 */
export function splitTest(
  units: SplitUnits,
  model: SplitModel,
  name: SplitErrorName,
  request: ErrorRequest,
): Outcome<SplitTest> {
  const clusters = units.clusters ?? unitGrouping(units);
  const sides = treatedClusters(units, clusters);
  if (name === "permutation") return permuted(units, model, clusters, sides, request);
  if (Math.min(sides.treated, sides.control) < 2) return oneCluster(sides);
  if (name === "welch") return welch(units, model, request);
  return clustered(units, model, clusters, { name, ...request });
}

function unitGrouping({ names }: SplitUnits): Grouping {
  return { name: "unit", levels: Int32Array.from(names, (_, i) => i), count: names.length };
}

interface ClusterSides {
  readonly treated: number;
  readonly control: number;
  /** Per cluster; null: one holds treated and control units. */
  readonly isTreated: readonly boolean[] | null;
}

function treatedClusters({ treated }: SplitUnits, clusters: Grouping): ClusterSides {
  const has = { treated: new Uint8Array(clusters.count), control: new Uint8Array(clusters.count) };
  clusters.levels.forEach((g, i) => {
    has[treated[i] === true ? "treated" : "control"][g] = 1;
  });
  const count = (side: Uint8Array): number => side.reduce((total, one) => total + one, 0);
  const isMixed = has.treated.some((one, g) => one === 1 && has.control[g] === 1);
  return {
    treated: count(has.treated),
    control: count(has.control),
    isTreated: isMixed ? null : Array.from(has.treated, (one) => one === 1),
  };
}

function oneCluster({ treated, control }: ClusterSides): Outcome<never> {
  const [side, other] = treated < 2 ? ["treated", "control"] : ["control", "treated"];
  return refuse(
    treated < 2 ? "ONE_TREATED_CLUSTER" : "TOO_FEW_CLUSTERS",
    `There is one ${side} cluster and ${treated < 2 ? control : treated} ${other}: the spread among ${side} clusters is not known.`,
    "Use --vcov permutation, or add units on that side.",
    { treatedClusters: treated, controlClusters: control },
  );
}

function clustered(
  units: SplitUnits,
  { fit }: SplitModel,
  clusters: Grouping,
  { name, alpha }: { readonly name: SplitErrorName; readonly alpha: number },
): Outcome<SplitTest> {
  const term = fit.terms.indexOf(TERM);
  const estimate = fit.coefficients[term] ?? Number.NaN;
  const tested = (variance: number, dof: number): Outcome<SplitTest> =>
    answer({
      row: studentInference("att", estimate, Math.sqrt(Math.max(0, variance)), { dof, alpha }),
      clusters: clusters.count,
      randomization: null,
    });
  if (name === "cr2" && units.clusters === null) {
    const error = unitErrors(fit, term);
    return error === null ? restsOnOneCluster(TERM) : tested(error.variance, error.dof);
  }
  const estimator = VARIANCE_ESTIMATORS.find(({ id }) => id === name);
  if (estimator === undefined) return refuse("NOT_ESTIMABLE", `There is no error called ${name}.`, "Choose another.");
  const estimated = estimator.estimate(fit, { clusters: [clusters] });
  if (!estimated.ok) return estimated;
  const { matrix, dof } = estimated.value;
  return tested(matrix.get(term, term), dof[term] ?? Number.NaN);
}

/** Welch's t on the linearised values of the two sides. */
function welch(units: SplitUnits, { fit }: SplitModel, { alpha }: ErrorRequest): Outcome<SplitTest> {
  if (fit.terms.length > 2 || units.clusters !== null) {
    return refuse(
      "NOT_ESTIMABLE",
      "Welch's test compares two sets of units without covariates, strata or clusters.",
      "Use --vcov cr2, which is the same error where both apply.",
    );
  }
  const row = welchTest(linearised(units, true), linearised(units, false), alpha);
  return answer({ row: { ...row, term: "att" }, clusters: units.names.length, randomization: null });
}

/** R + w_i (R_i - R) / mean w with R the ratio of sums of one side; without weights the values themselves. */
export function linearised({ values, weights, treated }: SplitUnits, side: boolean): Float64Array {
  const own = treated.flatMap((isTreated, i) => (isTreated === side ? [i] : []));
  if (weights === null) return Float64Array.from(own, (i) => values[i] ?? Number.NaN);
  const total = own.reduce((sum, i) => sum + (weights[i] ?? 0), 0);
  const ratio = own.reduce((sum, i) => sum + (weights[i] ?? 0) * (values[i] ?? 0), 0) / total;
  const scale = own.length / total;
  return Float64Array.from(own, (i) => ratio + (weights[i] ?? 0) * scale * ((values[i] ?? 0) - ratio));
}

function permuted(
  units: SplitUnits,
  { fit, adjustment }: SplitModel,
  clusters: Grouping,
  { treated, control, isTreated }: ClusterSides,
  { alpha, seed }: ErrorRequest,
): Outcome<SplitTest> {
  if (adjustment === "lin" || fit.terms.some((term) => term.startsWith(`${TERM}:`))) {
    return refuse(
      "NOT_ESTIMABLE",
      "A permutation test moves the treatment between units, and its interactions would have to move with it.",
      "Use --set adjust=cuped with it.",
    );
  }
  if (isTreated === null) {
    return refuse(
      "NOT_ESTIMABLE",
      `A cluster of ${clusters.name} holds treated and control units, so the treatment was not assigned to it.`,
      "Name what the treatment was assigned to, or leave out the cluster.",
    );
  }
  const few = Math.min(treated, control) < 2;
  const isPlain = fit.terms.length === 2 && units.weights === null && units.clusters === null && units.strata === null;
  const strata = clusterStrata(units, clusters);
  if (!strata.ok) return strata;
  const found = isPlain
    ? randomizeChanges(
        { changes: units.values, treated: units.treated, strata: null, seed },
        few ? "difference" : "welch",
      )
    : randomizeRegression(
        {
          fit,
          term: TERM,
          post: new Float64Array(fit.n).fill(1),
          assigned: clusters,
          treated: isTreated,
          strata: strata.value,
          seed,
        },
        few ? "beta" : "t",
      );
  if (!found.ok) return found;
  const { smallestP } = found.value;
  if (smallestP > alpha) return tooFewAssignments({ treated, control, smallestP, alpha });
  const test = found.value.test(0);
  const { low, high } = found.value.interval(alpha);
  const row: Coefficient = {
    term: "att",
    estimate: found.value.estimate,
    // a permutation test has neither a standard error nor degrees of freedom
    stdError: Number.NaN,
    statistic: test.statistic,
    dof: Number.NaN,
    pValue: test.pTwoSided,
    confLow: low,
    confHigh: high,
  };
  return answer({ row, clusters: clusters.count, randomization: found.value });
}

export function tooFewAssignments(facts: {
  readonly treated: number;
  readonly control: number;
  readonly smallestP: number;
  readonly alpha: number;
}): Outcome<never> {
  const { treated, control, smallestP, alpha } = facts;
  return refuse(
    "TOO_FEW_UNITS",
    `With ${treated} treated and ${control} control units the smallest p-value that a permutation test can give is ${smallestP.toPrecision(2)}, above ${alpha}.`,
    "Add units on the smaller side.",
    { ...facts },
  );
}

/** The stratum of every cluster; refuses a cluster in two of them. */
function clusterStrata({ strata }: SplitUnits, clusters: Grouping): Outcome<Int32Array | null> {
  if (strata === null) return answer(null);
  const owner = new Int32Array(clusters.count).fill(-1);
  for (let i = 0; i < strata.levels.length; i++) {
    const g = clusters.levels[i] ?? 0;
    const stratum = strata.levels[i] ?? 0;
    if (owner[g] !== -1 && owner[g] !== stratum) {
      return refuse(
        "NOT_ESTIMABLE",
        `A cluster of ${clusters.name} is in more than one stratum of ${strata.name}.`,
        "Give every cluster one stratum.",
      );
    }
    owner[g] = stratum;
  }
  return answer(owner);
}
