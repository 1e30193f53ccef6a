import { changesInChanges, meanDid, quantileDid } from "../../../src/core/estimators/quantile/cic.ts";
import type { FourSamples } from "../../../src/core/estimators/quantile/samples.ts";
import { readSamples } from "../../../src/core/estimators/quantile/samples.ts";
import { tidyTable } from "../../../src/core/estimators/tidy-table.ts";
import { mean } from "../../../src/core/linalg/kernels.ts";
import {
  kolmogorovSmirnov,
  type QuantileType,
  sampleQuantile,
  wassersteinDistance,
} from "../../../src/core/probability/sample-quantile.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { list, number } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

const TYPES: readonly QuantileType[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const GRID = 2000;

/** Cases 14 and 14b: changes-in-changes, quantile difference-in-differences, sample quantiles, distances. */
export const quantileCases: CaseRunner = {
  cases: ["14_cic_lalonde", "14b_cic_latency"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const samples = samplesOf(panel());
    const probs = list(expected.probs).map(number);
    const cic = changesInChanges(samples, probs);
    const package7 = quantileDid(samples, probs, 7);
    return {
      probs,
      n: {
        control_pre: samples.controlPre.length,
        control_post: samples.controlPost.length,
        treated_pre: samples.treatedPre.length,
        treated_post: samples.treatedPost.length,
      },
      cic: {
        att: cic.att,
        att_package: cic.att,
        qte_brute_force: cic.quantileEffects,
        qte_package: cic.quantileEffects,
        counterfactual_mean: mean(cic.counterfactual),
      },
      mean_did: meanDid(samples),
      quantile_did_pointwise: quantileDid(samples, probs, 1).quantileEffects,
      qdid_package: { att: package7.att, qte: package7.quantileEffects },
      ks_statistic_y11_vs_counterfactual: kolmogorovSmirnov(samples.treatedPost, cic.counterfactual),
      wasserstein_grid2000: wassersteinDistance(samples.treatedPost, cic.counterfactual, GRID),
      sample_quantiles_treated_post: quantilesByType(samples.treatedPost, probs),
    };
  },
};

function samplesOf(table: Table): FourSamples {
  // repeated cross-sections: the group's first treated period says which group a row is in
  const firstTreated = table.numeric("d").map((treated) => (treated === 1 ? 1 : Number.NaN));
  return value(readSamples(tidyTable({ outcome: table.numeric("y"), time: table.numeric("time"), firstTreated })))
    .samples;
}

function quantilesByType(sorted: Float64Array, probs: readonly number[]): Actual {
  return Object.fromEntries(TYPES.map((type) => [`type${type}`, probs.map((p) => sampleQuantile(sorted, p, type))]));
}
