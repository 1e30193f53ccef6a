import * as multiplicity from "../../../src/core/inference/multiplicity.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object } from "./json.ts";

/** Case 13: adjusted p-values and combined tests, with ties, missing values, 0 and 1. */
export const multipleTesting: CaseRunner = {
  cases: ["13_multiple_testing"],
  rules: [
    // the reference evaluates 1 - (1 - p)^n, which is only good to one unit of rounding of 1 for small p
    { path: /^vectors\.\w+\.(sidak|holm_sidak)\./, relative: 1e-12, absolute: 4.5e-16 },
    // and 1/2 - atan(.)/pi, which has the same limit; ours keeps the digits of 5e-300
    { path: /^vectors\.tiny\.cauchy_combination_p$/, absolute: 4.5e-16, relative: 0 },
    {
      path: /^vectors\.tiny\.stouffer_z$/,
      skip: "the reference rounds 1 - 1e-300 to 1 and gets Infinity; the z of 1e-300 is finite (case 12b)",
    },
  ],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected }) {
    const vectors = Object.entries(object(expected.vectors)).map(([name, vector]) => [name, runVector(object(vector))]);
    return { vectors: Object.fromEntries(vectors) };
  },
};

function runVector(vector: JsonObject): Actual {
  const p = list(vector.p).map((item) => (item === null ? null : number(item)));
  const fisher = multiplicity.fisherCombination(p);
  return {
    p,
    bonferroni: multiplicity.bonferroni(p),
    holm: multiplicity.holm(p),
    hochberg: multiplicity.hochberg(p),
    hommel: multiplicity.hommel(p),
    BH: multiplicity.benjaminiHochberg(p),
    BY: multiplicity.benjaminiYekutieli(p),
    sidak: multiplicity.sidak(p),
    holm_sidak: multiplicity.holmSidak(p),
    simes: multiplicity.simes(p),
    fisher_stat: fisher.statistic,
    fisher_p: fisher.pValue,
    cauchy_combination_p: multiplicity.cauchyCombination(p),
    harmonic_mean: multiplicity.harmonicMean(p),
    stouffer_z: multiplicity.stoufferZ(p),
  };
}
