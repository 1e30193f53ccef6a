import {
  coefficientRadius,
  modelLogE,
  sequentialP,
  tightestPhi,
} from "../../../src/core/inference/sequential/linear-model.ts";
import { leastSquares } from "../../../src/core/regression/ols.ts";
import { hc1 } from "../../../src/core/vcov/hc1.ts";
import { iid } from "../../../src/core/vcov/iid.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

/** Case 15b: anytime-valid t and F tests of linear models. */
export const anytimeModel: CaseRunner = {
  cases: ["15b_savi_linear_model"],
  rules: [{ path: /phi_optimal$/, relative: 1e-4 }],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    return {
      t_grid: list(expected.t_grid).map((item) => tRow(object(item))),
      f_grid: list(expected.f_grid).map((item) => fRow(object(item))),
      optimal_phi: list(expected.optimal_phi).map((item) => phiRow(object(item))),
      stream: list(expected.stream).map((item) => streamRow(table, object(item))),
    };
  },
};

function tRow(row: JsonObject): Actual {
  const [n, k, t, phi] = [number(row.n), number(row.k), number(row.t), number(row.phi)];
  const dof = n - k;
  const logE = modelLogE({ n, dof, tested: 1, fStatistic: t * t, phi });
  const radius = coefficientRadius({ n, dof, phi }, 0.05);
  return { n, k, t, phi, nu: dof, log_e: logE, p_sequential: sequentialP(logE), radius_t_alpha05: radius };
}

function fRow(row: JsonObject): Actual {
  const [n, d, f, phi] = [number(row.n), number(row.d), number(row.F), number(row.phi)];
  const dof = n - d - 1;
  const logE = modelLogE({ n, dof, tested: d, fStatistic: f, phi });
  return { n, d, F: f, phi, nu: dof, log_e: logE, p_sequential: sequentialP(logE) };
}

function phiRow(row: JsonObject): Actual {
  const [n, k, alpha] = [number(row.n), number(row.k), number(row.alpha)];
  const phi = tightestPhi(n, n - k, alpha);
  return { n, k, alpha, phi_optimal: phi, radius_at_optimum: coefficientRadius({ n, dof: n - k, phi }, alpha) };
}

function streamRow(table: Table, row: JsonObject): Actual {
  const n = number(row.n);
  const first = (name: string): Float64Array => table.numeric(name).subarray(0, n);
  const fit = value(
    leastSquares({
      outcome: first("y"),
      columns: [
        { name: "treat", values: first("treat") },
        { name: "x", values: first("x") },
        { name: "(Intercept)", values: new Float64Array(n).fill(1) },
      ],
      effects: [],
      singletons: "keep",
    }),
  );
  const variance = value((text(row.vcov) === "iid" ? iid : hc1).estimate(fit, {}));
  const estimate = fit.coefficients[0] ?? Number.NaN;
  const se = Math.sqrt(variance.matrix.get(0, 0));
  const dof = n - fit.parameters;
  const logE = modelLogE({ n, dof, tested: 1, fStatistic: (estimate / se) ** 2, phi: 1 });
  const reach = coefficientRadius({ n, dof, phi: 1 }, 0.05) * se;
  return {
    n,
    estimate,
    se,
    nu: dof,
    log_e: logE,
    p_sequential: sequentialP(logE),
    cs95_low: estimate - reach,
    cs95_high: estimate + reach,
  };
}
