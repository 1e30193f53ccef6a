import { answer } from "../outcome.ts";
import { independentSandwich } from "./heteroskedastic.ts";
import type { VarianceEstimator } from "./variance.ts";

/**
 * Heteroskedasticity-robust error.
 *
 * Formula: (X'WX)^-1 sum s_i s_i' (X'WX)^-1 n / (n - K), s_i = w_i x_i e_i.
 * Source: MacKinnon and White 1985, Journal of Econometrics 29.
 */
export const hc1: VarianceEstimator = {
  id: "hc1",
  label: "heteroskedasticity-robust (HC1)",
  needs: [],
  estimate(fit) {
    return answer(independentSandwich(fit, fit.n / (fit.n - fit.parameters)));
  },
};
