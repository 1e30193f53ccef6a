import { coefficientTable } from "../../../src/core/inference/coefficients.ts";
import { type Grouping, interact } from "../../../src/core/regression/effects.ts";
import { type LinearFit, leastSquares } from "../../../src/core/regression/ols.ts";
import { adjustedVariance } from "../../../src/core/vcov/bell-mccaffrey.ts";
import { cr1 } from "../../../src/core/vcov/cr1.ts";
import { cr2 } from "../../../src/core/vcov/cr2.ts";
import { hc1 } from "../../../src/core/vcov/hc1.ts";
import { iid } from "../../../src/core/vcov/iid.ts";
import type { Variance } from "../../../src/core/vcov/variance.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { referenceRow, value } from "./tables.ts";

/** Case 03: weights, missing rows, zero weights, singletons, a collinear covariate, region-by-time effects. */
export const weightedUnbalanced: CaseRunner = {
  cases: ["03_weighted_unbalanced"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const specs = Object.entries(object(expected.specs)).map(([name, spec]) => [name, runSpec(table, object(spec))]);
    return { specs: Object.fromEntries(specs) };
  },
};

/** Reads `y ~ a + b | unit + region^time`. */
function fitSpec(table: Table, spec: JsonObject): LinearFit {
  const [columns = "", effects = ""] = (text(spec.formula).split("~")[1] ?? "").split("|");
  const split = (part: string): string[] => part.split("+").map((name) => name.trim());
  const effect = (name: string): Grouping => {
    const [first = "", second] = name.split("^");
    return second ? interact(table.grouping(first), table.grouping(second)) : table.grouping(first);
  };
  return value(
    leastSquares({
      outcome: table.numeric("y"),
      columns: split(columns).map((name) => ({ name, values: table.numeric(name) })),
      effects: split(effects).map(effect),
      ...(spec.weights === null ? {} : { weights: table.numeric(text(spec.weights)) }),
      singletons: spec.fixef_rm === "singletons" ? "remove" : "keep",
    }),
  );
}

function runSpec(table: Table, spec: JsonObject): Actual {
  const fit = fitSpec(table, spec);
  const unit = table.grouping("unit");
  const variances: Record<string, () => Variance> = {
    iid: () => value(iid.estimate(fit, {})),
    hetero: () => value(hc1.estimate(fit, {})),
    cluster_unit_default: () => value(cr1.estimate(fit, { clusters: [unit] })),
    cluster_unit_Kfull: () =>
      value(cr1.estimate(fit, { clusters: [unit], smallSample: { parameters: "full", clusterFactor: "min" } })),
    cluster_region_default: () => value(cr1.estimate(fit, { clusters: [table.grouping("region")] })),
    twoway_unit_time_default: () => value(cr1.estimate(fit, { clusters: [unit, table.grouping("time")] })),
    clubSandwich_CR0: () => value(adjustedVariance(fit, { clusters: [unit] }, "none", () => 1)),
    clubSandwich_CR2: () => value(cr2.estimate(fit, { clusters: [unit] })),
  };
  const distinct = (column: string): number => new Set(Array.from(fit.rows, (row) => table.text(column)[row])).size;
  return {
    nobs: fit.n,
    nobs_in: table.rows,
    n_units_used: distinct("unit"),
    n_times_used: distinct("time"),
    K: fit.parameters,
    collinear_dropped: fit.dropped,
    ssr_weighted: fit.ssr,
    results: list(spec.results).map((row) => {
      const id = text(object(row).id);
      const variance = variances[id]?.();
      return variance ? { id, coefs: coefficientTable(fit, variance, 0.05).map(referenceRow) } : { id };
    }),
  };
}
