import { studentTQuantile, studentTTwoSided } from "../../probability/student-t.ts";
import { benjaminiHochberg, holm } from "../multiplicity.ts";
import { type BetweenVariance, betweenVariance } from "./between.ts";
import { type HeterogeneityTest, heterogeneityTest } from "./heterogeneity.ts";
import type { SubgroupEffect } from "./one-factor.ts";
import { shrink } from "./shrinkage.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What one subgroup and all others together say about it. */
export interface SubgroupFinding extends SubgroupEffect {
  /** Two-sided p of H0: no effect in this subgroup, by itself. */
  readonly pValue: number;
  /** The same after Holm over the subgroups: for a claim about this subgroup. */
  readonly pHolm: number;
  /** After Benjamini-Hochberg: for a list in which some entries may be wrong. */
  readonly pBh: number;
  readonly interval: Interval;
  /** All subgroups at once are inside theirs (Bonferroni, any dependence). */
  readonly simultaneous: Interval;
  /** null: fewer than four subgroups, or too few degrees of freedom. */
  readonly shrunk: { readonly estimate: number; readonly interval: Interval; readonly shrinkage: number } | null;
}

export interface SubgroupSummary {
  readonly subgroups: readonly SubgroupFinding[];
  /** null with one subgroup. */
  readonly heterogeneity: HeterogeneityTest | null;
  /** null when nothing was shrunk. */
  readonly between: BetweenVariance | null;
  /** Mean of the subgroups' true effects; null when nothing was shrunk. */
  readonly mean: { readonly estimate: number; readonly stdError: number } | null;
  /** Mean correlation between the errors of two subgroups, as given. */
  readonly correlation: number;
}

/** Fewer subgroups say nothing about the spread between them. */
export const LEAST_SHRUNK = 4;
/** A Student t with fewer degrees of freedom has no usable variance. */
const LEAST_DOF = 3;

/**
 * All subgroups of one outcome: own tests and intervals, multiplicity, heterogeneity and shrinkage.
 *
 * Formula: see heterogeneity, between and shrinkage. Errors with few degrees of freedom enter the shrinkage with the
 * variance of their Student t, se^2 dof/(dof - 2); the shrunk interval is mean +- t_dof sqrt(variance (dof - 2)/dof),
 * which is the subgroup's own interval when nothing is shrunk.
 * Assumes: `correlation` is that of the errors of two subgroups (0: no unit in common).
 * Units: those of the estimates.
 */
export function summarizeSubgroups(
  effects: readonly SubgroupEffect[],
  { alpha, correlation }: { readonly alpha: number; readonly correlation: number },
): SubgroupSummary {
  const pValues = effects.map(({ estimate, stdError, dof }) => studentTTwoSided(estimate / stdError, dof));
  const [byHolm, byBh] = [holm(pValues), benjaminiHochberg(pValues)];
  const shrunk = shrinkUsable(effects, { alpha, correlation });
  const reach = (effect: SubgroupEffect, level: number): Interval => {
    const half = studentTQuantile(1 - level / 2, effect.dof) * effect.stdError;
    return { low: effect.estimate - half, high: effect.estimate + half };
  };
  return {
    subgroups: effects.map((effect, i) => ({
      ...effect,
      pValue: pValues[i] ?? 1,
      pHolm: byHolm[i] ?? 1,
      pBh: byBh[i] ?? 1,
      interval: reach(effect, alpha),
      simultaneous: reach(effect, alpha / effects.length),
      shrunk: shrunk.effects.get(effect) ?? null,
    })),
    heterogeneity: effects.length > 1 ? heterogeneityTest(effects, correlation) : null,
    between: shrunk.between,
    mean: shrunk.mean,
    correlation,
  };
}

interface Shrunk {
  readonly effects: ReadonlyMap<SubgroupEffect, SubgroupFinding["shrunk"]>;
  readonly between: BetweenVariance | null;
  readonly mean: SubgroupSummary["mean"];
}

function shrinkUsable(
  effects: readonly SubgroupEffect[],
  { alpha, correlation }: { readonly alpha: number; readonly correlation: number },
): Shrunk {
  const usable = effects.filter(({ dof }) => dof >= LEAST_DOF);
  if (usable.length < LEAST_SHRUNK) return { effects: new Map(), between: null, mean: null };
  const errors = {
    estimates: Float64Array.from(usable, ({ estimate }) => estimate),
    variances: Float64Array.from(usable, ({ stdError, dof }) => stdError ** 2 / tightness(dof)),
    correlation,
  };
  const { effects: posterior, mean, meanStdError } = shrink(errors);
  const found = usable.map((effect, i): [SubgroupEffect, SubgroupFinding["shrunk"]] => {
    const { mean: estimate, variance, shrinkage } = posterior[i] ?? { mean: Number.NaN, variance: 0, shrinkage: 0 };
    const half = studentTQuantile(1 - alpha / 2, effect.dof) * Math.sqrt(variance * tightness(effect.dof));
    return [effect, { estimate, interval: { low: estimate - half, high: estimate + half }, shrinkage }];
  });
  return {
    effects: new Map(found),
    between: betweenVariance(errors, alpha),
    mean: { estimate: mean, stdError: meanStdError },
  };
}

/** Squared scale over variance of a Student t. */
function tightness(dof: number): number {
  return dof === Number.POSITIVE_INFINITY ? 1 : (dof - 2) / dof;
}
