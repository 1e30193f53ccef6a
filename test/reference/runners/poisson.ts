import { poissonIid } from "../../../src/core/estimators/poisson-iid.ts";
import { coefficientTable } from "../../../src/core/inference/coefficients.ts";
import { type PoissonFit, poissonRegression } from "../../../src/core/regression/poisson.ts";
import { cr0 } from "../../../src/core/vcov/cr0.ts";
import { cr1 } from "../../../src/core/vcov/cr1.ts";
import { hc1 } from "../../../src/core/vcov/hc1.ts";
import type { Variance } from "../../../src/core/vcov/variance.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { referenceRow, value } from "./tables.ts";

/** Case 09: Poisson regression with unit and time effects, offset, covariate, and a unit without any event. */
export const poisson: CaseRunner = {
  cases: ["09_ppml"],
  // beyond six standard errors a relative error of p is the square of that of z: compared through t
  rules: [{ path: /\.coefs\.\d+\.p$/, relative: 1e-5 }],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const specs = Object.entries(object(expected.specs)).map(([name, spec]) => [name, runSpec(table, object(spec))]);
    return { specs: Object.fromEntries(specs) };
  },
};

function runSpec(table: Table, spec: JsonObject): Actual {
  const terms = text(spec.formula).includes("x1") ? ["d", "x1"] : ["d"];
  const requests = table.numeric("requests");
  const offset = spec.offset === null ? null : requests.map((count) => (count > 0 ? Math.log(count) : Number.NaN));
  const fit = value(
    poissonRegression({
      outcome: table.numeric("errors"),
      columns: terms.map((name) => ({ name, values: table.numeric(name) })),
      effects: [table.grouping("unit"), table.grouping("time")],
      offset,
      weights: null,
    }),
  );
  const rows = (id: string): readonly Actual[] =>
    coefficientTable(fit.linear, varianceOf(table, fit, id), 0.05, Number.POSITIVE_INFINITY).map(referenceRow);
  return {
    nobs: fit.linear.n,
    nobs_in: offset === null ? table.rows : offset.filter((entry) => !Number.isNaN(entry)).length,
    dropped_because_all_zero_or_separated: fit.zeroRows,
    loglik: fit.logLikelihood,
    deviance: fit.deviance,
    pearson_chi2: fit.pearson,
    results: list(spec.results).map((row) => ({ id: text(object(row).id), coefs: rows(text(object(row).id)) })),
    rate_ratio: fit.linear.terms.map((term, j) => ({ term, irr: Math.exp(fit.linear.coefficients[j] ?? Number.NaN) })),
  };
}

function varianceOf(table: Table, { linear }: PoissonFit, id: string): Variance {
  const unit = table.grouping("unit");
  switch (id) {
    case "iid":
      return value(poissonIid.estimate(linear, {}));
    case "hetero":
      return value(hc1.estimate(linear, {}));
    case "cluster_unit_default":
      return value(cr1.estimate(linear, { clusters: [unit] }));
    case "cluster_unit_CR0":
      return value(cr0.estimate(linear, { clusters: [unit] }));
    case "cluster_region":
      return value(cr1.estimate(linear, { clusters: [table.grouping("region")] }));
    case "twoway_unit_time":
      return value(cr1.estimate(linear, { clusters: [unit, table.grouping("time")] }));
    default:
      throw new RangeError(`no error ${id}`);
  }
}
