import { permutationInference } from "../inference/permutation.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, groupBy } from "../regression/effects.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { type OneDate, oneDate } from "./one-date.ts";
import { openTable, type RegressionTable } from "./panel-ols/table.ts";
import {
  type AssignedClusters,
  placeboDetails,
  type RandomizedEffect,
  type RandomizedStatistic,
  randomizeTable,
} from "./randomize.ts";
import { settingNumber, settingText } from "./setting.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "null",
    description: "effect under the null hypothesis of the p-value",
    default: "0",
    accepts: { type: "number" },
  },
  {
    name: "statistic",
    description:
      "auto (Welch's t of the changes, or the standardized rank of one treated cluster), difference (of mean changes), welch, beta or t (of the two-way regression, fitted for every assignment)",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "difference", "welch", "beta", "t"] },
  },
  {
    name: "strata",
    description: "column within whose values the treatment was assigned; none",
    default: "none",
    accepts: { type: "text-columns", also: ["none"] },
  },
  {
    name: "placebos",
    description: "yes: effects of fake deploys before the real one, and of every control as if treated",
    default: "no",
    accepts: { type: "choice", values: ["no", "yes"] },
  },
];

/**
 * Randomization inference for a treatment that starts once: the difference of changes, judged against all ways in which
 * the treatment could have been assigned to the clusters.
 *
 * Formula: att = mean change of treated clusters - mean change of control clusters, change = mean after - mean before;
 * p and interval as in permutationInference (studentized; with one treated cluster the rank of its standardized change).
 * Assumes: any assignment of as many clusters was equally likely; the interval takes the same effect for all treated.
 * Units: those of the outcome. Time grows with rows plus assignments times clusters, memory with the rows.
 * Source: Fisher 1935; Chung and Romano 2013; MacKinnon and Webb 2020.
 */
export const permutation: TidyEstimator = {
  id: "permutation",
  label: "randomization inference",
  reference: "Fisher 1935; Chung and Romano 2013; MacKinnon and Webb 2020",
  needs: ["unit", "time", "treatment"],
  vcovs: ["permutation"],
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster", "seed"],
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const design = oneDate(opened.value);
    if (!design.ok) return design;
    const clusters = clusterChanges(opened.value, design.value);
    if (!clusters.ok) return clusters;
    const found = inferenceOf(opened.value, design.value, clusters.value, options);
    if (!found.ok) return found;
    const result = resultOf(found.value, clusters.value, design.value, data);
    if (settingText(SETTINGS, options, "placebos") === "no") return answer(result);
    const placebos = placeboDetails(opened.value, design.value, clusters.value);
    return answer({ ...result, details: { ...result.details, placebos } });
  },
};

/** The studentized test or the rank of one treated cluster, unless a statistic or strata are named. */
function inferenceOf(
  table: RegressionTable,
  design: OneDate,
  clusters: ClusterChanges,
  options: EstimateOptions,
): Outcome<RandomizedEffect> {
  const nullEffect = settingNumber(SETTINGS, options, "null") ?? 0;
  const chosen = settingText(SETTINGS, options, "statistic");
  const strata = settingText(SETTINGS, options, "strata");
  if (table.data.covariates.length > 0 && chosen !== "beta" && chosen !== "t") {
    return refuse(
      "NOT_ESTIMABLE",
      "Only the statistics beta and t of a randomization test take covariates.",
      "Use --set statistic=t, or leave the covariates out.",
    );
  }
  if (chosen === "auto" && strata === "none") {
    return permutationInference({ ...clusters, alpha: options.alpha, seed: options.seed, nullEffect });
  }
  const statistic = chosen === "auto" ? "welch" : (chosen as RandomizedStatistic);
  return randomizeTable(table, design, clusters, {
    statistic,
    strata: strata === "none" ? null : strata,
    nullEffect,
    options,
  });
}

interface ClusterChanges extends AssignedClusters {
  readonly preSd: Float64Array;
}

/** One change per cluster: the mean over its units with rows in both windows. */
function clusterChanges(table: RegressionTable, design: OneDate): Outcome<ClusterChanges> {
  const { data, unit } = table;
  const labels = data.cluster ?? data.unit;
  if (unit === null || labels === null) {
    return refuse("NOT_ESTIMABLE", "This estimator needs a unit column.", "Name the column of the unit.");
  }
  const clusters = data.cluster === null ? unit : groupBy("cluster", data.cluster);
  const names: string[] = [];
  clusters.levels.forEach((g, i) => {
    names[g] ??= labels[i] ?? "";
  });
  const owner = new Int32Array(unit.count);
  unit.levels.forEach((u, i) => {
    owner[u] = clusters.levels[i] ?? 0;
  });
  const mixed = mixedCluster(owner, design, names) ?? movedUnit(unit, clusters, owner, data.unit ?? []);
  if (mixed !== null) return mixed;
  const treatedOf = new Uint8Array(clusters.count);
  owner.forEach((g, u) => {
    if (design.treated[u]) treatedOf[g] = 1;
  });
  const changes = averages(design.changeOf, owner, clusters.count);
  const kept = names.map((_, g) => g).filter((g) => !Number.isNaN(changes[g] ?? Number.NaN));
  const preSd = preSpread(table, design, { clusters, isTreated: treatedOf });
  return answer({
    grouping: clusters,
    kept,
    names: kept.map((g) => names[g] ?? ""),
    changes: Float64Array.from(kept, (g) => changes[g] ?? Number.NaN),
    treated: kept.map((g) => treatedOf[g] === 1),
    preSd: Float64Array.from(kept, (g) => preSd[g] ?? Number.NaN),
  });
}

