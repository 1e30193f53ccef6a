import { dot, mean } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Block, blockRow } from "./block.ts";
import { frankWolfeWeights } from "./frank-wolfe.ts";
import { type SimplexProblem, simplexWeights } from "./simplex.ts";

/** `did`: equal weights; `sc`: synthetic control (unit weights, no level shift); `synthdid`: both sets of weights. */
export type SyntheticMethod = "did" | "sc" | "synthdid";

/** `exact`: the optimum; `frank-wolfe`: the R package's early-stopped iteration. */
export type SyntheticSolver = "exact" | "frank-wolfe";

/** What regularises the weights; units of the outcome. */
export interface Regularization {
  /** Standard deviation of one-period changes of controls before the treatment. */
  readonly noise: number;
  readonly zetaOmega: number;
  readonly zetaLambda: number;
}

export interface SyntheticOptions {
  readonly method: SyntheticMethod;
  readonly solver: SyntheticSolver;
  /** Left out: from the data. */
  readonly regularization?: Regularization;
}

export interface SyntheticFit {
  readonly estimate: number;
  /** Weight of each control. */
  readonly omega: Float64Array;
  /** Weight of each pre period; all zero for `sc`. */
  readonly lambda: Float64Array;
  /** Treated mean less weighted controls, per period, less its lambda-weighted pre level. */
  readonly curve: Float64Array;
  /** Root mean square of the pre-period gap, for `synthdid` and `did` around its mean. */
  readonly preRmspe: number;
  readonly regularization: Regularization;
}

/**
 * Synthetic difference-in-differences, synthetic control or plain difference-in-differences on a block.
 *
 * Formula: estimate = (mean treated - sum omega_i Y_i)(mean post - sum lambda_t Y_t). Unit weights minimise
 * sum_t (a + sum_i omega_i Y_it - mean treated_t)^2 + T0 zeta^2 ||omega||^2 on the simplex (a = 0 for `sc`), period
 * weights the same across controls towards the post mean.
 * zeta_omega = (N1 T1)^(1/4) noise for `synthdid` and 1e-6 noise for `sc`, zeta_lambda = 1e-6 noise.
 * Assumes: the treated units' untreated path is such a mixture of the controls up to a constant; no control is affected.
 * Complexity: memory as the block, times three; time O(N T) per step of the weights' search.
 * Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, American Economic Review 111(12); Abadie, Diamond and
 * Hainmueller 2010, JASA 105.
 */
export function fitSynthetic(block: Block, options: SyntheticOptions): Outcome<SyntheticFit> {
  const { controls, pre } = block;
  const regularization = options.regularization ?? regularizationOf(block, options.method);
  if (options.method !== "did" && !(regularization.noise > 0)) {
    return refuse(
      "NO_VARIATION",
      "No control unit changes before the treatment, so no weights can be chosen.",
      "Check the outcome column, or use plain difference-in-differences.",
      { controls },
    );
  }
  const search = (problem: SimplexProblem): Float64Array =>
    options.solver === "exact" ? simplexWeights(problem) : frankWolfeWeights(problem, 1e-5 * regularization.noise);
  const treated = treatedMean(block);
  const omega =
    options.method === "did"
      ? new Float64Array(controls).fill(1 / controls)
      : search(unitProblem(block, treated, regularization.zetaOmega, options.method === "synthdid"));
  const lambda =
    options.method === "did"
      ? new Float64Array(pre).fill(1 / pre)
      : options.method === "sc"
        ? new Float64Array(pre)
        : search(periodProblem(block, regularization.zetaLambda));
  return answer(evaluate(block, { omega, lambda, regularization, centred: options.method !== "sc" }));
}

interface Weights {
  readonly omega: Float64Array;
  readonly lambda: Float64Array;
  readonly regularization: Regularization;
  readonly centred: boolean;
}

/** The estimate and its path at given weights. */
export function evaluate(block: Block, weights: Weights): SyntheticFit {
  const { pre } = block;
  const gap = treatedMean(block);
  weights.omega.forEach((weight, i) => {
    if (weight === 0) return;
    const row = blockRow(block, i);
    for (let t = 0; t < gap.length; t++) gap[t] = (gap[t] as number) - weight * (row[t] as number);
  });
  const preGap = gap.subarray(0, pre);
  const level = dot(weights.lambda, preGap);
  const middle = weights.centred ? mean(preGap) : 0;
  return {
    estimate: mean(gap.subarray(pre)) - level,
    omega: weights.omega,
    lambda: weights.lambda,
    curve: gap.map((value) => value - level),
    preRmspe: Math.sqrt(mean(preGap.map((value) => (value - middle) ** 2))),
    regularization: weights.regularization,
  };
}

/** Mean over the treated units, per period. */
export function treatedMean(block: Block): Float64Array {
  const result = new Float64Array(block.periods.length);
  const treated = block.units.length - block.controls;
  for (let u = block.controls; u < block.units.length; u++) {
    const row = blockRow(block, u);
    for (let t = 0; t < result.length; t++) result[t] = (result[t] as number) + (row[t] as number) / treated;
  }
  return result;
}

export function regularizationOf(block: Block, method: SyntheticMethod): Regularization {
  const noise = noiseLevel(block);
  const treatedCells = (block.units.length - block.controls) * (block.periods.length - block.pre);
  return { noise, zetaOmega: (method === "sc" ? 1e-6 : treatedCells ** 0.25) * noise, zetaLambda: 1e-6 * noise };
}

/** Standard deviation (n - 1) of the pooled one-period changes of the controls before the treatment. */
function noiseLevel(block: Block): number {
  const count = block.controls * (block.pre - 1);
  const pass = (visit: (change: number) => void): void => {
    for (let u = 0; u < block.controls; u++) {
      const row = blockRow(block, u);
      for (let t = 1; t < block.pre; t++) visit((row[t] as number) - (row[t - 1] as number));
    }
  };
  let total = 0;
  pass((change) => {
    total += change;
  });
  let squares = 0;
  pass((change) => {
    squares += (change - total / count) ** 2;
  });
  const level = Math.sqrt(squares / (count - 1));
  const size = block.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return level > 1e-12 * size ? level : 0;
}

function unitProblem(block: Block, treated: Float64Array, zeta: number, centre: boolean): SimplexProblem {
  const { pre } = block;
  const differences = Array.from({ length: block.controls }, (_, u) => {
    const row = blockRow(block, u);
    const column = new Float64Array(pre);
    for (let t = 0; t < pre; t++) column[t] = (row[t] as number) - (treated[t] as number);
    return centre ? centred(column) : column;
  });
  return { differences, ridge: pre * zeta * zeta };
}

function periodProblem(block: Block, zeta: number): SimplexProblem {
  const { controls, pre } = block;
  const target = Float64Array.from({ length: controls }, (_, u) => mean(blockRow(block, u).subarray(pre)));
  const differences = Array.from({ length: pre }, () => new Float64Array(controls));
  for (let u = 0; u < controls; u++) {
    const row = blockRow(block, u);
    for (let t = 0; t < pre; t++) (differences[t] as Float64Array)[u] = (row[t] as number) - (target[u] as number);
  }
  return { differences: differences.map(centred), ridge: controls * zeta * zeta };
}

function centred(column: Float64Array): Float64Array {
  const middle = mean(column);
  return column.map((value) => value - middle);
}
