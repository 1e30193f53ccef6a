import { Matrix } from "ml-matrix";
import { answer } from "../outcome.ts";
import { sameDof } from "./scores.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Independent errors of equal variance.
 *
 * Formula: SSR / (n - K) (X'WX)^-1, K counts all fixed effects; t with n - K degrees of freedom.
 * Source: fixest, vignette "On standard-errors".
 */
export const iid: VarianceEstimator = {
  id: "iid",
  label: "independent errors",
  needs: [],
  estimate(fit) {
    const dof = fit.n - fit.parameters;
    return answer({ matrix: Matrix.mul(fit.bread, fit.ssr / dof), dof: sameDof(fit, dof), clusters: null });
  },
};
