import type { Coefficient } from "../inference/coefficients.ts";
import { pooledTest, welchTest } from "../inference/two-sample.ts";
import { answer, type JsonValue, type Outcome } from "../outcome.ts";
import type { EstimateOptions, EstimateResult, TidyEstimator } from "./contract.ts";
import { type OneDate, oneDate } from "./one-date.ts";
import { regress } from "./panel-ols/regression.ts";
import { DESIGN_SETTINGS } from "./panel-ols/settings.ts";
import { openTable, type RegressionTable } from "./panel-ols/table.ts";
import { regressionVcovs } from "./panel-ols/variance.ts";

/** Tests on one change per unit instead of a regression on the rows. */
const COLLAPSED = { "collapsed-welch": welchTest, "collapsed-pooled": pooledTest } as const;

/**
 * Difference-in-differences with two groups and two windows.
 *
 * Formula: y = a + b treated + c post + att treated post + x'g + e; att = (treated after - treated before) - (control
 * after - control before) without covariates. `collapsed-*`: the same of unit means, t test of the units' changes.
 * Assumes: parallel trends; all treated units start in the same period; every row counts its weight, so that with rows
 * missing the windows' means are over what is there.
 * Units: those of the outcome. Time and memory grow with the rows.
 * Source: Ashenfelter and Card 1985; Bertrand, Duflo and Mullainathan 2004 (collapsing).
 */
export const did2x2: TidyEstimator = {
  id: "did-2x2",
  label: "two groups before and after",
  reference: "Ashenfelter and Card 1985; collapsing: Bertrand, Duflo and Mullainathan 2004",
  needs: ["unit", "time", "treatment"],
  vcovs: [...regressionVcovs("cr1"), ...Object.keys(COLLAPSED)],
  settings: DESIGN_SETTINGS,
  uses: ["weights", "covariates", "cluster"],
  multiwayClusters: true,
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const design = oneDate(opened.value);
    if (!design.ok) return design;
    return estimateDesign(opened.value, design.value, options);
  },
};

function estimateDesign(table: RegressionTable, design: OneDate, options: EstimateOptions): Outcome<EstimateResult> {
  const { treatedRow, postRow, changes } = design;
  const vcov = options.vcov ?? "cr1";
  const both = treatedRow.map((treated, i) => treated * (postRow[i] ?? 0));
  const fitted = regress({
    table,
    terms: [
      { name: "treated:post", values: both },
      { name: "treated", values: treatedRow },
      { name: "post", values: postRow },
    ],
    effects: [],
    singletons: "keep",
    treated: treatedRow,
    vcov: vcov in COLLAPSED ? "iid" : vcov,
    settings: DESIGN_SETTINGS,
    options,
  });
  if (!fitted.ok) return fitted;
  const { fit, variance, coefficients, notes, details } = fitted.value;
  const test = vcov in COLLAPSED ? COLLAPSED[vcov as keyof typeof COLLAPSED] : null;
  const collapsed = test?.(changes.treated, changes.control, options.alpha) ?? null;
  return answer({
    estimator: did2x2.id,
    inference: vcov,
    coefficients: collapsed === null ? coefficients : [named(collapsed)],
    nobs: fit.n,
    clusters: collapsed === null ? variance.clusters : changes.treated.length + changes.control.length,
    notes: [...notes, ...design.notes],
    details: {
      ...details,
      firstTreated: design.firstTreated,
      cellMeans: cellMeans(table.data.outcome, treatedRow, postRow, table.data.weights),
      units: { treated: changes.treated.length, control: changes.control.length },
    },
  });
}

function named(row: Coefficient): Coefficient {
  return { ...row, term: "treated:post" };
}

/** (Weighted) means of the outcome by group and window. */
function cellMeans(
  outcome: Float64Array,
  treated: Float64Array,
  post: Float64Array,
  weights: Float64Array | null,
): Record<string, JsonValue> {
  const cell = (group: number, window: number): number => {
    let total = 0;
    let weight = 0;
    outcome.forEach((value, i) => {
      if (treated[i] !== group || post[i] !== window || Number.isNaN(value)) return;
      const w = weights === null ? 1 : (weights[i] ?? 0);
      if (!(w > 0)) return;
      total += w * value;
      weight += w;
    });
    return total / weight;
  };
  return { treatedBefore: cell(1, 0), treatedAfter: cell(1, 1), controlBefore: cell(0, 0), controlAfter: cell(0, 1) };
}