/** Assignment happens to whole clusters, so that none may hold treated and control units. */
function mixedCluster(owner: Int32Array, design: OneDate, names: readonly string[]): Outcome<never> | null {
  const seen = new Uint8Array(names.length);
  owner.forEach((g, u) => {
    seen[g] = (seen[g] ?? 0) | (design.treated[u] ? 2 : 1);
  });
  const mixed = seen.indexOf(3);
  if (mixed < 0) return null;
  return refuse(
    "NOT_ESTIMABLE",
    `The cluster ${names[mixed]} holds treated and control units, so the treatment was not assigned to whole clusters.`,
    "Name the column of what the treatment was assigned to.",
    { cluster: names[mixed] ?? "" },
  );
}

function movedUnit(
  unit: Grouping,
  clusters: Grouping,
  owner: Int32Array,
  names: readonly string[],
): Outcome<never> | null {
  const row = unit.levels.findIndex((u, i) => owner[u] !== clusters.levels[i]);
  if (row < 0) return null;
  return refuse(
    "NOT_ESTIMABLE",
    `The unit ${names[row]} is in more than one cluster.`,
    "Give every row of a unit the same cluster.",
    { unit: names[row] ?? "" },
  );
}

/** Means over the units of each cluster, units with NaN left out; 0 / 0 without any. */
function averages(values: Float64Array, owner: Int32Array, count: number): Float64Array {
  const totals = new Float64Array(count);
  const counts = new Float64Array(count);
  values.forEach((value, u) => {
    if (Number.isNaN(value)) return;
    const g = owner[u] ?? 0;
    totals[g] = (totals[g] ?? 0) + value;
    counts[g] = (counts[g] ?? 0) + 1;
  });
  return totals.map((total, g) => total / (counts[g] ?? 0));
}

/**
 * Root mean square, before the treatment, of each cluster's deviation from its own level and from the control path.
 * Only cells that occur are kept.
 */
function preSpread(
  { data, unit, periods }: RegressionTable,
  design: OneDate,
  { clusters, isTreated }: { readonly clusters: Grouping; readonly isTreated: Uint8Array },
): Float64Array {
  const steps = periods?.grouping.levels ?? new Int32Array(0);
  const count = periods?.values.length ?? 0;
  const cells = new Map<number, { total: number; rows: number }>();
  data.outcome.forEach((value, i) => {
    const deviation = value - (design.levelOf[unit?.levels[i] ?? 0] ?? Number.NaN);
    if (design.postRow[i] === 1 || Number.isNaN(deviation)) return;
    const key = (clusters.levels[i] ?? 0) * count + (steps[i] ?? 0);
    const cell = cells.get(key) ?? { total: 0, rows: 0 };
    cell.total += deviation;
    cell.rows += 1;
    cells.set(key, cell);
  });
  const path = new Float64Array(count);
  const controls = new Float64Array(count);
  for (const [key, { total, rows }] of cells) {
    if (isTreated[Math.floor(key / count)] === 1) continue;
    path[key % count] = (path[key % count] ?? 0) + total / rows;
    controls[key % count] = (controls[key % count] ?? 0) + 1;
  }
  const squares = new Float64Array(clusters.count);
  const lengths = new Float64Array(clusters.count);
  for (const [key, { total, rows }] of cells) {
    const t = key % count;
    if (!((controls[t] ?? 0) > 0)) continue;
    const g = Math.floor(key / count);
    squares[g] = (squares[g] ?? 0) + (total / rows - (path[t] ?? 0) / (controls[t] ?? 1)) ** 2;
    lengths[g] = (lengths[g] ?? 0) + 1;
  }
  return squares.map((square, g) => Math.sqrt(square / (lengths[g] ?? 0)));
}

function resultOf(found: RandomizedEffect, clusters: ClusterChanges, design: OneDate, data: TidyData): EstimateResult {
  const { att, statistic, pValue, confLow, confHigh, smallestP, assignments, exact, method } = found;
  const open = !Number.isFinite(confLow) || !Number.isFinite(confHigh);
  return {
    estimator: permutation.id,
    inference: "permutation",
    coefficients: [
      // a permutation test has neither a standard error nor degrees of freedom
      { term: "att", estimate: att, stdError: Number.NaN, statistic, dof: Number.NaN, pValue, confLow, confHigh },
    ],
    nobs: data.outcome.filter((value, i) => !Number.isNaN(value) && (data.weights?.[i] ?? 1) > 0).length,
    clusters: clusters.names.length,
    notes: [
      ...design.notes,
      ...(open ? ["The interval is unbounded: with so few clusters the test cannot rule out large effects."] : []),
    ],
    details: {
      method,
      assignments,
      exact,
      smallestP,
      firstTreated: design.firstTreated,
      clusters: [...clusters.names],
      treated: [...clusters.treated],
      changes: Array.from(clusters.changes),
    },
  };
}
