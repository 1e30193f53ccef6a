import { adjustedVariance } from "./bell-mccaffrey.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Cluster-robust error with leave-one-cluster-out residuals and Satterthwaite degrees of freedom.
 *
 * Formula: residuals of cluster g multiplied by (I - H_gg)^-1, the residuals of a fit without the cluster.
 * Assumes: one cluster variable; effects nested in a cluster are left out of H_gg.
 * Source: Bell and McCaffrey 2002; Pustejovsky and Tipton 2018.
 */
export const cr3: VarianceEstimator = {
  id: "cr3",
  label: "cluster-robust, leave-one-out residuals (CR3)",
  needs: ["clusters"],
  estimate(fit, context) {
    return adjustedVariance(fit, context, "full", () => 1);
  },
};
