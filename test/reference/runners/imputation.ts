import {
  horizons,
  type Imputation,
  type ImputationTarget,
  imputationEstimates,
  impute,
  targetOf,
} from "../../../src/core/estimators/staggered/imputation.ts";
import { leadName, leadRegression } from "../../../src/core/estimators/staggered/leads.ts";
import { openStaggered } from "../../../src/core/estimators/staggered/table.ts";
import { coefficientTable } from "../../../src/core/inference/coefficients.ts";
import { cr1 } from "../../../src/core/vcov/cr1.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { number } from "./json.ts";
import { value } from "./tables.ts";

/** The reference package's normal quantile. */
const ITS_QUANTILE = 1.96;

/** Case 06c: imputation estimator, static, by horizon and with the regression of leads. */
export const imputationCase: CaseRunner = {
  cases: ["06c_imputation_bjs"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ panel }) {
    const table = panel();
    const imputation = value(
      impute(
        value(
          openStaggered({
            rows: table.rows,
            unit: table.text("unit"),
            time: table.numeric("time"),
            outcome: table.numeric("y"),
            treatment: null,
            firstTreated: table.numeric("first_treat"),
            weights: null,
            covariates: [],
            cluster: null,
          }),
        ),
      ),
    );
    const all = targetOf(imputation, "treat", () => true);
    const times = horizons(imputation);
    const targets = times.flatMap((at) => targetOf(imputation, String(at), (relative) => relative === at) ?? []);
    const byHorizon = rows(imputation, targets);
    const overall = rows(imputation, all === null ? [] : [all]);
    return {
      static: overall,
      by_horizon: byHorizon,
      with_pretrends: [...leadRows(imputation), ...byHorizon],
      brute_force_att: overall[0]?.estimate ?? null,
      brute_force_by_horizon: times.map((horizon, k) => ({ horizon, estimate: byHorizon[k]?.estimate ?? null })),
      imputed: null,
    };
  },
};

type Row = { readonly [key: string]: Actual };

function row(term: string, estimate: number, error: number): Row {
  return {
    term,
    estimate,
    "std.error": error,
    "conf.low": estimate - ITS_QUANTILE * error,
    "conf.high": estimate + ITS_QUANTILE * error,
  };
}

function rows(imputation: Imputation, targets: readonly ImputationTarget[]): Row[] {
  const estimates = imputationEstimates(imputation, targets, { cluster: imputation.table.unit, average: "cohort" });
  return estimates.terms.map((term, j) =>
    row(term, estimates.coefficients[j] ?? Number.NaN, Math.sqrt(estimates.covariance.get(j, j))),
  );
}

function leadRows(imputation: Imputation): Row[] {
  const { leads, fit } = leadRegression(imputation, Number.POSITIVE_INFINITY);
  const found = value(fit);
  const variance = value(cr1.estimate(found, { clusters: [imputation.table.unit] }));
  const table = coefficientTable(found, variance, 0.05);
  return leads.flatMap((lead) => {
    const term = table.find((candidate) => candidate.term === leadName(lead));
    return term === undefined ? [] : [row(String(lead), term.estimate, term.stdError)];
  });
}
