import { clusteredSandwich } from "./cluster.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Cluster-robust error without small-sample factors.
 *
 * Formula: (X'WX)^-1 sum_g S_g S_g' (X'WX)^-1, S_g the sum of the cluster's scores.
 * Source: Liang and Zeger 1986, Biometrika 73.
 */
export const cr0: VarianceEstimator = {
  id: "cr0",
  label: "cluster-robust (CR0)",
  needs: ["clusters"],
  estimate(fit, context) {
    return clusteredSandwich(fit, context, { parameters: "off", clusterFactor: "off" });
  },
};
