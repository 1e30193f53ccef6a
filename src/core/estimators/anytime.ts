import { coefficientRadius, modelLogE, sequentialP } from "../inference/sequential/linear-model.ts";
import { answer } from "../outcome.ts";
import type { EstimatorSetting, TidyEstimator } from "./contract.ts";
import { regress } from "./panel-ols/regression.ts";
import { DESIGN_SETTINGS } from "./panel-ols/settings.ts";
import { openTable } from "./panel-ols/table.ts";
import { treatmentColumn } from "./panel-ols/treatment.ts";
import { settingNumber } from "./setting.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  ...DESIGN_SETTINGS,
  {
    name: "phi",
    description: "number of rows at which small effects are tested most sharply; choose it before looking",
    default: "1",
    accepts: { type: "number", min: 1e-6 },
  },
];

/**
 * Least squares whose p-values and intervals stay valid however often one looks while rows arrive.
 *
 * Formula: y = a + att d + x'c + e; e-value and radius as modelLogE and coefficientRadius, p = min(1, 1/e).
 * Assumes: rows are independent (requests or units that were assigned on their own, not repeated steps of a unit), errors
 * normal with one variance (`hc1`: many rows).
 * Units: those of the outcome. Time grows with rows times columns, memory with the rows.
 * Source: Lindon, Ham, Tingley and Bojinov 2022.
 */
export const anytime: TidyEstimator = {
  id: "anytime",
  label: "anytime-valid least squares",
  reference: "Lindon, Ham, Tingley and Bojinov 2022, Anytime-valid linear models",
  needs: ["treatment"],
  vcovs: ["hc1", "iid"],
  settings: SETTINGS,
  uses: ["weights", "covariates"],
  estimate(data, options) {
    const opened = openTable(data, false);
    if (!opened.ok) return opened;
    const treatment = treatmentColumn(data);
    if (!treatment.ok) return treatment;
    const vcov = options.vcov ?? "hc1";
    const fitted = regress({
      table: opened.value,
      terms: [{ name: "treatment", values: treatment.value }],
      effects: [],
      singletons: "keep",
      treated: null,
      vcov,
      settings: SETTINGS,
      options,
    });
    if (!fitted.ok) return fitted;
    const { fit, coefficients, notes, details } = fitted.value;
    const phi = settingNumber(SETTINGS, options, "phi") ?? 1;
    const at = { n: fit.n, dof: fit.n - fit.parameters, phi };
    const radius = coefficientRadius(at, options.alpha);
    const logE = coefficients.map(({ statistic }) => modelLogE({ ...at, tested: 1, fStatistic: statistic ** 2 }));
    return answer({
      estimator: anytime.id,
      inference: `anytime-valid ${vcov}`,
      coefficients: coefficients.map((row, j) => ({
        ...row,
        dof: at.dof,
        pValue: sequentialP(logE[j] ?? 0),
        confLow: row.estimate - radius * row.stdError,
        confHigh: row.estimate + radius * row.stdError,
      })),
      nobs: fit.n,
      clusters: null,
      notes: Number.isFinite(radius)
        ? notes
        : [...notes, `With ${fit.n} rows and phi ${phi} the intervals are still unbounded; more rows bound them.`],
      details: { ...details, logE, phi, radius: Number.isFinite(radius) ? radius : null },
    });
  },
};
