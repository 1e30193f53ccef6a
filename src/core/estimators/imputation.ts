import { type Coefficient, studentInference } from "../inference/coefficients.ts";
import { waldTest } from "../inference/wald.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, groupBy } from "../regression/effects.ts";
import { cr1 } from "../vcov/cr1.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { settingNumber, settingText } from "./setting.ts";
import {
  horizons,
  type Imputation,
  type ImputationTarget,
  imputationEstimates,
  impute,
  targetOf,
} from "./staggered/imputation.ts";
import { leadName, leadRegression } from "./staggered/leads.ts";
import { openStaggered } from "./staggered/table.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "aggregate",
    description: "dynamic (by time since treatment), cohort (by first treated period), att (one number)",
    default: "dynamic",
    accepts: { type: "choice", values: ["dynamic", "cohort", "att"] },
  },
  {
    name: "average",
    description:
      "what treated residuals are centred at: cohort (and time since treatment), or horizon (cohorts pooled)",
    default: "cohort",
    accepts: { type: "choice", values: ["cohort", "horizon"] },
  },
  {
    name: "leads",
    description: "periods before the treatment in the pre-trend regression: all, or a number",
    default: "all",
    accepts: { type: "number", min: 0, integer: true, also: ["all"] },
  },
];

/**
 * Borusyak, Jaravel and Spiess: effects against imputed untreated outcomes.
 *
 * Formula and assumptions: see `impute` and `imputationEstimates`. Conservative errors by unit or cluster, normal quantiles.
 */
export const imputation: TidyEstimator = {
  id: "imputation",
  label: "imputation estimator (Borusyak, Jaravel and Spiess)",
  reference: "Borusyak, Jaravel and Spiess 2024, Revisiting event-study designs, Review of Economic Studies 91",
  needs: ["unit", "time", "firstTreated"],
  vcovs: ["conservative"],
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster"],
  estimate(data, options) {
    const opened = openStaggered(data);
    if (!opened.ok) return opened;
    const imputed = impute(opened.value);
    return imputed.ok ? report(imputed.value, options) : imputed;
  },
};

function report(imputed: Imputation, options: EstimateOptions): Outcome<EstimateResult> {
  const { table } = imputed;
  const cluster = table.data.cluster === null ? table.unit : groupBy("cluster", table.data.cluster);
  const treated = clustersOfTarget(imputed, null, cluster);
  if (treated < 2) {
    return refuse(
      "ONE_TREATED_CLUSTER",
      "All treated units are in one cluster, so the variance of its change cannot be seen and an error would be far too small.",
      "Use an estimator for one treated unit, such as permutation or synthetic control.",
      { treatedClusters: treated, clusters: cluster.count },
    );
  }
  const average = settingText(SETTINGS, options, "average") === "horizon" ? "horizon" : "cohort";
  const targets = targetsOf(imputed, settingText(SETTINGS, options, "aggregate"));
  const estimates = imputationEstimates(imputed, targets, { cluster, average });
  const coefficients = targets.map((target, j) =>
    studentInference(
      target.name,
      estimates.coefficients[j] ?? Number.NaN,
      clustersOfTarget(imputed, target, cluster) < 2 ? Number.NaN : Math.sqrt(estimates.covariance.get(j, j)),
      { dof: Number.POSITIVE_INFINITY, alpha: options.alpha },
    ),
  );
  const leads = preTrends(imputed, cluster, options);
  const thin = coefficients.filter((row) => Number.isNaN(row.stdError)).map((row) => row.term);
  return answer({
    estimator: imputation.id,
    inference: "conservative",
    coefficients,
    nobs: table.data.rows,
    clusters: cluster.count,
    notes: [
      ...table.notes,
      ...(thin.length === 0 ? [] : [`These rest on one treated cluster and have no error: ${thin.join(", ")}.`]),
      ...(average === "cohort" ? loneRows(imputed) : []),
    ],
    details: { slopes: slopes(imputed), treatedRows: imputed.treatedRows.length, preTrends: leads },
  });
}

function slopes({ table, slopes: found }: Imputation): JsonValue {
  return Object.fromEntries(table.data.covariates.map(({ name }, k) => [name, found[k] ?? null]));
}

function targetsOf(imputed: Imputation, wanted: string): ImputationTarget[] {
  const found = [targetOf(imputed, "att", () => true)];
  if (wanted === "dynamic") {
    for (const at of horizons(imputed)) found.push(targetOf(imputed, `e=${at}`, (relative) => relative === at));
  }
  if (wanted === "cohort") {
    for (const cohort of imputed.table.cohorts) {
      found.push(targetOf(imputed, `cohort=${cohort}`, (_, own) => own === cohort));
    }
  }
  return found.filter((target) => target !== null);
}

/** Clusters with treated rows behind a target; null: behind any. */
function clustersOfTarget({ treatedRows }: Imputation, target: ImputationTarget | null, cluster: Grouping): number {
  const found = new Set<number>();
  treatedRows.forEach((row, i) => {
    if (target === null || (target.weights[i] ?? 0) > 0) found.add(cluster.levels[row] ?? 0);
  });
  return found.size;
}

/** A cohort of one unit is its own average, so that its residuals are zero. */
function loneRows({ table }: Imputation): string[] {
  const sizes = new Map<number, number>();
  for (const first of table.first) if (!Number.isNaN(first)) sizes.set(first, (sizes.get(first) ?? 0) + 1);
  const lone = [...sizes.values()].filter((size) => size === 1).length;
  return lone === 0
    ? []
    : [`${lone} cohorts hold one unit and add nothing to the error; average=horizon pools the cohorts.`];
}

function preTrends(imputed: Imputation, cluster: Grouping, options: EstimateOptions): JsonValue {
  const wanted = settingNumber(SETTINGS, options, "leads") ?? Number.POSITIVE_INFINITY;
  const { leads, fit } = leadRegression(imputed, wanted);
  if (leads.length === 0) return { reason: "There is no period before the treatment but the reference." };
  if (!fit.ok) return { reason: fit.refusal.message };
  const variance = cr1.estimate(fit.value, { clusters: [cluster] });
  if (!variance.ok) return { reason: variance.refusal.message };
  const { matrix, dof } = variance.value;
  const names = leads.map(leadName).filter((name) => fit.value.terms.includes(name));
  const rows: Coefficient[] = names.map((name) => {
    const j = fit.value.terms.indexOf(name);
    return studentInference(name, fit.value.coefficients[j] ?? Number.NaN, Math.sqrt(matrix.get(j, j)), {
      dof: dof[j] ?? Number.NaN,
      alpha: options.alpha,
    });
  });
  const { terms, coefficients } = fit.value;
  const test = waldTest({ terms, coefficients, covariance: matrix }, names, dof[0] ?? Number.NaN);
  return {
    leads: rows.map(({ term, estimate, stdError, pValue }) => ({ term, estimate, stdError, pValue })),
    test: test.ok
      ? { fStatistic: test.value.fStatistic, dof1: test.value.dof1, dof2: test.value.dof2, pValue: test.value.pF }
      : { reason: test.refusal.message },
  };
}
