import { placebosInTime, placebosInUnit } from "../inference/placebos.ts";
import { type Randomization, randomizeChanges, randomizeRegression } from "../inference/randomization.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, groupBy } from "../regression/effects.ts";
import { leastSquares } from "../regression/ols.ts";
import type { EstimateOptions, TidyData } from "./contract.ts";
import type { OneDate } from "./one-date.ts";
import type { RegressionTable } from "./panel-ols/table.ts";

/** What the treatment was assigned to. */
export interface AssignedClusters {
  /** Of the rows of the table. */
  readonly grouping: Grouping;
  /** Clusters with rows in both windows, by number of the grouping; the lists below follow them. */
  readonly kept: readonly number[];
  readonly names: readonly string[];
  readonly changes: Float64Array;
  readonly treated: readonly boolean[];
}

export interface RandomizedEffect {
  readonly att: number;
  readonly statistic: number;
  readonly pValue: number;
  readonly confLow: number;
  readonly confHigh: number;
  readonly smallestP: number;
  readonly assignments: number;
  readonly exact: boolean;
  readonly method: string;
}

export type RandomizedStatistic = "difference" | "welch" | "beta" | "t";

export interface RandomizeRequest {
  readonly statistic: RandomizedStatistic;
  /** Name of the column of strata; null: none. */
  readonly strata: string | null;
  readonly nullEffect: number;
  readonly options: EstimateOptions;
}

/** Randomization inference on a table with a chosen statistic, within strata when they are named. */
export function randomizeTable(
  table: RegressionTable,
  design: OneDate,
  clusters: AssignedClusters,
  request: RandomizeRequest,
): Outcome<RandomizedEffect> {
  const strata = strataOf(table.data, clusters, request.strata);
  if (!strata.ok) return strata;
  const { statistic, nullEffect, options } = request;
  const found =
    statistic === "difference" || statistic === "welch"
      ? randomizeChanges({ ...clusters, strata: strata.value, seed: options.seed }, statistic)
      : randomizeTwoWay(table, design, clusters, { statistic, strata: strata.value, seed: options.seed });
  if (!found.ok) return found;
  const { estimate, smallestP, assignments, exact } = found.value;
  if (smallestP > options.alpha) return tooFew(clusters, smallestP, options.alpha);
  const test = found.value.test(nullEffect);
  const { low, high } = found.value.interval(options.alpha);
  return answer({
    att: estimate,
    statistic: test.statistic,
    pValue: test.pTwoSided,
    confLow: low,
    confHigh: high,
    smallestP,
    assignments: exact ? assignments : assignments + 1,
    exact,
    method: request.strata === null ? statistic : `${statistic} within ${request.strata}`,
  });
}

function tooFew({ treated }: AssignedClusters, smallestP: number, alpha: number): Outcome<never> {
  const count = treated.filter(Boolean).length;
  return refuse(
    "TOO_FEW_CLUSTERS",
    `With ${count} treated of ${treated.length} clusters the smallest p-value that these assignments can give is ${smallestP.toPrecision(2)}, above ${alpha}.`,
    "Add control units, use fewer strata, or choose another inference.",
    { treated: count, clusters: treated.length, smallestP, alpha },
  );
}

function strataOf(data: TidyData, clusters: AssignedClusters, name: string | null): Outcome<Int32Array | null> {
  if (name === null) return answer(null);
  const column = data.texts?.find((text) => text.name === name);
  if (column === undefined) {
    return refuse("NOT_ESTIMABLE", `The table has no column ${name} to take strata of.`, "Name a column of the table.");
  }
  const strata = groupBy(name, column.values);
  const owner = new Int32Array(clusters.grouping.count).fill(-1);
  const mixed = clusters.grouping.levels.findIndex((g, i) => {
    const stratum = strata.levels[i] ?? 0;
    if (owner[g] === -1) owner[g] = stratum;
    return owner[g] !== stratum;
  });
  if (mixed >= 0) {
    const cluster = (data.cluster ?? data.unit)?.[mixed] ?? "";
    return refuse("NOT_ESTIMABLE", `${cluster} is in more than one stratum of ${name}.`, "Give it one stratum.", {
      cluster,
      strata: name,
    });
  }
  return answer(Int32Array.from(clusters.kept, (g) => owner[g] ?? 0));
}

/** The regression's own statistic; clusters without rows in both windows take no part. */
function randomizeTwoWay(
  { data, unit, periods }: RegressionTable,
  { postRow }: OneDate,
  clusters: AssignedClusters,
  request: { readonly statistic: "beta" | "t"; readonly strata: Int32Array | null; readonly seed: number },
): Outcome<Randomization> {
  const { grouping, kept, treated } = clusters;
  const position = new Int32Array(grouping.count).fill(-1);
  kept.forEach((g, i) => {
    position[g] = i;
  });
  const assigned = { ...grouping, levels: grouping.levels.map((g) => position[g] ?? -1), count: kept.length };
  const d = Float64Array.from(assigned.levels, (g, i) => (g < 0 ? Number.NaN : Number(treated[g]) * (postRow[i] ?? 0)));
  const fit = leastSquares({
    outcome: data.outcome,
    columns: [{ name: "treatment", values: d }, ...data.covariates],
    effects: [unit, periods?.grouping ?? null].filter((effect) => effect !== null),
    singletons: "keep",
    ...(data.weights === null ? {} : { weights: data.weights }),
  });
  if (!fit.ok) return fit;
  return randomizeRegression(
    { fit: fit.value, term: "treatment", post: postRow, assigned, treated, ...request },
    request.statistic,
  );
}

/** Fake deploys at every period before the real one, and every control cluster as if treated. */
export function placeboDetails(
  { data, unit, periods }: RegressionTable,
  design: OneDate,
  clusters: AssignedClusters,
): Record<string, JsonValue> {
  const time = data.time ?? new Float64Array(0);
  const dates = Array.from(periods?.values ?? []).filter((period) => period < design.firstTreated);
  const inTime = placebosInTime(
    {
      unit: unit?.levels ?? new Int32Array(0),
      time,
      outcome: data.outcome,
      treated: design.treated,
      date: design.firstTreated,
    },
    dates.slice(1),
  );
  const inUnit = placebosInUnit(clusters.changes, clusters.treated);
  return {
    inTime: inTime.filter(({ estimate }) => !Number.isNaN(estimate)).map(({ date, estimate }) => ({ date, estimate })),
    inUnit: inUnit.ok
      ? {
          rankP: inUnit.value.rankP,
          placebos: inUnit.value.units.map((g, i) => ({
            unit: clusters.names[g] ?? "",
            estimate: inUnit.value.estimates[i] ?? null,
          })),
        }
      : null,
  };
}
