import { leverageSandwich } from "./heteroskedastic.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Heteroskedasticity-robust error that discounts high leverage.
 *
 * Formula: residuals divided by (1 - h)^(delta / 2), delta = min(4, n h / K).
 * Assumes: at most two sets of absorbed effects.
 * Source: Cribari-Neto 2004, Computational Statistics and Data Analysis 45.
 */
export const hc4: VarianceEstimator = {
  id: "hc4",
  label: "heteroskedasticity-robust (HC4)",
  needs: [],
  estimate(fit) {
    return leverageSandwich(fit, (h) => Math.min(4, (fit.n * h) / fit.parameters) / 2);
  },
};
