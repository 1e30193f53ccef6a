import { countFinite, meanBetween } from "../../panel/panel.ts";
import {
  type ArModel,
  type ContrastPiece,
  type ImpulseResponse,
  impulseResponse,
  shockLoadings,
  shockLoadingsOf,
} from "../did-ar.ts";
import { effectiveDof } from "../did-time-variance.ts";
import type { Gap } from "./gaps.ts";

/** A run of grid steps of one gap and its share of the contrast. */
export interface Run {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly share: number;
}

/** Shares of one gap: sum over runs of share * (mean of the run - mean before the first wave). */
export interface Term {
  readonly gap: Gap;
  readonly runs: readonly Run[];
}

export interface ContrastVariance {
  readonly variance: number;
  readonly dof: number;
}

/** Steps before the first wave that an autoregression needs. */
const FEWEST_STEPS = 12;

/**
 * Value of a contrast of several gaps. Runs in which nothing was seen are left out and their share goes to the others;
 * NaN when nothing is left.
 */
export function contrastValue(terms: readonly Term[]): number {
  let [sum, seen, planned] = [0, 0, 0];
  for (const { gap, runs } of terms) {
    for (const { from, to, share } of runs) {
      planned += share;
      const value = meanBetween(gap.values, from, to, gap.totals) - gap.reference;
      if (!Number.isFinite(value)) continue;
      sum += share * value;
      seen += share;
    }
  }
  return seen === 0 ? Number.NaN : (sum * planned) / seen;
}

/**
 * Variance of a contrast of several gaps from their own past.
 *
 * Formula: each gap is an autoregression g^r_t = sum_j psi^r_j e^r_(t-j); with loadings l_r(s) = sum_t w^r_t psi^r_(t-s) on the
 * shock of time s, Var = sum_s sum_r,q S_rq l_r(s) l_q(s), where S_rq = corr(e^r, e^q) sigma_r sigma_q and the correlation is
 * that of the innovations before the first wave: gaps that share controls, or units, move together and this says by how much.
 * With one gap it is the variance of the default estimator. dof: sum V_r / sum (V_r / dof_r), V_r the variance of each gap's
 * share alone. Assumes: no gap depends on another one's past beyond its own. A gap that never moved adds nothing.
 * Units: squares of the gaps'. Complexity: gaps^2 x steps. Returns null when a gap was seen on fewer than 12 steps before.
 * Source: docs/designs/staggered.md; contrasts of seemingly unrelated autoregressions (Zellner 1962 for the idea).
 */
export function contrastVariance(terms: readonly Term[], end: number): ContrastVariance | null {
  const parts: Part[] = [];
  for (const term of terms) {
    const { gap } = term;
    if (countFinite(gap.values, 0, gap.preEnd) < FEWEST_STEPS) return null;
    const model = gap.model();
    if (model === null) continue;
    parts.push(partOf(term, model, end));
  }
  let [variance, alone, perDof] = [0, 0, 0];
  parts.forEach((a, r) => {
    for (const [q, b] of parts.slice(0, r + 1).entries()) {
      const product = a.model.sigma2 === 0 || b.model.sigma2 === 0 ? 0 : innovationCovariance(a, b) * overlap(a, b);
      variance += q === r ? product : 2 * product;
      if (q !== r) continue;
      alone += product;
      perDof += product / effectiveDof(a.model, a.response, end);
    }
  });
  return { variance: Math.max(0, variance), dof: perDof > 0 ? alone / perDof : 1 };
}

interface Part {
  readonly gap: Gap;
  readonly model: ArModel;
  readonly response: ImpulseResponse;
  /** By time of the shock: entry i is time i - reach. */
  readonly loadings: Float64Array;
  readonly reach: number;
}

function partOf({ gap, runs }: Term, model: ArModel, end: number): Part {
  const response = impulseResponse(model, end);
  const loadings =
    gap.totals === null
      ? shockLoadings(response, plannedPieces(runs, gap.preEnd), end)
      : shockLoadingsOf(response, weightedSteps(gap, gap.totals, runs, end));
  return { gap, model, response, loadings, reach: response.psi.length - 1 };
}

function plannedPieces(runs: readonly Run[], preEnd: number): ContrastPiece[] {
  const total = runs.reduce((sum, run) => sum + run.share, 0);
  return [
    { from: 0, to: preEnd, weight: -total / preEnd },
    ...runs.map(({ from, to, share }) => ({ from, to, weight: share / (to - from) })),
  ];
}

/** Weights per step when cells count differently: in each run, and before the first wave, in proportion to them. */
function weightedSteps(gap: Gap, totals: Float64Array, runs: readonly Run[], end: number): Float64Array {
  const weights = new Float64Array(end);
  const total = runs.reduce((sum, run) => sum + run.share, 0);
  for (const { from, to, share } of [{ from: 0, to: gap.preEnd, share: -total }, ...runs]) {
    let mass = 0;
    for (let t = from; t < to; t++) if (Number.isFinite(gap.values[t] as number)) mass += totals[t] as number;
    if (mass === 0) continue;
    for (let t = from; t < to; t++) {
      if (!Number.isFinite(gap.values[t] as number)) continue;
      weights[t] = (weights[t] as number) + (share * (totals[t] as number)) / mass;
    }
  }
  return weights;
}

function innovationCovariance(a: Part, b: Part): number {
  if (a.gap === b.gap) return a.model.sigma2;
  const [x, y] = [a.gap.innovations(), b.gap.innovations()];
  let [xx, yy, xy] = [0, 0, 0];
  for (let t = 0; t < x.length; t++) {
    const [left, right] = [x[t] as number, y[t] as number];
    if (!Number.isFinite(left) || !Number.isFinite(right)) continue;
    xx += left * left;
    yy += right * right;
    xy += left * right;
  }
  return xx > 0 && yy > 0 ? (xy / Math.sqrt(xx * yy)) * Math.sqrt(a.model.sigma2 * b.model.sigma2) : 0;
}

/** sum over shock times of the product of the loadings. */
function overlap(a: Part, b: Part): number {
  const reach = Math.min(a.reach, b.reach);
  const [fromA, fromB] = [a.reach - reach, b.reach - reach];
  const length = Math.min(a.loadings.length - fromA, b.loadings.length - fromB);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a.loadings[fromA + i] as number) * (b.loadings[fromB + i] as number);
  return sum;
}
