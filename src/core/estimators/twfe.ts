import type { TidyEstimator } from "./contract.ts";
import { estimateRegression } from "./panel-ols/estimate.ts";
import { REVERSALS, regressionSettings } from "./panel-ols/settings.ts";
import { openTable } from "./panel-ols/table.ts";
import { checkStays, treatmentColumn } from "./panel-ols/treatment.ts";
import { regressionVcovs } from "./panel-ols/variance.ts";
import { WILD_SETTINGS, WILD_VCOVS } from "./panel-ols/wild.ts";
import { settingText } from "./setting.ts";

/**
 * Two-way fixed effects: the outcome on the treatment with unit and time effects, or any other set of effects.
 *
 * Formula: y_it = a_i + b_t + att d_it + x_it'c + e_it by (weighted) least squares.
 * Assumes: parallel trends; with treatments at different times also one effect for all units and periods, otherwise the
 * coefficient mixes effects with weights that may be negative (Goodman-Bacon 2021).
 * Units: those of the outcome. Time grows with rows times columns, memory with the rows.
 * Source: Wooldridge 2010, chapter 10; conventions of fixest.
 */
export const twfe: TidyEstimator = {
  id: "twfe",
  label: "two-way fixed effects",
  reference: "Wooldridge 2010, Econometric Analysis of Cross Section and Panel Data, chapter 10; conventions of fixest",
  needs: ["unit", "time", "treatment"],
  vcovs: [...regressionVcovs("cr1"), ...WILD_VCOVS],
  settings: [...regressionSettings("unit,time"), ...WILD_SETTINGS, REVERSALS],
  uses: ["weights", "covariates", "cluster", "seed"],
  multiwayClusters: true,
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const table = opened.value;
    const treatment = treatmentColumn(data);
    if (!treatment.ok) return treatment;
    const stays = checkStays(table, settingText(twfe.settings, options, REVERSALS.name));
    if (!stays.ok) return stays;
    return estimateRegression(twfe, table, options, treatment.value);
  },
};
