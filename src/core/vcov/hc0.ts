import { answer } from "../outcome.ts";
import { independentSandwich } from "./heteroskedastic.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Heteroskedasticity-robust error, no small-sample factor.
 *
 * Formula: (X'WX)^-1 sum s_i s_i' (X'WX)^-1, s_i = w_i x_i e_i.
 * Source: White 1980, Econometrica 48.
 */
export const hc0: VarianceEstimator = {
  id: "hc0",
  label: "heteroskedasticity-robust (HC0)",
  needs: [],
  estimate(fit) {
    return answer(independentSandwich(fit, 1));
  },
};
