import { meanBetween } from "../../panel/panel.ts";
import {
  type ArModel,
  type ContrastPiece,
  contrastCovariance,
  fitAr,
  type ImpulseResponse,
  impulseResponse,
  shockLoadings,
} from "../did-ar.ts";
import { effectiveDof } from "../did-time-variance.ts";
import type { DonorTable } from "./table.ts";
import { binGap, binWeights, donorWeights, FOLDS, foldOf, type Spaces } from "./weights.ts";

/** A series compared with its synthetic counterpart; numbers in units of the table's series. */
export interface Comparison {
  readonly target: number;
  readonly donors: readonly number[];
  readonly omega: Float64Array;
  readonly lambda: Float64Array;
  /** Series less mixture at every step, weights from the whole pre window. */
  readonly gap: Float64Array;
  /** The same before the deploy, each quarter with weights from the other three. */
  readonly heldOut: Float64Array;
  /** Root mean square of the held-out gap and of the series itself around its mean, over bins. */
  readonly heldOutRmse: number;
  readonly effect: number;
  /** Reference level: the lambda-weighted gap before the deploy. */
  readonly level: number;
  readonly time: TimeDoubt | null;
}

export interface TimeDoubt {
  readonly model: ArModel;
  readonly response: ImpulseResponse;
  readonly variance: number;
  readonly dof: number;
}

export interface ComparisonRequest {
  readonly table: DonorTable;
  readonly spaces: Spaces;
  readonly target: number;
  readonly donors: readonly number[];
  readonly zeta: number;
  readonly zetaLambda: number;
  /** Where the search for lambda starts. */
  readonly lambda?: Float64Array;
}

export function compare(request: ComparisonRequest): Comparison {
  const { table, spaces, target, donors, zeta } = request;
  const omega = donorWeights(spaces.whole, target, donors, zeta);
  const folds = spaces.without.map((space) => donorWeights(space, target, donors, zeta, omega));
  const lambda = binWeights(table, donors, request.zetaLambda, request.lambda ?? null);
  const gap = gapOf(table, { target, donors, omega });
  const heldOut = heldOutGap(request, folds);
  const level = levelOf(table, target, gap, lambda);
  const { postStart, end } = table.window;
  return {
    target,
    donors,
    omega,
    lambda,
    gap,
    heldOut,
    heldOutRmse: heldOutError(table, target, donors, folds),
    effect: meanBetween(gap, postStart, end, table.traffic[target] ?? null) - level,
    level,
    time: timeDoubt(table, heldOut, lambda),
  };
}

/** The effect at given weights. */
export function effectAt(
  table: DonorTable,
  mix: { target: number; donors: readonly number[]; omega: Float64Array },
  lambda: Float64Array,
): number {
  return changeOf(table, mix.target, gapOf(table, mix), lambda);
}

function changeOf(table: DonorTable, target: number, gap: Float64Array, lambda: Float64Array): number {
  const { postStart, end } = table.window;
  return meanBetween(gap, postStart, end, table.traffic[target] ?? null) - levelOf(table, target, gap, lambda);
}

/** Series less the mixture of the donors seen at each step, on steps [from, to). */
export function gapOf(
  table: DonorTable,
  { target, donors, omega }: { target: number; donors: readonly number[]; omega: Float64Array },
  from = 0,
  to = table.window.end,
): Float64Array {
  const own = (table.series[target] as Float64Array).subarray(from, to);
  const sums = new Float64Array(own.length);
  const totals = new Float64Array(own.length);
  donors.forEach((j, k) => {
    const weight = omega[k] as number;
    if (weight === 0) return;
    const x = (table.series[j] as Float64Array).subarray(from, to);
    for (let t = 0; t < x.length; t++) {
      const value = x[t] as number;
      if (!Number.isFinite(value)) continue;
      sums[t] = (sums[t] as number) + weight * value;
      totals[t] = (totals[t] as number) + weight;
    }
  });
  return own.map((value, t) =>
    (totals[t] as number) > 0 ? value - (sums[t] as number) / (totals[t] as number) : Number.NaN,
  );
}

function heldOutGap({ table, target, donors }: ComparisonRequest, folds: readonly Float64Array[]): Float64Array {
  const { preEnd } = table.window;
  const result = new Float64Array(preEnd).fill(Number.NaN);
  let from = 0;
  for (let k = 0; k < FOLDS; k++) {
    const last = table.bins.filter((_, b) => foldOf(b, table.bins.length) === k).at(-1);
    const to = k === FOLDS - 1 ? preEnd : (last?.to ?? from);
    result.set(gapOf(table, { target, donors, omega: folds[k] as Float64Array }, from, to), from);
    from = to;
  }
  return result;
}

/** Root mean square over bins of what weights and level of the other quarters leave. */
export function heldOutError(
  table: DonorTable,
  target: number,
  donors: readonly number[],
  folds: readonly Float64Array[],
): number {
  const count = table.bins.length;
  let squares = 0;
  folds.forEach((omega, k) => {
    const gap = binGap(table, target, donors, omega);
    const inside = gap.filter((_, b) => foldOf(b, count) === k);
    const outside = gap.filter((_, b) => foldOf(b, count) !== k);
    const level = outside.reduce((a, v) => a + v, 0) / outside.length;
    for (const value of inside) squares += (value - level) ** 2;
  });
  return Math.sqrt(squares / count);
}

function levelOf(table: DonorTable, target: number, gap: Float64Array, lambda: Float64Array): number {
  let level = 0;
  table.bins.forEach((bin, b) => {
    const weight = lambda[b] as number;
    if (weight !== 0) level += weight * meanBetween(gap, bin.from, bin.to, table.traffic[target] ?? null);
  });
  return level;
}

/** Weights of (post mean - lambda-weighted pre mean) per step. */
export function contrastOf(table: DonorTable, lambda: Float64Array): ContrastPiece[] {
  const { postStart, end } = table.window;
  return [...referenceOf(table, lambda), { from: postStart, to: end, weight: 1 / (end - postStart) }];
}

/** The part before the deploy: it sums to -1. */
export function referenceOf(table: DonorTable, lambda: Float64Array): ContrastPiece[] {
  return table.bins
    .map(({ from, to }, b) => ({ from, to, weight: -(lambda[b] as number) / (to - from) }))
    .filter(({ weight }) => weight !== 0);
}

function timeDoubt(table: DonorTable, heldOut: Float64Array, lambda: Float64Array): TimeDoubt | null {
  const { preEnd, end } = table.window;
  const model = fitAr(heldOut, preEnd, table.size);
  if (model === null) return null;
  const response = impulseResponse(model, end);
  const loadings = shockLoadings(response, contrastOf(table, lambda), end);
  const variance = contrastCovariance(response, loadings, loadings);
  if (!(variance > 0) || !Number.isFinite(variance)) return null;
  return { model, response, variance, dof: effectiveDof(model, response, end) };
}
