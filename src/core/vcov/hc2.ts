import { leverageSandwich } from "./heteroskedastic.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Heteroskedasticity-robust error, unbiased under equal variances.
 *
 * Formula: residuals divided by sqrt(1 - h).
 * Assumes: at most two sets of absorbed effects.
 * Source: MacKinnon and White 1985, Journal of Econometrics 29.
 */
export const hc2: VarianceEstimator = {
  id: "hc2",
  label: "heteroskedasticity-robust (HC2)",
  needs: [],
  estimate(fit) {
    return leverageSandwich(fit, () => 0.5);
  },
};
