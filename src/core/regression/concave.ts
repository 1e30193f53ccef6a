import { Matrix } from "ml-matrix";
import { invertTriangle, orthogonalize } from "../linalg/gram-schmidt.ts";
import { dot, weightedDot } from "../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import type { NamedColumn } from "./sample.ts";

/** A concave objective sum_i f_i(eta_i) of a linear index eta = X b, all of it in one pass. */
export type IndexObjective = (index: Float64Array) => ObjectiveAt;

export interface ObjectiveAt {
  readonly value: number;
  /** f_i'. */
  readonly slope: Float64Array;
  /** -f_i'', zero or more. */
  readonly curvature: Float64Array;
}

export interface IndexFit {
  readonly coefficients: readonly number[];
  readonly index: Float64Array;
  /** Inverse of X' diag(-f'') X at the optimum. */
  readonly bread: Matrix;
  readonly iterations: number;
}

/** A column of which less than this share of its squared norm is its own is collinear. */
const COLLINEAR = 1e-10;
const MAX_ITERATIONS = 60;
const MAX_HALVINGS = 40;
/** Largest change of the index in the last step. Newton's steps converge quadratically: the next one is rounding. */
const CONVERGED = 1e-8;
/** Columns that turn collinear while the index is beyond this have lost their rows to probabilities of 0 or 1. */
const DIVERGED = 18;

/**
 * Maximises a concave function of a linear index by Newton's method with step halving.
 *
 * Formula: b <- b + (X' diag(-f'') X)^-1 X' f', halved until the objective does not fall.
 * Assumes: the optimum is finite; when it is not (separable groups), `onDivergence` makes the refusal from the row whose
 * index ran away furthest. Time O(iterations x rows x columns^2), memory O(rows x columns).
 * Source: Nelder and Wedderburn 1972 (iteratively reweighted least squares is this step).
 */
export function maximizeIndex(
  columns: readonly NamedColumn[],
  objective: IndexObjective,
  start: readonly number[],
  onDivergence: (row: number, index: number) => Outcome<never>,
): Outcome<IndexFit> {
  const design = columns.map((column) => column.values);
  let coefficients = [...start];
  let index = linearIndex(design, coefficients);
  let at = objective(index);
  for (let iterations = 1; iterations <= MAX_ITERATIONS; iterations++) {
    const { slope, curvature, value } = at;
    const bread = inverseCurvature(columns, curvature);
    if (!bread.ok) return runaway(index) > DIVERGED ? diverged(index, onDivergence) : bread;
    const gradient = design.map((column) => dot(column, slope));
    const direction = bread.value.mmul(Matrix.columnVector(gradient)).to1DArray();
    const step = lineSearch({ design, objective, coefficients, direction, value });
    const change = largestChange(step.index, index);
    ({ coefficients, index, at } = step);
    if (change < CONVERGED) return finish(columns, at.curvature, { coefficients, index, iterations });
  }
  return diverged(index, onDivergence);
}

function finish(
  columns: readonly NamedColumn[],
  curvature: Float64Array,
  state: Omit<IndexFit, "bread">,
): Outcome<IndexFit> {
  const bread = inverseCurvature(columns, curvature);
  return bread.ok ? answer({ ...state, bread: bread.value }) : bread;
}

export function linearIndex(design: readonly Float64Array[], coefficients: readonly number[]): Float64Array {
  const index = new Float64Array(design[0]?.length ?? 0);
  design.forEach((column, j) => {
    const b = coefficients[j] ?? 0;
    if (b === 0) return;
    for (let i = 0; i < index.length; i++) index[i] = (index[i] ?? 0) + b * (column[i] ?? 0);
  });
  return index;
}

/** (X' diag(h) X)^-1; refuses collinear columns by name. */
function inverseCurvature(columns: readonly NamedColumn[], curvature: Float64Array): Outcome<Matrix> {
  const design = columns.map((column) => column.values);
  const scales = design.map((column) => Math.max(weightedDot(column, column, curvature), Number.MIN_VALUE));
  const { dropped, triangle } = orthogonalize(design, curvature, scales, COLLINEAR);
  const extra = dropped[0];
  if (extra !== undefined) return collinear(columns[extra]?.name ?? "");
  const root = new Matrix(invertTriangle(triangle).map((row) => Array.from(row)));
  return answer(root.mmul(root.transpose()));
}

export function collinear(name: string): Outcome<never> {
  return refuse(
    "COLLINEAR",
    `The covariate ${name} is constant among the compared units or a combination of the other covariates.`,
    `Leave ${name} out.`,
    { covariate: name },
  );
}

interface Search {
  readonly design: readonly Float64Array[];
  readonly objective: IndexObjective;
  readonly coefficients: readonly number[];
  readonly direction: readonly number[];
  readonly value: number;
}

function lineSearch(search: Search): { coefficients: number[]; index: Float64Array; at: ObjectiveAt } {
  const { design, objective, coefficients, direction } = search;
  const slack = 1e-12 * Math.abs(search.value);
  for (let factor = 1, tries = 0; ; factor /= 2, tries++) {
    const next = coefficients.map((b, j) => b + factor * (direction[j] ?? 0));
    const index = linearIndex(design, next);
    const at = objective(index);
    if (at.value >= search.value - slack || tries === MAX_HALVINGS) return { coefficients: next, index, at };
  }
}

function largestChange(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return largest;
}

function runaway(index: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < index.length; i++) largest = Math.max(largest, Math.abs(index[i] ?? 0));
  return largest;
}

function diverged(index: Float64Array, onDivergence: (row: number, index: number) => Outcome<never>): Outcome<never> {
  const size = runaway(index);
  const row = index.findIndex((value) => Math.abs(value) === size);
  return onDivergence(row, index[row] ?? Number.NaN);
}
