import { Matrix } from "ml-matrix";
import { answer } from "../outcome.ts";
import { sameDof } from "../vcov/scores.ts";
import type { VarianceEstimator } from "../vcov/variance.ts";

/**
 * Error of a Poisson fit whose variance equals its mean.
 *
 * Formula: (n - 1)/(n - K) (X'WX)^-1 with W the fitted means, K counts all fixed effects; normal quantiles.
 * Source: fixest, vignette "On standard-errors".
 */
export const poissonIid: VarianceEstimator = {
  id: "iid",
  label: "Poisson variance",
  needs: [],
  estimate(fit) {
    const matrix = Matrix.mul(fit.bread, (fit.n - 1) / (fit.n - fit.parameters));
    return answer({ matrix, dof: sameDof(fit, Number.POSITIVE_INFINITY), clusters: null });
  },
};
