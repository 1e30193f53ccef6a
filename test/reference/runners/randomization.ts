import { placebosInTime, placebosInUnit } from "../../../src/core/inference/placebos.ts";
import {
  type Randomization,
  randomizeChanges,
  randomizeRegression,
} from "../../../src/core/inference/randomization.ts";
import { groupBy } from "../../../src/core/regression/effects.ts";
import { leastSquares } from "../../../src/core/regression/ols.ts";
import type { CaseRunner } from "./compare.ts";
import { list, number, object } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

/** Case 11: all assignments of twelve units, five statistics, Fisher's interval, placebos. */
export const randomization: CaseRunner = {
  cases: ["11_randomization_inference"],
  rules: [
    { path: /tolerance_abs$/, skip: "states the tolerance" },
    { path: /fisher_ci95\.(low|high)$/, absolute: 1e-8, relative: 0 },
  ],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const units = changesOf(table);
    const design = { changes: units.changes, treated: units.treated, strata: null, seed: 1 };
    const difference = value(randomizeChanges(design, "difference"));
    const interval = difference.interval(0.05);
    const regions = groupBy("region", units.regions);
    const stratified = randomizeChanges({ ...design, strata: regions.levels }, "difference");
    const regression = regressionDesign(table, units.treated);
    const inUnit = value(placebosInUnit(units.changes, units.treated));
    const dates = list(object(expected.results).placebo_in_time).map((item) => number(object(item).fake_deploy));
    return {
      results: {
        n_units: units.names.length,
        n_treated: units.treated.filter(Boolean).length,
        unit_changes: units.names.map((unit, u) => ({
          unit,
          treat: Number(units.treated[u]),
          change: units.changes[u] ?? null,
        })),
        difference_in_means: row(difference),
        welch_studentised: row(value(randomizeChanges(design, "welch"))),
        fisher_ci95: interval,
        RI_beta: row(value(randomizeRegression(regression, "beta"))),
        RI_t: row(value(randomizeRegression(regression, "t"))),
        stratified_by_region: { ...row(value(stratified)), treated_per_region: treatedPer(units) },
        placebo_in_time: placebosInTime(timePanel(table, units.treated), dates).map(({ date, estimate }) => ({
          fake_deploy: date,
          estimate,
        })),
        placebo_in_unit: {
          placebos: inUnit.units.map((u, i) => ({ unit: units.names[u] ?? "", estimate: inUnit.estimates[i] ?? null })),
          rank_p_two_sided: inUnit.rankP,
        },
      },
    };
  },
};

function row(found: Randomization) {
  const { statistic, extreme, pTwoSided, pUpper, pLower } = found.test(0);
  return {
    statistic,
    n_assignments: found.assignments,
    n_abs_ge: extreme,
    p_two_sided: pTwoSided,
    p_upper: pUpper,
    p_lower: pLower,
  };
}

interface Units {
  readonly names: readonly string[];
  readonly regions: readonly string[];
  readonly treated: readonly boolean[];
  readonly changes: Float64Array;
}

function treatedPer({ regions, treated }: Units): Record<string, number> {
  const counts: Record<string, number> = {};
  regions.forEach((region, u) => {
    if (treated[u]) counts[region] = (counts[region] ?? 0) + 1;
  });
  return counts;
}

/** Mean after minus mean before of every unit. */
export function changesOf(table: Table): Units {
  const unit = table.grouping("unit");
  const [y, treat, post] = [table.numeric("y"), table.numeric("treat"), table.numeric("post")];
  const names = table.text("unit");
  const regions = table.text("region");
  const first = Array.from({ length: unit.count }, (_, u) => unit.levels.indexOf(u));
  const mean = (u: number, side: number): number => {
    const values = y.filter((_, i) => unit.levels[i] === u && post[i] === side);
    return values.reduce((sum, one) => sum + one, 0) / values.length;
  };
  return {
    names: first.map((i) => names[i] ?? ""),
    regions: first.map((i) => regions[i] ?? ""),
    treated: first.map((i) => treat[i] === 1),
    changes: Float64Array.from(first, (_, u) => mean(u, 1) - mean(u, 0)),
  };
}

function timePanel(table: Table, treated: readonly boolean[]) {
  const [time, post] = [table.numeric("time"), table.numeric("post")];
  const date = Math.min(...time.filter((_, i) => post[i] === 1));
  return { unit: table.grouping("unit").levels, time, outcome: table.numeric("y"), treated, date };
}

function regressionDesign(table: Table, treated: readonly boolean[]) {
  const [treat, post] = [table.numeric("treat"), table.numeric("post")];
  const unit = table.grouping("unit");
  const fit = leastSquares({
    outcome: table.numeric("y"),
    columns: [{ name: "d", values: treat.map((one, i) => one * (post[i] ?? 0)) }],
    effects: [unit, table.grouping("time")],
    singletons: "keep",
  });
  return { fit: value(fit), term: "d", post, assigned: unit, treated, strata: null, seed: 1 };
}
