import { studentInference } from "../../../src/core/inference/coefficients.ts";
import {
  andrews,
  type BandwidthResult,
  batchMeans,
  equalWeightedCosine,
  type GapRegression,
  gapRegression,
  neweyWest,
  neweyWestAutomatic,
} from "../../../src/core/inference/gap-series.ts";
import { autocorrelations, blockMeans, durbinWatson } from "../../../src/core/inference/hac.ts";
import { hc1 } from "../../../src/core/vcov/hc1.ts";
import { iid } from "../../../src/core/vcov/iid.ts";
import type { VarianceEstimator } from "../../../src/core/vcov/variance.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { referenceRow, value } from "./tables.ts";

/** Steps per season in the simulated panel. */
const SEASON = 24;
const BLOCKS = 6;

/** Case 16: treated mean minus control mean with HAC, cosine and batch-means errors. */
export const gapSeries: CaseRunner = {
  cases: ["16_gap_series_hac"],
  rules: [{ path: /results\.(plain|season)\.rows\.(12|13|14|15)\./, relative: 1e-6 }],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const { gap, post } = gaps(panel());
    const wave = (f: (x: number) => number): Float64Array => gap.map((_, t) => f((2 * Math.PI * (t + 1)) / SEASON));
    const season = [
      { name: "s1", values: wave(Math.sin) },
      { name: "c1", values: wave(Math.cos) },
    ];
    const results = object(expected.results);
    return {
      results: {
        plain: runSpec(value(gapRegression(gap, post, [], 0.05)), object(results.plain)),
        season: runSpec(value(gapRegression(gap, post, season, 0.05)), object(results.season)),
        batch_means: runBatches(gap, post),
      },
    };
  },
};

function gaps(table: Table): { gap: Float64Array; post: Float64Array } {
  const y = table.numeric("y");
  const time = table.grouping("time");
  const treat = table.numeric("treat");
  const post = new Float64Array(time.count);
  const rowPost = table.numeric("post");
  const sums = [new Float64Array(time.count), new Float64Array(time.count)];
  const counts = [new Float64Array(time.count), new Float64Array(time.count)];
  time.levels.forEach((t, i) => {
    const arm = treat[i] ?? 0;
    const total = sums[arm];
    const count = counts[arm];
    if (total && count) {
      total[t] = (total[t] ?? 0) + (y[i] ?? 0);
      count[t] = (count[t] ?? 0) + 1;
    }
    post[t] = rowPost[i] ?? 0;
  });
  const armMean = (arm: number, t: number): number => (sums[arm]?.[t] ?? 0) / (counts[arm]?.[t] ?? 1);
  return { gap: post.map((_, t) => armMean(1, t) - armMean(0, t)), post };
}

function runSpec(regression: GapRegression, expected: JsonObject): Actual {
  const { fit, term } = regression;
  return {
    estimate: fit.coefficients[term] ?? null,
    n: fit.n,
    k: fit.terms.length,
    residual_acf: autocorrelations(fit.residuals, 5),
    durbin_watson: durbinWatson(fit.residuals),
    rows: list(expected.rows).map((item) => runRow(regression, object(item))),
  };
}

function runRow(regression: GapRegression, expected: JsonObject): Actual {
  const id = text(expected.id);
  const lag = /^NW_lag(\d+)(_adjust)?$/.exec(id);
  if (lag) {
    const lags = Number(lag[1]);
    return { id, lag: lags, ...referenceRow(neweyWest(regression, lags, lag[2] !== undefined)) };
  }
  const cosine = /^EWC_nu(\d+)$/.exec(id);
  if (cosine) {
    const nu = Number(cosine[1]);
    return { id, nu, ...referenceRow(equalWeightedCosine(regression, nu)) };
  }
  const withBandwidth = (result: BandwidthResult): Actual => ({
    id,
    bandwidth: result.bandwidth,
    ...referenceRow(result.row),
  });
  switch (id) {
    case "ols":
      return { id, ...varianceRow(regression, iid) };
    case "HC1":
      return { id, ...varianceRow(regression, hc1) };
    case "QS_andrews":
      return withBandwidth(andrews(regression, "quadratic-spectral", false));
    case "Bartlett_andrews":
      return withBandwidth(andrews(regression, "bartlett", false));
    case "QS_andrews_prewhite1":
      return withBandwidth(andrews(regression, "quadratic-spectral", true));
    case "NW1994_auto":
      return withBandwidth(neweyWestAutomatic(regression, { prewhite: false, adjust: false }));
    default:
      return { id };
  }
}

function varianceRow(regression: GapRegression, estimator: VarianceEstimator): { readonly [key: string]: Actual } {
  const { fit, term } = regression;
  const variance = value(estimator.estimate(fit, {}));
  const estimate = fit.coefficients[term] ?? Number.NaN;
  const dof = variance.dof[term] ?? Number.NaN;
  return referenceRow(
    studentInference("post", estimate, Math.sqrt(variance.matrix.get(term, term)), { dof, alpha: 0.05 }),
  );
}

function runBatches(gap: Float64Array, post: Float64Array): Actual {
  const before = gap.filter((_, t) => post[t] === 0);
  const after = gap.filter((_, t) => post[t] === 1);
  const row = batchMeans(before, after, BLOCKS, 0.05);
  const preMeans = blockMeans(before, BLOCKS);
  const postMeans = blockMeans(after, BLOCKS);
  return {
    blocks_per_side: BLOCKS,
    estimate: row.estimate,
    t: row.statistic,
    df: row.dof,
    p: row.pValue,
    block_means: Array.from(preMeans).flatMap((mean, b) => [
      { post: 0, bl: b + 1, gap: mean },
      { post: 1, bl: b + 1, gap: postMeans[b] ?? null },
    ]),
  };
}
