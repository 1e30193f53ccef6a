import {
  averageEstimates,
  averageOf,
  averageRows,
  type InteractionWeightedFit,
  interactionWeightedFit,
  relativeTimes,
  type TermAverage,
} from "../../../src/core/estimators/staggered/sun-abraham.ts";
import { openStaggered } from "../../../src/core/estimators/staggered/table.ts";
import { type Coefficient, coefficientTable } from "../../../src/core/inference/coefficients.ts";
import { leastSquares } from "../../../src/core/regression/ols.ts";
import { cr1 } from "../../../src/core/vcov/cr1.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { referenceRow, value } from "./tables.ts";

/** Case 06b: interaction-weighted event study, with and without a covariate. */
export const sunAbrahamCase: CaseRunner = {
  cases: ["06b_sun_abraham"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const specs = Object.entries(object(expected.specs)).map(([name, spec]) => [
      name,
      runSpec(table, name === "covariate" ? ["x1"] : [], text(object(spec).formula)),
    ]);
    return { specs: Object.fromEntries(specs) };
  },
};

function runSpec(table: Table, covariates: readonly string[], formula: string): Actual {
  const weighted = value(
    interactionWeightedFit(
      value(
        openStaggered({
          rows: table.rows,
          unit: table.text("unit"),
          time: table.numeric("time"),
          outcome: table.numeric("y"),
          treatment: null,
          firstTreated: table.numeric("first_treat"),
          weights: null,
          covariates: covariates.map((name) => ({ name, values: table.numeric(name) })),
          cluster: null,
        }),
      ),
      { ref: -1, control: "never" },
    ),
  );
  const { fit } = weighted;
  const variance = value(cr1.estimate(fit, { clusters: [table.grouping("unit")] }));
  const dof = variance.dof[0] ?? Number.NaN;
  const rows = coefficientTable(fit, variance, 0.05);
  // the reference lists covariates first
  const own = rows.filter((row) => covariates.includes(row.term));
  const listed = (averages: readonly TermAverage[]): Actual => {
    const found = averageRows(averageEstimates(weighted, variance, averages), dof, 0.05);
    return [...own, ...found].map(referenceRow);
  };
  const events = eventAverages(weighted);
  return {
    formula,
    nobs: fit.n,
    t_df: dof,
    cohort_period_coefs: [...own, ...rows.filter((row) => !covariates.includes(row.term))].map(cohortRow),
    event_study: listed(events),
    att: listed(present([averageOf(weighted, "ATT", (term) => term.relative >= 0)])),
    cohort: listed(
      present(
        weighted.table.cohorts.map((cohort) =>
          averageOf(weighted, `cohort::${cohort}`, (term) => term.cohort === cohort && term.relative >= 0),
        ),
      ),
    ),
    event_vcov: {
      event_time: relativeTimes(weighted),
      matrix: averageEstimates(weighted, variance, events).covariance.to2DArray(),
    },
    twfe_static: [referenceRow(staticEffect(table))],
  };
}

function eventAverages(weighted: InteractionWeightedFit): TermAverage[] {
  return present(
    relativeTimes(weighted).map((at) => averageOf(weighted, `time::${at}`, (term) => term.relative === at)),
  );
}

function present(averages: readonly (TermAverage | null)[]): TermAverage[] {
  return averages.filter((average) => average !== null);
}

/** The reference's name of a term. */
function cohortRow(row: Coefficient): Actual {
  return referenceRow({ ...row, term: row.term.replace(/^e=(.*),cohort=(.*)$/, "time::$1:cohort::$2") });
}

function staticEffect(table: Table): Coefficient {
  const time = table.numeric("time");
  const first = table.numeric("first_treat");
  const fit = value(
    leastSquares({
      outcome: table.numeric("y"),
      columns: [{ name: "d", values: time.map((t, i) => Number((first[i] ?? 0) > 0 && t >= (first[i] ?? 0))) }],
      effects: [table.grouping("unit"), table.grouping("time")],
      singletons: "keep",
    }),
  );
  const variance = value(cr1.estimate(fit, { clusters: [table.grouping("unit")] }));
  const [row] = coefficientTable(fit, variance, 0.05);
  if (!row) throw new Error("no coefficient");
  return row;
}
