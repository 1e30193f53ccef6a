import { Matrix } from "ml-matrix";
import { answer, type Outcome } from "../outcome.ts";
import { type Grouping, interact } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { clusterScores, clustersOf, crossProduct, parameterFactor, sameDof, sandwich } from "./scores.ts";
import type { SmallSampleCorrection, Variance, VarianceContext } from "./variance.ts";

/**
 * Clustered sandwich for any number of cluster variables.
 *
 * Formula: sum over non-empty subsets of the variables of (-1)^(size + 1) times the sandwich clustered by their
 * intersection; t with min G - 1 degrees of freedom.
 * Source: Liang and Zeger 1986; Cameron, Gelbach and Miller 2011.
 */
export function clusteredSandwich(
  fit: LinearFit,
  context: VarianceContext,
  correction: SmallSampleCorrection,
): Outcome<Variance> {
  const found = clustersOf(fit, context);
  if (!found.ok) return found;
  const groupings = found.value;
  const smallest = Math.min(...groupings.map((grouping) => grouping.count));
  const meat = Matrix.zeros(fit.terms.length, fit.terms.length);
  for (const { grouping, sign } of intersections(groupings)) {
    const part = crossProduct(clusterScores(fit, grouping));
    meat.add(part.mul(sign * clusterFactor(correction, grouping.count, smallest)));
  }
  const matrix = sandwich(fit, meat, parameterFactor(fit, correction, groupings));
  return answer({ matrix, dof: sameDof(fit, smallest - 1), clusters: smallest });
}

function clusterFactor(correction: SmallSampleCorrection, own: number, smallest: number): number {
  if (correction.clusterFactor === "off") return 1;
  const count = correction.clusterFactor === "min" ? smallest : own;
  return count / (count - 1);
}

/** Every non-empty subset of the groupings with its sign. */
function intersections(groupings: readonly Grouping[]): { grouping: Grouping; sign: number }[] {
  const result: { grouping: Grouping; sign: number }[] = [];
  for (const grouping of groupings) {
    const crossed = result.map((part) => ({ grouping: interact(part.grouping, grouping), sign: -part.sign }));
    result.push({ grouping, sign: 1 }, ...crossed);
  }
  return result;
}
