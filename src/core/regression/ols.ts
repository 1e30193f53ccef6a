import { Matrix } from "ml-matrix";
import { weightedDot, weightedMean } from "../linalg/kernels.ts";
import { solveColumns } from "../linalg/solve-columns.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import type { Grouping } from "./effects.ts";
import { type Model, pick, pickEffects, usableRows } from "./sample.ts";
import type { TwoWaySystem } from "./two-way.ts";
import { directSystem, isBalancedPair, type Within, withinTransform } from "./within.ts";

/** A column whose squared norm shrinks below this share after the effects and earlier columns is collinear. */
const COLLINEAR = 1e-10;

export interface LinearFit {
  readonly terms: readonly string[];
  readonly coefficients: readonly number[];
  /** Names of columns that the effects and earlier columns span, first come first kept. */
  readonly dropped: readonly string[];
  /** Rows of the input that were used. */
  readonly rows: Int32Array;
  readonly n: number;
  readonly weights: Float64Array | null;
  readonly effects: readonly Grouping[];
  readonly within: Within;
  /** Normal equations of two effect sets, made on first use; null when they are not solved directly. */
  readonly system: (() => TwoWaySystem) | null;
  /** Two effect sets, every pair of their levels once, no weights. */
  readonly balanced: boolean;
  readonly outcome: Float64Array;
  /** Outcome after the effects are taken out. */
  readonly outcomeWithin: Float64Array;
  /** Kept columns after the effects are taken out. */
  readonly columns: readonly Float64Array[];
  readonly residuals: Float64Array;
  /** Weighted sum of squared residuals. */
  readonly ssr: number;
  /** (X'WX)^-1 of the kept columns. */
  readonly bread: Matrix;
  /** Slopes plus all effects less one per effect set beyond the first, as fixest counts. */
  readonly parameters: number;
}

/**
 * (Weighted) least squares with absorbed fixed effects.
 *
 * Formula: b = (X'WX)^-1 X'Wy on columns with the effects taken out (Frisch-Waugh-Lovell), by orthogonalisation.
 * Assumes: weights are analytic; n is the number of rows used.
 * Source: Frisch and Waugh 1933; Lovell 1963.
 */
export function leastSquares(model: Model): Outcome<LinearFit> {
  const rows = usableRows(model);
  if (rows.length === 0) {
    return refuse("NO_DATA", "No row has an outcome, covariates and a positive weight.", "Check for missing values.");
  }
  const effects = pickEffects(model.effects, rows);
  const weights = model.weights ? pick(model.weights, rows) : null;
  const system = directSystem(effects, weights);
  const balanced = isBalancedPair(effects, weights);
  const within = withinTransform(effects, weights, { system, balanced });
  const scales: number[] = [];
  const transformed = model.columns.map((column) => {
    const values = pick(column.values, rows);
    scales.push(centredSquare(values, weights, effects.length > 0));
    return within(values);
  });
  const outcome = pick(model.outcome, rows);
  const outcomeWithin = within(outcome);
  const { kept, dropped, inverse, loadings, residuals } = solveColumns(transformed, outcomeWithin, {
    weights,
    scales,
    tolerance: COLLINEAR,
  });
  if (kept.length === 0 && model.columns.length > 0) return nothingVaries(model);
  const root = new Matrix(inverse.map((row) => Array.from(row)));
  return answer({
    terms: kept.map((j) => model.columns[j]?.name ?? ""),
    coefficients: inverse.map((row) => row.reduce((total, value, j) => total + value * (loadings[j] ?? 0), 0)),
    dropped: dropped.map((j) => model.columns[j]?.name ?? ""),
    rows,
    n: rows.length,
    weights,
    effects,
    within,
    system,
    balanced,
    outcome,
    outcomeWithin,
    columns: kept.map((j) => transformed[j] ?? new Float64Array(0)),
    residuals,
    ssr: weightedDot(residuals, residuals, weights),
    bread: root.mmul(root.transpose()),
    parameters: kept.length + effectParameters(effects),
  });
}

function nothingVaries(model: Model): Outcome<LinearFit> {
  const names = model.columns.map((column) => column.name).join(", ");
  return refuse(
    "NOT_ESTIMABLE",
    `Nothing is left of ${names} once the fixed effects are taken out.`,
    "Give units that change at different times, or leave these terms out.",
    { terms: names },
  );
}

export function effectParameters(effects: readonly Grouping[]): number {
  const levels = effects.reduce((total, effect) => total + effect.count, 0);
  return levels - Math.max(0, effects.length - 1);
}

function centredSquare(column: Float64Array, weights: Float64Array | null, centre: boolean): number {
  const middle = centre ? weightedMean(column, weights) : 0;
  let square = 0;
  let shifted = 0;
  for (let i = 0; i < column.length; i++) {
    const value = column[i] ?? 0;
    const weight = weights === null ? 1 : (weights[i] ?? 0);
    square += weight * value * value;
    shifted += weight * (value - middle) * (value - middle);
  }
  // a constant column has only rounding left after centring: its own size is the yardstick then
  return Math.max(shifted, 1e-12 * square, Number.MIN_VALUE);
}

/** sqrt(SSR / (n - parameters)). */
export function residualScale(fit: LinearFit): number {
  return Math.sqrt(fit.ssr / (fit.n - fit.parameters));
}

/** Share of the outcome's weighted variation that the whole model explains. */
export function rSquared(fit: LinearFit): number {
  const { outcome, weights } = fit;
  const middle = weightedMean(outcome, weights);
  let square = 0;
  for (let i = 0; i < outcome.length; i++) {
    square += (weights === null ? 1 : (weights[i] ?? 0)) * ((outcome[i] ?? 0) - middle) ** 2;
  }
  return 1 - fit.ssr / square;
}

/** Share of what is left after the effects that the columns explain. */
export function withinRSquared(fit: LinearFit): number {
  return 1 - fit.ssr / weightedDot(fit.outcomeWithin, fit.outcomeWithin, fit.weights);
}
