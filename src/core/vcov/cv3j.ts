import { jackknifeVariance } from "./jackknife.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Cluster jackknife, centred at the mean of the leave-one-out estimates.
 *
 * Formula: (G - 1) / G sum_g (b_(g) - mean b_(g))^2; t with G - 1 degrees of freedom.
 * Source: MacKinnon, Nielsen and Webb 2023 (CV3J).
 */
export const cv3j: VarianceEstimator = {
  id: "cv3j",
  label: "cluster jackknife, centred at its mean (CV3J)",
  needs: ["clusters"],
  estimate(fit, context) {
    return jackknifeVariance(fit, context, "mean");
  },
};
