import type { Matrix } from "ml-matrix";
import { bilinear } from "../../linalg/dense.ts";
import { type Matching, usage } from "./match.ts";
import { type MatchSpace, nearest } from "./neighbours.ts";

export interface MatchedEffect {
  readonly att: number;
  /** Change of each matched treated unit less that of its matches. */
  readonly differences: Float64Array;
}

/** Mean over matched treated units of their change less the mean change of their matches. */
export function matchedEffect(change: Float64Array, { treated, matches }: Matching): MatchedEffect {
  const differences = Float64Array.from(treated, (unit, k) => {
    const counterfactual = (matches[k] ?? []).reduce((total, one) => total + one.weight * (change[one.unit] ?? 0), 0);
    return (change[unit] ?? 0) - counterfactual;
  });
  return { att: differences.reduce((total, value) => total + value, 0) / differences.length, differences };
}

/**
 * Variance of the effect on the treated when controls stand for several treated units.
 *
 * Formula: [sum over treated (d_i - att)^2 + sum over controls (K_j^2 - K'_j) s_j^2] / n_1^2, K the weights a control has, K'
 * their squares, s_j^2 = J / (J + 1) (y_j - mean of its J nearest controls)^2.
 * Assumes: what was matched on was not estimated; see scoreCorrection. Source: Abadie and Imbens 2006, theorem 7.
 */
export function abadieImbensVariance(
  units: { readonly change: Float64Array; readonly treated: Float64Array },
  space: MatchSpace,
  matching: Matching,
  { att, differences }: MatchedEffect,
  neighbours: number,
): number {
  const { sums, squares } = usage(units.change.length, matching);
  const controls = Array.from(units.treated, (_, i) => i).filter((i) => units.treated[i] === 0);
  let total = differences.reduce((sum, value) => sum + (value - att) ** 2, 0);
  for (const unit of controls) {
    const factor = (sums[unit] ?? 0) ** 2 - (squares[unit] ?? 0);
    if (!(factor > 0)) continue;
    total += factor * noiseOf(units.change, space, unit, controls, neighbours);
  }
  return total / differences.length ** 2;
}

function noiseOf(
  change: Float64Array,
  space: MatchSpace,
  unit: number,
  group: readonly number[],
  neighbours: number,
): number {
  const near = nearest(
    space,
    unit,
    group.filter((one) => one !== unit),
    { neighbours, caliper: null },
  );
  const mean = near.reduce((total, one) => total + one.weight * (change[one.unit] ?? 0), 0);
  return (near.length / (near.length + 1)) * ((change[unit] ?? 0) - mean) ** 2;
}

/** What a logistic propensity was estimated with. */
export interface EstimatedScore {
  /** A column of ones and the covariates. */
  readonly design: readonly Float64Array[];
  readonly propensity: Float64Array;
  /** Inverse information of the logit's coefficients. */
  readonly bread: Matrix;
}

/**
 * What the estimation of the propensity score adds to the variance (often less than nothing).
 *
 * Formula: -c'B c + g'B g, B the inverse information; c = 1/n_1 sum p(1 - p) (cov(x, y | p, treated) + p/(1 - p)
 * cov(x, y | p, control)), g = 1/sum p sum x p(1 - p) (m_1 - m_0 - att); covariances and means of the nearest two of each group
 * by the score.
 * Assumes: the logit is right. Source: Abadie and Imbens 2016, Econometrica 84, theorem 2.
 */
export function scoreCorrection(
  units: { readonly change: Float64Array; readonly treated: Float64Array },
  space: MatchSpace,
  att: number,
  { design, propensity, bread }: EstimatedScore,
): number {
  const n = units.change.length;
  const groups = [0, 1].map((d) => Array.from({ length: n }, (_, i) => i).filter((i) => units.treated[i] === d));
  const c = design.map(() => 0);
  const g = design.map(() => 0);
  let scores = 0;
  for (let i = 0; i < n; i++) {
    const p = propensity[i] ?? 0;
    const slope = p * (1 - p);
    const control = localMoments(units.change, space, design, { unit: i, group: groups[0] ?? [] });
    const treated = localMoments(units.change, space, design, { unit: i, group: groups[1] ?? [] });
    design.forEach((column, j) => {
      c[j] = (c[j] ?? 0) + slope * ((treated.covariances[j] ?? 0) + (p / (1 - p)) * (control.covariances[j] ?? 0));
      g[j] = (g[j] ?? 0) + (column[i] ?? 0) * slope * (treated.mean - control.mean - att);
    });
    scores += p;
  }
  const treatedCount = groups[1]?.length ?? 0;
  const scaledC = c.map((value) => value / treatedCount);
  const scaledG = g.map((value) => value / scores);
  return bilinear(scaledG, bread, scaledG) - bilinear(scaledC, bread, scaledC);
}

const LOCAL = 2;

/** Mean of y and covariances of x and y over the two units of a group nearest to a unit (itself included). */
function localMoments(
  change: Float64Array,
  space: MatchSpace,
  design: readonly Float64Array[],
  { unit, group }: { readonly unit: number; readonly group: readonly number[] },
): { readonly mean: number; readonly covariances: readonly number[] } {
  const near = nearest(space, unit, group, { neighbours: LOCAL, caliper: null });
  const count = near.length;
  const mean = near.reduce((total, one) => total + (change[one.unit] ?? 0), 0) / count;
  const covariances = design.map((column) => {
    const middle = near.reduce((total, one) => total + (column[one.unit] ?? 0), 0) / count;
    const sum = near.reduce(
      (total, one) => total + ((column[one.unit] ?? 0) - middle) * ((change[one.unit] ?? 0) - mean),
      0,
    );
    return count > 1 ? sum / (count - 1) : 0;
  });
  return { mean, covariances };
}
