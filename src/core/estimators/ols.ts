import type { TidyEstimator } from "./contract.ts";
import { estimateRegression } from "./panel-ols/estimate.ts";
import { regressionSettings } from "./panel-ols/settings.ts";
import { openTable } from "./panel-ols/table.ts";
import { treatmentColumn } from "./panel-ols/treatment.ts";
import { regressionVcovs } from "./panel-ols/variance.ts";
import { WILD_SETTINGS, WILD_VCOVS } from "./panel-ols/wild.ts";

/**
 * Least squares of the outcome on the treatment (when the table has one) and the covariates; without effects unless
 * they are asked for.
 *
 * Formula: y = a + att d + x'c + e by (weighted) least squares.
 * Assumes: the treatment is as good as random given the covariates and effects.
 * Units: those of the outcome. Time grows with rows times columns, memory with the rows.
 * Source: conventions of fixest, sandwich and clubSandwich.
 */
export const ols: TidyEstimator = {
  id: "ols",
  label: "least squares",
  reference: "Frisch and Waugh 1933; Lovell 1963; conventions of fixest, sandwich and clubSandwich",
  needs: [],
  vcovs: [...regressionVcovs("hc1"), ...WILD_VCOVS],
  settings: [...regressionSettings("none"), ...WILD_SETTINGS],
  uses: ["weights", "covariates", "cluster", "seed"],
  multiwayClusters: true,
  estimate(data, options) {
    const opened = openTable(data, false);
    if (!opened.ok) return opened;
    if (data.treatment === null) return estimateRegression(ols, opened.value, options, null);
    const treatment = treatmentColumn(data);
    return treatment.ok ? estimateRegression(ols, opened.value, options, treatment.value) : treatment;
  },
};
