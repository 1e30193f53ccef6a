import { coefficientTable } from "../../../src/core/inference/coefficients.ts";
import { type LinearFit, leastSquares, rSquared, withinRSquared } from "../../../src/core/regression/ols.ts";
import { adjustedVariance } from "../../../src/core/vcov/bell-mccaffrey.ts";
import { cr0 } from "../../../src/core/vcov/cr0.ts";
import { cr1 } from "../../../src/core/vcov/cr1.ts";
import { cr1s } from "../../../src/core/vcov/cr1s.ts";
import { cr2 } from "../../../src/core/vcov/cr2.ts";
import { cr3 } from "../../../src/core/vcov/cr3.ts";
import { cv3 } from "../../../src/core/vcov/cv3.ts";
import { cv3j } from "../../../src/core/vcov/cv3j.ts";
import { driscollKraay } from "../../../src/core/vcov/driscoll-kraay.ts";
import { hc1 } from "../../../src/core/vcov/hc1.ts";
import { iid } from "../../../src/core/vcov/iid.ts";
import { panelNeweyWest } from "../../../src/core/vcov/panel-newey-west.ts";
import type {
  SmallSampleCorrection,
  Variance,
  VarianceContext,
  VarianceEstimator,
} from "../../../src/core/vcov/variance.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { referenceRow, value } from "./tables.ts";

const NONE: SmallSampleCorrection = { parameters: "off", clusterFactor: "off" };

/** Case 02: unit and time effects with 45 covariance estimators. */
export const twoWayEffects: CaseRunner = {
  cases: ["02_twfe_vcov"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const specs = Object.entries(object(expected.specs)).map(([name, spec]) => {
      const fit = fitSpec(table, name === "did_only" ? ["d"] : ["d", "x1"]);
      const variances = allVariances(table, fit);
      const clustered = variances.cluster_unit_default;
      return [
        name,
        {
          nobs: fit.n,
          n_units: fit.effects[0]?.count ?? 0,
          n_times: fit.effects[1]?.count ?? 0,
          ssr: fit.ssr,
          r2: rSquared(fit),
          within_r2: withinRSquared(fit),
          K_all: fit.parameters,
          vcov_cluster_unit: { matrix: clustered?.matrix.to2DArray() ?? null },
          results: list(object(spec).results).map((row) => reportVariance(fit, variances, text(object(row).id))),
        },
      ] as const;
    });
    return { specs: Object.fromEntries(specs) };
  },
};

function fitSpec(table: Table, terms: readonly string[]): LinearFit {
  return value(
    leastSquares({
      outcome: table.numeric("y"),
      columns: terms.map((name) => ({ name, values: table.numeric(name) })),
      effects: [table.grouping("unit"), table.grouping("time")],
      singletons: "keep",
    }),
  );
}

function reportVariance(fit: LinearFit, variances: Record<string, Variance>, id: string): Actual {
  const variance = variances[id];
  const lag = /lag(\d+)/.exec(id)?.[1] ?? (id === "driscoll_kraay_default_lag" ? "1" : undefined);
  if (!variance) return { id };
  return {
    id,
    ...(lag === undefined ? {} : { lag: Number(lag) }),
    coefs: coefficientTable(fit, variance, 0.05).map(referenceRow),
  };
}

