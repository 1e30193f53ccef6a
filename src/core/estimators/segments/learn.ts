import { Matrix, solve } from "ml-matrix";
import type { RandomStream } from "../../inference/random.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import type { Binned } from "./bins.ts";
import { growForest, predictForest } from "./forest.ts";
import type { SegmentUnits } from "./units.ts";

export type Learner = "forest" | "linear";

/** Ridge penalty on standardised slopes, in units of rows: nothing with many, a brake with few. */
const RIDGE = 1;
/** A forest for what is left of the controls' changes needs this many of them. */
const CONTROLS_FOR_FOREST = 200;

/**
 * Expected change without the treatment, as a function of the covariates, from training units.
 *
 * Formula: ridge regression of the controls' changes on the covariates, and with 200 or more controls an honest forest on
 * what it leaves. Source: Chernozhukov et al. 2018 (any learner will do when it has not seen the units it is applied to).
 */
export function learnUntreated(
  units: SegmentUnits,
  training: Int32Array,
  binned: Binned,
  random: RandomStream,
): (applied: Int32Array) => Float64Array {
  const controls = training.filter((u) => units.treated[u] === 0);
  const linear = ridge(units.covariates, controls, (u) => ({ scale: 1, value: units.changes[u] ?? 0 }));
  if (controls.length < CONTROLS_FOR_FOREST) return (applied) => Float64Array.from(applied, linear);
  const target = {
    numerator: units.changes.map((change, u) => change - linear(u)),
    denominator: new Float64Array(units.changes.length).fill(1),
  };
  const forest = growForest(controls, target, binned, random);
  return (applied) => {
    const rest = predictForest(forest, applied, binned);
    return Float64Array.from(applied, (u, i) => linear(u) + (rest[i] ?? 0));
  };
}

/**
 * Effect as a function of the covariates (R-learner), from training units: used to rank other units, never as an estimate.
 *
 * Formula: minimises sum ((Y - m0(x) - D t) - (D - e) (tau(x) - t))^2, t the mean effect in the training units; tau a causal
 * forest, or linear with a ridge.
 * Source: Nie and Wager 2021, Biometrika 108; Athey, Tibshirani and Wager 2019.
 */
export function learnEffect(
  units: SegmentUnits,
  training: Int32Array,
  { binned, random, learner }: { readonly binned: Binned; readonly random: RandomStream; readonly learner: Learner },
): (applied: Int32Array) => Float64Array {
  const { changes, treated, odds } = units;
  const controls = training.filter((u) => treated[u] === 0);
  const untreated = ridge(units.covariates, controls, (u) => ({ scale: 1, value: changes[u] ?? 0 }));
  const rest = changes.map((change, u) => change - untreated(u));
  const exposed = training.filter((u) => treated[u] === 1);
  const mean = exposed.reduce((sum, u) => sum + (rest[u] ?? 0), 0) / exposed.length;
  const propensity = odds.map((one) => one / (1 + one));
  const surprise = propensity.map((e, u) => (treated[u] ?? 0) - e);
  const left = rest.map((value, u) => value - (treated[u] ?? 0) * mean);
  if (learner === "linear") {
    const slope = ridge(units.covariates, training, (u) => ({ scale: surprise[u] ?? 0, value: left[u] ?? 0 }));
    return (applied) => Float64Array.from(applied, slope);
  }
  const target = {
    numerator: left.map((value, u) => value * (surprise[u] ?? 0)),
    denominator: surprise.map((value) => value ** 2),
  };
  const forest = growForest(training, target, binned, random);
  return (applied) => predictForest(forest, applied, binned);
}

/** Least squares of value on scale (1, x) with a small ridge on the slopes; answers b0 + x b. */
function ridge(
  columns: readonly NamedColumn[],
  rows: Int32Array,
  of: (unit: number) => { readonly scale: number; readonly value: number },
): (unit: number) => number {
  const size = columns.length + 1;
  const normal = Matrix.zeros(size, size);
  const right = Matrix.zeros(size, 1);
  const x = new Float64Array(size);
  for (const unit of rows) {
    const { scale, value } = of(unit);
    for (let j = 0; j < size; j++) x[j] = scale * (j === 0 ? 1 : (columns[j - 1]?.values[unit] ?? 0));
    for (let j = 0; j < size; j++) {
      right.set(j, 0, right.get(j, 0) + (x[j] ?? 0) * value);
      for (let k = 0; k <= j; k++) normal.set(j, k, normal.get(j, k) + (x[j] ?? 0) * (x[k] ?? 0));
    }
  }
  for (let j = 0; j < size; j++) {
    for (let k = 0; k < j; k++) normal.set(k, j, normal.get(j, k));
    normal.set(j, j, normal.get(j, j) + (j === 0 ? 1e-9 : RIDGE) * (normal.get(0, 0) / rows.length || 1));
  }
  const slopes = solve(normal, right).to1DArray();
  return (unit) =>
    columns.reduce((sum, { values }, j) => sum + (slopes[j + 1] ?? 0) * (values[unit] ?? 0), slopes[0] ?? 0);
}
