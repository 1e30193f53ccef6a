import {
  conformalByPeriod,
  conformalInterval,
  conformalTest,
  crossFittedTest,
  type GapPanel,
  gapEffect,
  placeboConformal,
} from "../../../src/core/estimators/conformal/block-permutation.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { list, number, object } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

/** Case 11b: moving-block permutations and the cross-fitted t-test, with two proxies. */
export const conformal: CaseRunner = {
  cases: ["11b_conformal"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel: open }) {
    const panel = gapPanel(open());
    const post = panel.treated.length - panel.pre;
    const absolute = { proxy: "did", order: 1 } as const;
    const grid = object(expected.ci90_did_q1_grid);
    const estimate = gapEffect(panel, "did");
    const interval = conformalInterval(panel, absolute, number(grid.alpha));
    // the reference steps through a grid around the estimate: its limits are the outermost kept grid points
    const step = number(grid.grid_step);
    return {
      cross_fitted_t_test: list(expected.cross_fitted_t_test).map((item) => crossFitted(panel, number(object(item).K))),
      T0: panel.pre,
      T1: post,
      estimate_did: estimate,
      tests: list(expected.tests).map((item) => testRow(panel, number(object(item).theta0))),
      ci90_did_q1_grid: {
        low: estimate + Math.ceil((interval.low - estimate) / step) * step,
        high: estimate + Math.floor((interval.high - estimate) / step) * step,
        grid_step: step,
        alpha: number(grid.alpha),
      },
      pointwise_p_did: Object.fromEntries(
        conformalByPeriod(panel, absolute).map((p, k) => [String(panel.pre + k + 1), p]),
      ),
      placebo_in_time_p_did: { p: [1, 2, 3, 4, 5].map((length) => placeboConformal(panel, absolute, length).pValue) },
    };
  },
};

function testRow(panel: GapPanel, theta0: number): Actual {
  const row: Record<string, Actual> = { theta0 };
  for (const proxy of ["did", "sc"] as const) {
    for (const order of [1, 2] as const) {
      const { statistic, pValue } = conformalTest(panel, { proxy, order }, theta0);
      row[`${proxy}_q${order}`] = { p_moving_block: pValue, S: statistic };
    }
  }
  return row;
}

function crossFitted(panel: GapPanel, folds: number): Actual {
  const entryOf = (proxy: "did" | "sc") => {
    const { foldEstimates, foldLength, row } = value(crossFittedTest(panel, proxy, folds, 0.05));
    return {
      length: foldLength,
      entry: {
        fold_estimates: foldEstimates,
        tau: row.estimate,
        se: row.stdError,
        t: row.statistic,
        df: row.dof,
        p: row.pValue,
      },
    };
  };
  const [did, sc] = [entryOf("did"), entryOf("sc")];
  return { K: folds, r: did.length, did: did.entry, sc: sc.entry };
}

function gapPanel(table: Table): GapPanel {
  const unit = table.grouping("unit");
  const time = table.grouping("time");
  const [y, treat, post] = [table.numeric("y"), table.numeric("treat"), table.numeric("post")];
  const series = Array.from({ length: unit.count }, () => new Float64Array(time.count));
  const isTreated = new Uint8Array(unit.count);
  unit.levels.forEach((u, i) => {
    series[u]?.set([y[i] ?? Number.NaN], time.levels[i] ?? 0);
    isTreated[u] = treat[i] ?? 0;
  });
  const treated = series.filter((_, u) => isTreated[u] === 1);
  return {
    treated: Float64Array.from({ length: time.count }, (_, t) =>
      treated.reduce((sum, one) => sum + (one[t] ?? 0) / treated.length, 0),
    ),
    controls: series.filter((_, u) => isTreated[u] === 0),
    pre: new Set(time.levels.filter((_, i) => post[i] === 0)).size,
  };
}
