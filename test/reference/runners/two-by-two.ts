import { coefficientTable } from "../../../src/core/inference/coefficients.ts";
import { pooledTest, welchTest } from "../../../src/core/inference/two-sample.ts";
import { mean, variance } from "../../../src/core/linalg/kernels.ts";
import { type LinearFit, leastSquares, residualScale, rSquared } from "../../../src/core/regression/ols.ts";
import { cr0 } from "../../../src/core/vcov/cr0.ts";
import { cr1 } from "../../../src/core/vcov/cr1.ts";
import { hc0 } from "../../../src/core/vcov/hc0.ts";
import { hc1 } from "../../../src/core/vcov/hc1.ts";
import { hc2 } from "../../../src/core/vcov/hc2.ts";
import { hc3 } from "../../../src/core/vcov/hc3.ts";
import { hc4 } from "../../../src/core/vcov/hc4.ts";
import { iid } from "../../../src/core/vcov/iid.ts";
import type { Variance, VarianceContext } from "../../../src/core/vcov/variance.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { number } from "./json.ts";
import type { Table } from "./table.ts";
import { referenceRow, value } from "./tables.ts";

/** Case 01: 2x2 difference-in-differences by OLS on levels, collapsed unit means, cell means. */
export const twoByTwo: CaseRunner = {
  cases: ["01_did_2x2_ols"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ panel }) {
    const table = panel();
    const fit = fitLevels(table);
    const context: VarianceContext = { clusters: [table.grouping("unit")] };
    const clustered = value(cr1.estimate(fit, context));
    const residualDof = fit.n - fit.terms.length;
    const cells = cellValues(table);
    return {
      nobs: fit.n,
      n_clusters: clustered.clusters,
      df_residual: residualDof,
      cell_means: mapCells(cells, mean),
      cell_n: mapCells(cells, (values) => values.length),
      cell_var: mapCells(cells, variance),
      did_by_means:
        mean(cells.treated_post) - mean(cells.treated_pre) - (mean(cells.control_post) - mean(cells.control_pre)),
      r2: rSquared(fit),
      rmse_n: Math.sqrt(fit.ssr / fit.n),
      sigma: residualScale(fit),
      results: [
        ["iid", value(iid.estimate(fit, context))],
        ["HC1", value(hc1.estimate(fit, context))],
        ["sandwich_HC0", value(hc0.estimate(fit, context))],
        ["sandwich_HC1", value(hc1.estimate(fit, context))],
        ["sandwich_HC2", value(hc2.estimate(fit, context))],
        ["sandwich_HC3", value(hc3.estimate(fit, context))],
        ["sandwich_HC4", value(hc4.estimate(fit, context))],
        ["CR1_unit", clustered],
        ["CR0_unit", value(cr0.estimate(fit, context))],
        ["sandwich_CL_HC1", { ...clustered, dof: fit.terms.map(() => residualDof) }],
      ].map(([id, estimated]) => ({
        id: id as string,
        coefs: coefficientTable(fit, estimated as Variance, 0.05).map(referenceRow),
      })),
      vcov_CR1_unit: { matrix: clustered.matrix.to2DArray() },
      collapsed: collapsed(table),
    };
  },
};

function fitLevels(table: Table): LinearFit {
  const treat = table.numeric("treat");
  const post = table.numeric("post");
  return value(
    leastSquares({
      outcome: table.numeric("y"),
      columns: [
        { name: "(Intercept)", values: new Float64Array(table.rows).fill(1) },
        { name: "treat", values: treat },
        { name: "post", values: post },
        { name: "treat:post", values: treat.map((x, i) => x * (post[i] ?? 0)) },
      ],
      effects: [],
      singletons: "keep",
    }),
  );
}

interface Cells {
  readonly control_pre: Float64Array;
  readonly control_post: Float64Array;
  readonly treated_pre: Float64Array;
  readonly treated_post: Float64Array;
}

function cellValues(table: Table): Cells {
  const treat = table.numeric("treat");
  const post = table.numeric("post");
  const y = table.numeric("y");
  const cell = (t: number, p: number): Float64Array => y.filter((_, i) => treat[i] === t && post[i] === p);
  return { control_pre: cell(0, 0), control_post: cell(0, 1), treated_pre: cell(1, 0), treated_post: cell(1, 1) };
}

function mapCells(cells: Cells, f: (values: Float64Array) => number): { readonly [key: string]: Actual } {
  return Object.fromEntries(Object.entries(cells).map(([name, values]) => [name, f(values as Float64Array)]));
}

/** Change of every unit's mean, treated against control. */
function collapsed(table: Table): Actual {
  const units = table.text("unit");
  const post = table.numeric("post");
  const treat = table.numeric("treat");
  const y = table.numeric("y");
  const changes = { treated: [] as number[], control: [] as number[] };
  for (const unit of new Set(units)) {
    const of = (p: number): Float64Array => y.filter((_, i) => units[i] === unit && post[i] === p);
    const group = treat[units.indexOf(unit)] === 1 ? changes.treated : changes.control;
    group.push(mean(of(1)) - mean(of(0)));
  }
  const treated = Float64Array.from(changes.treated);
  const control = Float64Array.from(changes.control);
  const pooled = pooledTest(treated, control, 0.05);
  const welch = welchTest(treated, control, 0.05);
  return {
    n_treated: treated.length,
    n_control: control.length,
    estimate: welch.estimate,
    pooled: referenceRow(pooled),
    welch: referenceRow(welch),
  };
}
