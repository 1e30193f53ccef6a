import { answer } from "../outcome.ts";
import { groupSums, sameDof, sandwich, scoreColumns } from "./scores.ts";
import { bartlettMeat, serialFactor, serialSetup, withoutNegatives } from "./serial.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Errors correlated across units and, up to a lag, over time.
 *
 * Formula: Bartlett-weighted autocovariances of the cross-section sums of scores, times (n - 1) / (n - K) T / (T - 1);
 * t with T - 1 degrees of freedom. Consecutive observed steps count as one lag apart.
 * Assumes: a term that is on in one step only has a score sum of exactly zero there, so its variance is meaningless.
 * Source: Driscoll and Kraay 1998, REStat 80; fixest, vcov_DK.
 */
export const driscollKraay: VarianceEstimator = {
  id: "driscoll-kraay",
  label: "Driscoll-Kraay",
  needs: ["time"],
  estimate(fit, context) {
    const setup = serialSetup(fit, context);
    if (!setup.ok) return setup;
    const { time, lag } = setup.value;
    const grouping = { name: "time", levels: time.positions, count: time.count };
    const meat = bartlettMeat(groupSums(scoreColumns(fit), grouping), lag);
    const correction = context.smallSample ?? { parameters: "full", clusterFactor: "min" };
    const matrix = withoutNegatives(sandwich(fit, meat, serialFactor(fit, correction, time.count)));
    return answer({ matrix, dof: sameDof(fit, time.count - 1), clusters: null });
  },
};
