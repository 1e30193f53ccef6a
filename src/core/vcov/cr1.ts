import { clusteredSandwich } from "./cluster.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Cluster-robust error with fixest's default factors; `smallSample` selects its variants.
 *
 * Formula: CR0 times G / (G - 1) times (n - 1) / (n - K), K without effects nested in a cluster; t with G - 1 degrees of
 * freedom. Two or more cluster variables: Cameron-Gelbach-Miller with the smallest G.
 * Source: fixest, vignette "On standard-errors"; Cameron and Miller 2015.
 */
export const cr1: VarianceEstimator = {
  id: "cr1",
  label: "cluster-robust (CR1)",
  needs: ["clusters"],
  estimate(fit, context) {
    return clusteredSandwich(fit, context, context.smallSample ?? { parameters: "nonnested", clusterFactor: "min" });
  },
};
