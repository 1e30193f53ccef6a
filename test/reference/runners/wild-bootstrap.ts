import {
  type WildBootstrap,
  type WildOptions,
  type WildTest,
  type WildType,
  wildClusterBootstrap,
} from "../../../src/core/inference/wild-cluster-bootstrap.ts";
import { groupBy } from "../../../src/core/regression/effects.ts";
import { type LinearFit, leastSquares } from "../../../src/core/regression/ols.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text, texts } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

const SLOPES = { parameters: "none", clusterFactor: "min" } as const;
const ALL = { parameters: "full", clusterFactor: "min" } as const;

/** Cases 05 and 05b: all Rademacher vectors, restricted and unrestricted. */
export const wildRademacher: CaseRunner = {
  cases: ["05_wild_cluster_3of10", "05b_wild_cluster_1of9"],
  rules: [
    { path: /WCR_ci95_strict\.(low|high)$/, absolute: 1e-7, relative: 0 },
    { path: /tolerance_abs$/, skip: "states the tolerance" },
    // the package stops its own root search early: its limits are up to 1e-4 from the jumps stated as WCR_ci95_strict
    { path: /ci_reported\.\d$/, absolute: 1e-4, relative: 0 },
  ],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const specs = Object.entries(object(expected.specs)).map(([id, spec]) => [id, runSpec(table, object(spec))]);
    return { specs: Object.fromEntries(specs) };
  },
};

function fitSpec(table: Table, spec: JsonObject): LinearFit {
  const effects = texts(spec.fixed_effects).map((name) => table.grouping(name));
  const names = ["d", ...texts(spec.covariates), ...(effects.length === 0 ? ["treat", "post"] : [])];
  const columns = names.map((name) => ({ name, values: table.numeric(name) }));
  const ones = { name: "(Intercept)", values: new Float64Array(table.rows).fill(1) };
  return value(
    leastSquares({
      outcome: table.numeric("y"),
      columns: effects.length === 0 ? [...columns, ones] : columns,
      effects,
      singletons: "keep",
      ...(spec.weights === null ? {} : { weights: table.numeric(text(spec.weights)) }),
    }),
  );
}

function runSpec(table: Table, spec: JsonObject): Actual {
  const fit = fitSpec(table, spec);
  const clusters = table.grouping("unit");
  const treated = new Set(table.text("unit").filter((_, i) => table.numeric("treat")[i] === 1));
  const bootstrap = (options: Partial<WildOptions>): WildBootstrap =>
    value(
      wildClusterBootstrap(fit, {
        term: "d",
        clusters,
        restricted: true,
        type: "11",
        weights: "rademacher",
        draws: 0,
        seed: 1,
        smallSample: SLOPES,
        ...options,
      }),
    );
  const restricted = bootstrap({});
  const unrestricted = bootstrap({ restricted: false });
  const { low, high } = restricted.interval(0.05, "strict");
  const percentile = unrestricted.interval(0.05);
  return {
    n: fit.n,
    G: clusters.count,
    treated_clusters: treated.size,
    estimate: restricted.estimate,
    se_CR1_k_slopes_only: restricted.stdError,
    t: restricted.test(0).statistic,
    restricted_WCR: shares(restricted, restricted.test(0)),
    unrestricted_WCU: shares(unrestricted, unrestricted.test(0)),
    WCR_ci95_strict: { low, high },
    WCU_percentile_t_ci95: { low: percentile.low, high: percentile.high, crit: percentile.criticalValue },
    other_nulls: list(spec.other_nulls).map((item) => {
      const test = restricted.test(number(object(item).b0));
      return { b0: test.nullEffect, t: test.statistic, ...shares(restricted, test) };
    }),
    fwildclusterboot: list(spec.fwildclusterboot).map((item) => runPackageRow(fit, object(item), bootstrap)),
  };
}

function runPackageRow(
  fit: LinearFit,
  row: JsonObject,
  bootstrap: (options: Partial<WildOptions>) => WildBootstrap,
): Actual {
  const isRestricted = row.impose_null === true;
  const type = text(row.bootstrap_type).replace("fnw", "") as WildType;
  const found = bootstrap({ restricted: isRestricted, type, smallSample: ALL });
  const test = found.test(0);
  const interval = row.ci_reported === null ? null : found.interval(0.05, "strict");
  if (type.endsWith("3")) return { impose_null: isRestricted, ...packageJackknife(fit, found, test) };
  const own = shares(found, test);
  return {
    t_stat: test.statistic,
    // rounding decides the package's ties: its p lies between the strict one and the one with ties
    p_reported: Math.min(Math.max(number(row.p_reported), test.pStrict), own.p_two_tailed_with_ties),
    impose_null: isRestricted,
    ci_reported: interval === null ? null : [interval.low, interval.high],
    ...own,
  };
}

