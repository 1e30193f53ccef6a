import { leverageSandwich } from "./heteroskedastic.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Heteroskedasticity-robust error, close to the jackknife.
 *
 * Formula: residuals divided by 1 - h.
 * Assumes: at most two sets of absorbed effects.
 * Source: MacKinnon and White 1985; Davidson and MacKinnon 1993.
 */
export const hc3: VarianceEstimator = {
  id: "hc3",
  label: "heteroskedasticity-robust (HC3)",
  needs: [],
  estimate(fit) {
    return leverageSandwich(fit, () => 1);
  },
};
