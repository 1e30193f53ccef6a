import { baconDecomposition, summarizeTypes } from "../../../src/core/estimators/staggered/bacon.ts";
import { balancedPanel } from "../../../src/core/estimators/staggered/balanced.ts";
import { cellWeights } from "../../../src/core/estimators/staggered/cell-weights.ts";
import { openStaggered } from "../../../src/core/estimators/staggered/table.ts";
import { leastSquares } from "../../../src/core/regression/ols.ts";
import type { CaseRunner } from "./compare.ts";
import { list, number, object } from "./json.ts";
import { value } from "./tables.ts";

/** Cases 06d and 06e: what two-way fixed effects is an average of. */
export const goodmanBacon: CaseRunner = {
  cases: ["06d_goodman_bacon", "06e_goodman_bacon_castle"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const opened = value(
      openStaggered({
        rows: table.rows,
        unit: table.text("unit"),
        time: table.numeric("time"),
        outcome: table.numeric("y"),
        treatment: null,
        firstTreated: table.numeric("first_treat"),
        weights: null,
        covariates: [],
        cluster: null,
      }),
    );
    const components = value(baconDecomposition(value(balancedPanel(opened, "refuse"))));
    const weights = value(cellWeights(opened));
    const fit = value(
      leastSquares({
        outcome: table.numeric("y"),
        columns: [{ name: "d", values: table.numeric("d") }],
        effects: [table.grouping("unit"), table.grouping("time")],
        singletons: "keep",
      }),
    );
    return {
      twfe: fit.coefficients[0] ?? null,
      // the reference's order
      components: list(expected.components).map((entry) => {
        const { treated, untreated } = object(entry);
        const found = components.find((part) => part.treated === treated && part.untreated === number(untreated));
        return found === undefined ? null : { ...found };
      }),
      by_type: summarizeTypes(components)
        .sort((a, b) => (a.type < b.type ? -1 : 1))
        .map(({ type, weight, estimate }) => ({ type, weight, average_estimate: estimate })),
      dcdh_weights: {
        n_treated_cells: weights.rows.length,
        n_negative: weights.negative,
        sum_negative: weights.negativeSum,
        min: weights.smallest,
        max: weights.largest,
      },
    };
  },
};