/** Every estimator under the reference's name for it. */
function allVariances(table: Table, fit: LinearFit): Record<string, Variance> {
  const unit = table.grouping("unit");
  const time = table.grouping("time");
  const steps = Int32Array.from(table.numeric("time"));
  const times = time.count;
  const units = unit.count;
  // a within-unit fit with explicit time dummies counts slopes and T - 1 dummies
  const withinParameters = fit.terms.length + times - 1;
  const of = (estimator: VarianceEstimator, context: VarianceContext): Variance =>
    value(estimator.estimate(fit, context));
  const clustered = (smallSample?: SmallSampleCorrection): Variance =>
    of(cr1, { clusters: [unit], ...(smallSample ? { smallSample } : {}) });
  const twoWay = (smallSample?: SmallSampleCorrection): Variance =>
    of(cr1, { clusters: [unit, time], ...(smallSample ? { smallSample } : {}) });
  const dk = (lag?: number, smallSample?: SmallSampleCorrection): Variance =>
    of(driscollKraay, { time: steps, ...(lag ? { lag } : {}), ...(smallSample ? { smallSample } : {}) });
  const nw = (lag: number, smallSample?: SmallSampleCorrection): Variance =>
    of(panelNeweyWest, { unit, time: steps, lag, ...(smallSample ? { smallSample } : {}) });
  const withDof = (variance: Variance, dof: number): Variance => ({ ...variance, dof: fit.terms.map(() => dof) });
  const withDofOf = (variance: Variance, other: Variance): Variance => ({ ...variance, dof: other.dof });
  const bellMcCaffrey = of(cr2, { clusters: [unit] });
  const plain = satterthwaiteOfPlain(fit, table);
  const lags = [1, 2, 4].flatMap((lag) => [
    [`driscoll_kraay_lag${lag}`, dk(lag)] as const,
    [`driscoll_kraay_lag${lag}_nossc`, dk(lag, NONE)] as const,
    [`newey_west_panel_lag${lag}`, nw(lag)] as const,
    [`newey_west_panel_lag${lag}_nossc`, nw(lag, NONE)] as const,
  ]);
  const groupOnly: SmallSampleCorrection = { parameters: "off", clusterFactor: "min" };
  const plmSss: SmallSampleCorrection = { parameters: withinParameters, clusterFactor: "min" };
  const rowFactor = fit.n / (fit.n - withinParameters);
  return {
    ...Object.fromEntries(lags),
    iid: of(iid, {}),
    hetero: of(hc1, {}),
    cluster_unit_default: clustered(),
    cluster_unit_Kfull: clustered({ parameters: "full", clusterFactor: "min" }),
    cluster_unit_Knone: clustered({ parameters: "none", clusterFactor: "min" }),
    cluster_unit_CR0: of(cr0, { clusters: [unit] }),
    cluster_unit_Gonly: clustered(groupOnly),
    cluster_time: of(cr1, { clusters: [time] }),
    twoway_unit_time_default: twoWay(),
    twoway_unit_time_conventional: twoWay({ parameters: "nonnested", clusterFactor: "own" }),
    twoway_unit_time_CR0: twoWay(NONE),
    driscoll_kraay_default_lag: dk(),
    sandwich_vcovCL_HC0: clustered(groupOnly),
    sandwich_vcovCL_HC1: clustered({ parameters: "full", clusterFactor: "min" }),
    sandwich_twoway_HC0: twoWay(NONE),
    clubSandwich_CR0: withDofOf(of(cr0, { clusters: [unit] }), plain),
    clubSandwich_CR1: withDofOf(clustered(groupOnly), plain),
    clubSandwich_CR1S: withDofOf(of(cr1s, { clusters: [unit] }), plain),
    clubSandwich_CR2: bellMcCaffrey,
    clubSandwich_plm_CR0: withDofOf(of(cr0, { clusters: [unit] }), plain),
    clubSandwich_plm_CR1: withDofOf(clustered(groupOnly), plain),
    clubSandwich_plm_CR1S: withDofOf(clustered(plmSss), plain),
    clubSandwich_plm_CR2: bellMcCaffrey,
    clubSandwich_plm_CR3: of(cr3, { clusters: [unit] }),
    plm_arellano_HC0: clustered(NONE),
    plm_arellano_HC1: scaleVariance(clustered(NONE), rowFactor),
    plm_arellano_sss: clustered(plmSss),
    plm_SCC_HC0_lag2: dk(2, NONE),
    plm_SCC_sss_lag2: dk(2, plmSss),
    plm_NW_HC0_lag2: withDof(nw(2, NONE), units - 1),
    plm_NW_sss_lag2: withDof(scaleVariance(nw(2, NONE), rowFactor), units - 1),
    CV3_jackknife_unit: of(cv3, { clusters: [unit] }),
    CV3J_jackknife_unit: of(cv3j, { clusters: [unit] }),
  };
}

function scaleVariance(variance: Variance, factor: number): Variance {
  return { ...variance, matrix: variance.matrix.clone().mul(factor) };
}

/** Satterthwaite degrees of freedom with unadjusted residuals (CR0 and its multiples). */
function satterthwaiteOfPlain(fit: LinearFit, table: Table): Variance {
  return value(adjustedVariance(fit, { clusters: [table.grouping("unit")] }, "none", () => 1));
}
