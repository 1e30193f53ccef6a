import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, groupBy } from "../regression/effects.ts";
import { type LinearFit, leastSquares } from "../regression/ols.ts";
import { cr1 } from "../vcov/cr1.ts";
import { cr2 } from "../vcov/cr2.ts";
import { cr3 } from "../vcov/cr3.ts";
import { hc1 } from "../vcov/hc1.ts";
import type { VarianceEstimator } from "../vcov/variance.ts";
import { gapRegression, neweyWestAutomatic } from "./gap-series.ts";

export type DidInferenceName = "cr1" | "cr2" | "cr3" | "hc1" | "newey-west";

/** Cells of units x steps, unit-major: values[u * steps + t]; NaN is missing. */
export interface DidPanel {
  readonly values: Float64Array;
  readonly units: number;
  readonly steps: number;
  readonly treated: readonly boolean[];
  /** Cluster number of each unit: what the deploy was assigned to. */
  readonly clusters: readonly number[];
  /** Step numbers of the two windows. */
  readonly pre: readonly number[];
  readonly post: readonly number[];
  /** Analytic weights, one per unit or one per cell; cells of weight 0 are left out. */
  readonly weights?: Float64Array;
}

export interface DidInference {
  readonly att: number;
  readonly stdError: number;
  readonly dof: number;
  /** Clusters behind the error; null for errors that do not cluster. */
  readonly clusters: number | null;
  readonly method: string;
}

const BY_NAME: Readonly<Record<Exclude<DidInferenceName, "newey-west">, VarianceEstimator>> = { cr1, cr2, cr3, hc1 };

/** A standard error this small against the outcome is rounding. */
const ROUNDING = 1e-12;

/**
 * Two-way fixed effects difference-in-differences on the panel's cells with a named variance.
 *
 * Formula: y_ut = unit_u + time_t + att * treated_u * post_t, weighted least squares; `newey-west` regresses the mean
 * treated minus mean control series (units centred at their pre mean) on `post` and uses the automatic Bartlett lag of
 * Newey and West 1994 with the factor n / (n - 2).
 * Units: those of the values.
 * Source: see vcov and gap-series.
 */
export function didInference(name: DidInferenceName, panel: DidPanel): Outcome<DidInference> {
  const usable = usableUnits(panel);
  const refusal = checkUnits(panel, usable) ?? (name.startsWith("cr") ? checkClusters(panel, usable) : null);
  if (refusal) return refusal;
  const estimated = name === "newey-west" ? gapInference(panel, usable) : cellInference(BY_NAME[name], panel, usable);
  if (!estimated.ok) return estimated;
  const { stdError } = estimated.value;
  if (!(stdError > ROUNDING * magnitude(panel, usable))) {
    return refuse(
      "NO_VARIATION",
      "The series leave no variation from which an error of the effect could be estimated.",
      "Check that the metric moves at all in both windows.",
      { stdError: Number.isFinite(stdError) ? stdError : null },
    );
  }
  return estimated;
}

function cellWeight(panel: DidPanel, unit: number, step: number): number {
  const { weights, units, steps } = panel;
  if (!weights) return 1;
  return (weights.length === units * steps ? weights[unit * steps + step] : weights[unit]) ?? 0;
}

function hasCell(panel: DidPanel, unit: number, step: number): boolean {
  return !Number.isNaN(panel.values[unit * panel.steps + step] ?? Number.NaN) && cellWeight(panel, unit, step) > 0;
}

/** Units with a cell on both sides of the deploy: only they say anything about a change. */
function usableUnits(panel: DidPanel): number[] {
  const units: number[] = [];
  for (let unit = 0; unit < panel.units; unit++) {
    const has = (step: number): boolean => hasCell(panel, unit, step);
    if (panel.pre.some(has) && panel.post.some(has)) units.push(unit);
  }
  return units;
}

function checkUnits(panel: DidPanel, usable: readonly number[]): Outcome<never> | null {
  const treated = usable.filter((unit) => panel.treated[unit]).length;
  const hint = "Check the unit label and the windows.";
  if (treated === 0) {
    return refuse("NO_TREATED_UNITS", "No treated unit has data on both sides of the deploy.", hint);
  }
  if (treated === usable.length) {
    return refuse("NO_CONTROL_UNITS", "No control unit has data on both sides of the deploy.", hint);
  }
  return null;
}

function checkClusters(panel: DidPanel, usable: readonly number[]): Outcome<never> | null {
  const clustersWhere = (treated: boolean): number =>
    new Set(usable.filter((unit) => panel.treated[unit] === treated).map((unit) => panel.clusters[unit])).size;
  const treated = clustersWhere(true);
  const control = clustersWhere(false);
  if (treated === 1) {
    return refuse(
      "ONE_TREATED_CLUSTER",
      "Only one cluster got the deploy, so a cluster-robust error would be far too small.",
      "Use the default inference or permutation, or deploy to more clusters.",
      { treatedClusters: treated, controlClusters: control },
    );
  }
  if (control < 2) {
    return refuse(
      "TOO_FEW_CLUSTERS",
      `A cluster-robust error needs at least two control clusters, there is ${control}.`,
      "Use the default inference, or name smaller clusters.",
      { treatedClusters: treated, controlClusters: control },
    );
  }
  return null;
}

interface CellRows {
  readonly outcome: Float64Array;
  readonly treatment: Float64Array;
  readonly weights: Float64Array;
  readonly unit: Int32Array;
  readonly step: Int32Array;
}