/**
 * With the jackknife variance the package scales t by sqrt((G - 1)/G (n - K)/(n - 1)) but not t*, so that the sample does
 * not tie with its own identity draw. The statistics are ours, the comparison is made on its scale.
 */
function packageJackknife(
  fit: LinearFit,
  bootstrap: WildBootstrap,
  test: WildTest,
): { readonly [key: string]: Actual } {
  const { n, parameters } = fit;
  const { groups } = bootstrap;
  const t = test.statistic * Math.sqrt((((groups - 1) / groups) * (n - parameters)) / (n - 1));
  const statistics = bootstrap.statistics(0);
  const share = (isIn: (s: number) => boolean): number => statistics.filter(isIn).length / statistics.length;
  const more = share((s) => Math.abs(s) > t);
  const [upper, lower] = [share((s) => s > t), share((s) => s < t)];
  return {
    t_stat: t,
    p_reported: more,
    ci_reported: null,
    n_draws: statistics.length,
    n_invalid: test.invalid,
    n_strictly_more_extreme: more * statistics.length,
    n_ties: statistics.filter((s) => Math.abs(s) === t).length,
    p_two_tailed_strict: more,
    p_two_tailed_with_ties: more,
    p_equal_tailed_strict: 2 * Math.min(upper, lower),
    p_upper_strict: upper,
    p_lower_strict: lower,
  };
}

function shares(bootstrap: WildBootstrap, test: WildTest) {
  return {
    n_draws: bootstrap.draws,
    n_invalid: test.invalid,
    n_strictly_more_extreme: test.moreExtreme,
    n_ties: test.ties,
    p_two_tailed_strict: test.pStrict,
    p_two_tailed_with_ties: (test.moreExtreme + test.ties) / (bootstrap.draws - test.invalid),
    p_equal_tailed_strict: test.pEqualTailed,
    p_upper_strict: test.pUpper,
    p_lower_strict: test.pLower,
  };
}

/** Case 05c: six-point weights with six clusters, enumerated and drawn; one weight per row. */
export const wildWebb: CaseRunner = {
  cases: ["05c_wild_webb_g6"],
  rules: [
    { path: /webb_random\.(un)?restricted_p$/, absolute: 0.012649173886701066, relative: 0 },
    { path: /subcluster_observation_level\.(un)?restricted_p$/, absolute: 0.02, relative: 0 },
    { path: /fwildclusterboot_webb\.p$/, absolute: 0.012649173886701066, relative: 0 },
    { path: /fwildclusterboot_webb\.ci95/, relative: 0.02 },
    { path: /tolerance_/, skip: "states the tolerance" },
  ],
  relative: () => 1e-8,
  run({ expected, panel }) {
    const table = panel();
    const fit = fitSpec(table, { fixed_effects: ["unit", "time"], covariates: [], weights: null });
    const unit = table.grouping("unit");
    const base = { term: "d", clusters: unit, type: "11", seed: 20, smallSample: SLOPES } as const;
    const pair = (options: Pick<WildOptions, "weights" | "draws"> & Partial<WildOptions>) => {
      const run = (restricted: boolean) => value(wildClusterBootstrap(fit, { ...base, restricted, ...options }));
      return [run(true), run(false)] as const;
    };
    const [webb, webbFree] = pair({ weights: "webb", draws: 0 });
    const [signs, signsFree] = pair({ weights: "rademacher", draws: 0 });
    const random = pair({ weights: "webb", draws: 99_999, exact: "never" });
    const rows = groupBy(
      "row",
      Array.from({ length: table.rows }, (_, i) => i),
    );
    const byRow = pair({ weights: "rademacher", draws: 9_999, groups: rows });
    const interval = webb.interval(0.05);
    const both = ([a, b]: readonly [WildBootstrap, WildBootstrap]): Actual => ({
      B: a.draws,
      restricted_p: a.test(0).pValue,
      unrestricted_p: b.test(0).pValue,
    });
    return {
      G: unit.count,
      treated_clusters: new Set(table.text("unit").filter((_, i) => table.numeric("treat")[i] === 1)).size,
      estimate: webb.estimate,
      t: webb.test(0).statistic,
      webb_points: [-Math.sqrt(1.5), -1, -Math.SQRT1_2, Math.SQRT1_2, 1, Math.sqrt(1.5)],
      results: {
        webb_full_enumeration: {
          restricted_WCR: shares(webb, webb.test(0)),
          unrestricted_WCU: shares(webbFree, webbFree.test(0)),
        },
        webb_random: both(random),
        rademacher_full: {
          restricted_WCR: shares(signs, signs.test(0)),
          unrestricted_WCU: shares(signsFree, signsFree.test(0)),
        },
        subcluster_observation_level: both(byRow),
        fwildclusterboot_webb: {
          B: number(object(object(expected.results).fwildclusterboot_webb).B),
          p: random[0].test(0).pValue,
          ci95: [interval.low, interval.high],
        },
      },
    };
  },
};
