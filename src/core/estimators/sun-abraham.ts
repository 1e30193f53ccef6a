import type { Coefficient } from "../inference/coefficients.ts";
import { waldTest } from "../inference/wald.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { DESIGN_SETTINGS, errorConvention } from "./panel-ols/settings.ts";
import { clusterGroupings, type RegressionTable } from "./panel-ols/table.ts";
import { type NamedVariance, namedVariance, regressionVcovs } from "./panel-ols/variance.ts";
import { settingText } from "./setting.ts";
import {
  averageEstimates,
  averageOf,
  averageRows,
  type CohortTerm,
  type InteractionWeightedFit,
  interactionWeightedFit,
  relativeTimes,
  type TermAverage,
} from "./staggered/sun-abraham.ts";
import { openStaggered, type StaggeredTable } from "./staggered/table.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "aggregate",
    description: "dynamic (by time since treatment), cohort (by first treated period), cells (both), att (one number)",
    default: "dynamic",
    accepts: { type: "choice", values: ["dynamic", "cohort", "cells", "att"] },
  },
  // collinear covariates are always refused
  ...DESIGN_SETTINGS.filter((setting) => setting.name !== "collinear"),
];

/**
 * Sun and Abraham: an event study that is not contaminated by other cohorts' effects.
 *
 * Formula and assumptions: see `interactionWeightedFit`. Errors of the regression by their names; the cohorts' shares count as
 * fixed, as in fixest.
 */
export const sunAbraham: TidyEstimator = {
  id: "sun-abraham",
  label: "interaction-weighted event study (Sun and Abraham)",
  reference: "Sun and Abraham 2021, Estimating dynamic treatment effects in event studies, Journal of Econometrics 225",
  needs: ["unit", "time", "firstTreated"],
  vcovs: regressionVcovs("cr1"),
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster", "ref", "control"],
  multiwayClusters: false,
  estimate(data, options) {
    if (!(options.ref < 0)) return badReference(options.ref);
    const opened = openStaggered(data);
    if (!opened.ok) return opened;
    const weighted = interactionWeightedFit(opened.value, { ref: options.ref, control: options.control });
    if (!weighted.ok) return weighted;
    return report(weighted.value, options);
  },
};

function badReference(ref: number): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The reference period ${ref} is not before the treatment.`,
    "Give a negative reference, such as --ref -1.",
    { ref },
  );
}

function report(weighted: InteractionWeightedFit, options: EstimateOptions): Outcome<EstimateResult> {
  const { fit, table, terms } = weighted;
  const regression: RegressionTable = { data: table.data, unit: table.unit, periods: table.periods };
  const name = options.vcov ?? sunAbraham.vcovs[0] ?? "cr1";
  const serial = name === "driscoll-kraay" || name === "panel-newey-west";
  const convention = errorConvention(SETTINGS, options, serial);
  const found = namedVariance(fit, regression, treatedRows(table), { name, convention });
  if (!found.ok) return found;
  const { variance, clusters } = found.value;
  const averages = averagesOf(weighted, settingText(SETTINGS, options, "aggregate"));
  const estimates = averageEstimates(weighted, variance, averages.list);
  const dof = variance.dof[0] ?? Number.NaN;
  const thin = clusters.length === 0 ? [] : thinCohorts(regression, table);
  const rows = averageRows(estimates, dof, options.alpha).map((row, j) =>
    averages.cohorts[j]?.every((cohort) => thin.includes(cohort)) && averages.cohorts[j].length === 1
      ? withoutError(row)
      : row,
  );
  return answer({
    estimator: sunAbraham.id,
    inference: name,
    coefficients: rows,
    nobs: fit.n,
    clusters: variance.clusters,
    notes: [...table.notes, ...found.value.notes, ...thin.map(thinNote)],
    details: {
      reference: options.ref,
      dropped: [...fit.dropped],
      cohortTerms: termRows(terms, weighted, found.value),
      preTest: preTest(weighted, found.value),
    },
  });
}

function withoutError(row: Coefficient): Coefficient {
  const none = Number.NaN;
  return { ...row, stdError: none, statistic: none, pValue: none, confLow: none, confHigh: none };
}

function thinNote(cohort: number): string {
  return `The units first treated in ${cohort} are one cluster: effects that rest on them alone have no error.`;
}

/** Cohorts whose units are all in one cluster of the first cluster variable. */
function thinCohorts(regression: RegressionTable, table: StaggeredTable): number[] {
  const [grouping] = clusterGroupings(regression);
  const owners = new Map<number, Set<number>>(table.cohorts.map((cohort) => [cohort, new Set()]));
  table.unit.levels.forEach((u, i) => {
    owners.get(table.first[u] ?? Number.NaN)?.add(grouping?.levels[i] ?? 0);
  });
  return table.cohorts.filter((cohort) => owners.get(cohort)?.size === 1);
}

function treatedRows({ unit, first, time }: StaggeredTable): Float64Array {
  return time.map((t, i) => Number(t >= (first[unit.levels[i] ?? 0] ?? Number.NaN)));
}

interface Averages {
  readonly list: readonly TermAverage[];
  /** Cohorts behind each. */
  readonly cohorts: readonly (readonly number[])[];
}

function averagesOf(weighted: InteractionWeightedFit, wanted: string): Averages {
  const selections: { name: string; isIn: (term: CohortTerm) => boolean }[] = [
    { name: "att", isIn: (term) => term.relative >= 0 },
  ];
  if (wanted === "dynamic") {
    for (const at of relativeTimes(weighted))
      selections.push({ name: `e=${at}`, isIn: (term) => term.relative === at });
  }
  if (wanted === "cohort") {
    for (const cohort of weighted.table.cohorts) {
      selections.push({ name: `cohort=${cohort}`, isIn: (term) => term.cohort === cohort && term.relative >= 0 });
    }
  }
  if (wanted === "cells") {
    for (const cell of weighted.terms) selections.push({ name: cell.name, isIn: (term) => term === cell });
  }
  const list: TermAverage[] = [];
  const cohorts: number[][] = [];
  for (const { name, isIn } of selections) {
    const average = averageOf(weighted, name, isIn);
    if (average === null) continue;
    list.push(average);
    cohorts.push([...new Set(weighted.terms.filter(isIn).map((term) => term.cohort))]);
  }
  return { list, cohorts };
}

function termRows(
  terms: readonly CohortTerm[],
  { fit }: InteractionWeightedFit,
  { variance }: NamedVariance,
): JsonValue[] {
  return terms.map(({ name, cohort, relative, mass }) => {
    const j = fit.terms.indexOf(name);
    const error = Math.sqrt(variance.matrix.get(j, j));
    return { cohort, relative, mass, estimate: fit.coefficients[j] ?? null, stdError: error > 0 ? error : null };
  });
}

/** Joint test of the averages before the treatment. */
function preTest(weighted: InteractionWeightedFit, { variance }: NamedVariance): JsonValue {
  const leads = relativeTimes(weighted).filter((at) => at < 0);
  if (leads.length === 0) return { reason: "There is no period before the treatment but the reference." };
  const averages = leads.flatMap((at) => averageOf(weighted, `e=${at}`, (term) => term.relative === at) ?? []);
  const estimates = averageEstimates(weighted, variance, averages);
  const test = waldTest(estimates, estimates.terms, variance.dof[0] ?? Number.NaN);
  if (!test.ok) return { reason: test.refusal.message };
  const { fStatistic, dof1, dof2, pF } = test.value;
  return { fStatistic, dof1, dof2: Number.isFinite(dof2) ? dof2 : null, pValue: pF };
}