function cellRows(panel: DidPanel, usable: readonly number[]): CellRows {
  const steps = [...panel.pre.map((step) => ({ step, post: 0 })), ...panel.post.map((step) => ({ step, post: 1 }))];
  const capacity = usable.length * steps.length;
  const rows = {
    outcome: new Float64Array(capacity),
    treatment: new Float64Array(capacity),
    weights: new Float64Array(capacity),
    unit: new Int32Array(capacity),
    step: new Int32Array(capacity),
  };
  let n = 0;
  for (const unit of usable) {
    for (const { step, post } of steps) {
      if (!hasCell(panel, unit, step)) continue;
      rows.outcome[n] = panel.values[unit * panel.steps + step] ?? Number.NaN;
      rows.treatment[n] = panel.treated[unit] ? post : 0;
      rows.weights[n] = cellWeight(panel, unit, step);
      rows.unit[n] = unit;
      rows.step[n] = step;
      n++;
    }
  }
  return {
    outcome: rows.outcome.subarray(0, n),
    treatment: rows.treatment.subarray(0, n),
    weights: rows.weights.subarray(0, n),
    unit: rows.unit.subarray(0, n),
    step: rows.step.subarray(0, n),
  };
}

function cellInference(
  estimator: VarianceEstimator,
  panel: DidPanel,
  usable: readonly number[],
): Outcome<DidInference> {
  const rows = cellRows(panel, usable);
  const grouping = (name: string, keys: Int32Array): Grouping => groupBy(name, Array.from(keys));
  const clusters = grouping(
    "cluster",
    rows.unit.map((unit) => panel.clusters[unit] ?? -1),
  );
  const fit = leastSquares({
    outcome: rows.outcome,
    columns: [{ name: "treated after deploy", values: rows.treatment }],
    effects: [grouping("unit", rows.unit), grouping("time", rows.step)],
    ...(panel.weights ? { weights: rows.weights } : {}),
    singletons: "keep",
  });
  if (!fit.ok) return fit;
  return tableOf(estimator, fit.value, clusters);
}

function tableOf(estimator: VarianceEstimator, fit: LinearFit, clusters: Grouping): Outcome<DidInference> {
  const variance = estimator.estimate(fit, { clusters: [clusters] });
  if (!variance.ok) return variance;
  return answer({
    att: fit.coefficients[0] ?? Number.NaN,
    stdError: Math.sqrt(variance.value.matrix.get(0, 0)),
    dof: variance.value.dof[0] ?? Number.NaN,
    clusters: variance.value.clusters,
    method: estimator.id,
  });
}

/** Mean treated minus mean control per step, units centred at their own pre mean; steps without both arms are left out. */
function gapInference(panel: DidPanel, usable: readonly number[]): Outcome<DidInference> {
  const centres = usable.map((unit) => preMean(panel, unit));
  const gap: number[] = [];
  const post: number[] = [];
  const sorted = [...panel.pre.map((step) => [step, 0] as const), ...panel.post.map((step) => [step, 1] as const)].sort(
    (a, b) => a[0] - b[0],
  );
  for (const [step, isPost] of sorted) {
    const value = armMean(panel, usable, centres, step, true) - armMean(panel, usable, centres, step, false);
    if (Number.isNaN(value)) continue;
    gap.push(value);
    post.push(isPost);
  }
  const regression = gapRegression(Float64Array.from(gap), Float64Array.from(post), [], 0.05);
  if (!regression.ok) return regression;
  if (gap.length < 10) {
    return refuse(
      "PRE_TOO_SHORT",
      `A Newey-West error needs at least ten steps, there are ${gap.length}.`,
      "Give longer windows.",
    );
  }
  const { row, bandwidth } = neweyWestAutomatic(regression.value, { prewhite: false, adjust: true });
  const method = `newey-west, automatic lag ${Math.floor(bandwidth)} of ${gap.length} steps`;
  return answer({ att: row.estimate, stdError: row.stdError, dof: row.dof, clusters: null, method });
}

function preMean(panel: DidPanel, unit: number): number {
  let total = 0;
  let weightTotal = 0;
  for (const step of panel.pre) {
    if (!hasCell(panel, unit, step)) continue;
    const weight = cellWeight(panel, unit, step);
    total += weight * (panel.values[unit * panel.steps + step] ?? 0);
    weightTotal += weight;
  }
  return total / weightTotal;
}

function armMean(
  panel: DidPanel,
  usable: readonly number[],
  centres: readonly number[],
  step: number,
  treated: boolean,
): number {
  let total = 0;
  let weightTotal = 0;
  usable.forEach((unit, i) => {
    if (panel.treated[unit] !== treated || !hasCell(panel, unit, step)) return;
    const weight = cellWeight(panel, unit, step);
    total += weight * ((panel.values[unit * panel.steps + step] ?? 0) - (centres[i] ?? 0));
    weightTotal += weight;
  });
  return total / weightTotal;
}

/** Root mean square of the usable cells. */
function magnitude(panel: DidPanel, usable: readonly number[]): number {
  let squares = 0;
  let count = 0;
  for (const unit of usable) {
    for (const step of [...panel.pre, ...panel.post]) {
      if (!hasCell(panel, unit, step)) continue;
      squares += (panel.values[unit * panel.steps + step] ?? 0) ** 2;
      count++;
    }
  }
  return Math.sqrt(squares / count);
}
