import type { TidyEstimator } from "./contract.ts";

/** Every estimator of `deploy-impact estimate`, in the order in which `--list` shows them. */
export const TIDY_ESTIMATORS: readonly TidyEstimator[] = [];
