import { jackknifeVariance } from "./jackknife.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Cluster jackknife, centred at the full estimate.
 *
 * Formula: (G - 1) / G sum_g (b_(g) - b)^2; t with G - 1 degrees of freedom.
 * Source: MacKinnon, Nielsen and Webb 2023 (CV3).
 */
export const cv3: VarianceEstimator = {
  id: "cv3",
  label: "cluster jackknife (CV3)",
  needs: ["clusters"],
  estimate(fit, context) {
    return jackknifeVariance(fit, context, "estimate");
  },
};
