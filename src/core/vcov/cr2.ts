import { adjustedVariance } from "./bell-mccaffrey.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Bias-reduced linearisation with Satterthwaite degrees of freedom.
 *
 * Formula: residuals of cluster g multiplied by the symmetric root of [(I - H)(I - H)']_gg^+, working covariance identity.
 * Assumes: one cluster variable.
 * Source: Bell and McCaffrey 2002, Survey Methodology 28; Pustejovsky and Tipton 2018, JBES 36.
 */
export const cr2: VarianceEstimator = {
  id: "cr2",
  label: "cluster-robust, bias-reduced (CR2)",
  needs: ["clusters"],
  estimate(fit, context) {
    return adjustedVariance(fit, context, "half", () => 1);
  },
};
