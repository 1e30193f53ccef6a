import { clusteredSandwich } from "./cluster.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Cluster-robust error with Stata's regress factors.
 *
 * Formula: CR0 times G / (G - 1) times (n - 1) / (n - K), K counts every fixed effect.
 * Source: Pustejovsky and Tipton 2018 (CR1S).
 */
export const cr1s: VarianceEstimator = {
  id: "cr1s",
  label: "cluster-robust (CR1S)",
  needs: ["clusters"],
  estimate(fit, context) {
    return clusteredSandwich(fit, context, { parameters: "full", clusterFactor: "min" });
  },
};
