import { conleyTaber, fermanPinto } from "../../../src/core/estimators/few-treated/control-residuals.ts";
import {
  donaldLang,
  type GroupChanges,
  ibragimovMueller,
  regionTest,
  signChangeTest,
} from "../../../src/core/estimators/few-treated/group-tests.ts";
import type { Coefficient } from "../../../src/core/inference/coefficients.ts";
import { mean } from "../../../src/core/linalg/kernels.ts";
import type { CaseRunner } from "./compare.ts";
import { number } from "./json.ts";
import { changesOf } from "./randomization.ts";
import { value } from "./tables.ts";

/** Cases 16b and 16c: inference from one change per unit. */
export const fewTreated: CaseRunner = {
  cases: ["16b_few_treated", "16c_few_treated_5regions"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ panel }) {
    const table = panel();
    const units = changesOf(table);
    const unit = table.grouping("unit");
    const rowSize = table.numeric("size");
    const sizeOf = units.names.map((_, u) => rowSize[unit.levels.indexOf(u)] ?? Number.NaN);
    const split = (values: ArrayLike<number>): GroupChanges => ({
      treated: Float64Array.from(values).filter((_, u) => units.treated[u]),
      control: Float64Array.from(values).filter((_, u) => !units.treated[u]),
    });
    const changes = split(units.changes);
    const regions = [...new Set(units.regions)];
    const estimates = Float64Array.from(regions, (region) => {
      const within = split(units.changes.map((change, u) => (units.regions[u] === region ? change : Number.NaN)));
      const clean = (side: Float64Array): number => mean(side.filter((change) => !Number.isNaN(change)));
      return clean(within.treated) - clean(within.control);
    });
    const one = value(regionTest(estimates, 0.05));
    const signs = value(signChangeTest(estimates, 0.05));
    const taber = (alpha: number) => value(conleyTaber(changes, { alpha, seed: 1, draws: 9999 }));
    const [wide, narrow] = [taber(0.05), taber(0.1)];
    const pinto = value(fermanPinto(changes, split(sizeOf), { alpha: 0.05, seed: 1, draws: 9999 }));
    const controls = units.names.filter((_, u) => !units.treated[u]);
    return {
      unit_changes: units.names.map((name, u) => ({
        unit: name,
        treat: Number(units.treated[u]),
        region: units.regions[u] ?? "",
        size: sizeOf[u] ?? null,
        change: units.changes[u] ?? null,
      })),
      results: {
        donald_lang: testOf(value(donaldLang(changes, 0.05))),
        ibragimov_mueller_two_sample: testOf(value(ibragimovMueller(changes, 0.05))),
        ibragimov_mueller_one_sample: {
          region_estimates: Object.fromEntries(regions.map((region, r) => [region, estimates[r] ?? null])),
          mean: one.estimate,
          ...testOf(one),
          ci95: [one.confLow, one.confHigh],
        },
        canay_romano_shaikh: { n: signs.assignments, p: signs.pValue, p_mean_statistic: signs.pOfMean },
        conley_taber: {
          estimate: wide.estimate,
          n: wide.samples,
          p_two_sided: wide.pValue,
          ci90: [narrow.confLow, narrow.confHigh],
          ci95: [wide.confLow, wide.confHigh],
          residuals: Object.fromEntries(controls.map((name, j) => [name, wide.residuals[j] ?? null])),
        },
        ferman_pinto: {
          a: pinto.sizeVariance.constant,
          b: pinto.sizeVariance.slope,
          constrained: pinto.sizeVariance.constrained,
          n: pinto.samples,
          p_two_sided: pinto.pValue,
        },
      },
    };
  },
};

function testOf({ statistic, dof, pValue }: Coefficient) {
  return { t: statistic, df: dof, p: pValue };
}
