import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, selectRows } from "../../regression/effects.ts";
import type { LinearFit } from "../../regression/ols.ts";
import { VARIANCE_ESTIMATORS } from "../../vcov/index.ts";
import type { Variance, VarianceContext } from "../../vcov/variance.ts";
import type { ErrorConvention } from "./settings.ts";
import { clusterGroupings, type RegressionTable } from "./table.ts";

/** Errors that `parameters` and `cluster-factor` change. */
const ADJUSTABLE = ["cr1", "driscoll-kraay", "panel-newey-west"];

/** Names of --vcov for a regression, its default first. */
export function regressionVcovs(first: string): string[] {
  return [first, ...VARIANCE_ESTIMATORS.map(({ id }) => id).filter((id) => id !== first)];
}

export interface NamedVariance {
  readonly variance: Variance;
  /** Cluster variables; empty when the error does not cluster. */
  readonly clusters: readonly Grouping[];
  readonly notes: readonly string[];
}

/**
 * The variance of a fit by its name, with the degrees of freedom that were asked for.
 *
 * Assumes: `treated` is 1 on the rows of the original table that make the effect; with exactly one treated cluster a
 * clustered error is refused, because it is known to be far too small.
 * Source: MacKinnon and Webb 2018, Econometrics Journal 21 (few treated clusters).
 */
export function namedVariance(
  fit: LinearFit,
  table: RegressionTable,
  treated: Float64Array | null,
  { name, convention }: { readonly name: string; readonly convention: ErrorConvention },
): Outcome<NamedVariance> {
  const estimator = VARIANCE_ESTIMATORS.find(({ id }) => id === name);
  if (estimator === undefined) {
    return refuse("NOT_ESTIMABLE", `There is no error called ${name}.`, "Choose one of the listed names.");
  }
  if (fit.n <= fit.parameters) return saturated(fit);
  const clusters = estimator.needs.includes("clusters") ? clusterGroupings(table) : [];
  const few = treated === null ? answer([]) : checkTreatedClusters(fit, clusters, treated);
  if (!few.ok) return few;
  const estimated = estimator.estimate(fit, contextOf(table, clusters, convention));
  if (!estimated.ok) return estimated;
  const { matrix } = estimated.value;
  const negative = fit.terms.findIndex((_, j) => !(matrix.get(j, j) >= -roundingOf(fit, j)));
  if (negative >= 0) return indefinite(name, fit.terms[negative] ?? "");
  const clamped = matrix.clone();
  fit.terms.forEach((_, j) => {
    clamped.set(j, j, Math.max(0, matrix.get(j, j)));
  });
  const unused = convention.smallSample !== null && !ADJUSTABLE.includes(name);
  return answer({
    variance: withDof(fit, { ...estimated.value, matrix: clamped }, convention.dof),
    clusters,
    notes: [
      ...few.value,
      ...(clusters.length === 0 && table.data.cluster !== null ? [`${name} does not cluster.`] : []),
      ...(unused ? [`parameters and cluster-factor change ${ADJUSTABLE.join(", ")} only, not ${name}.`] : []),
    ],
  });
}

function contextOf(table: RegressionTable, clusters: readonly Grouping[], convention: ErrorConvention) {
  const { unit, periods } = table;
  const context: VarianceContext = {
    clusters,
    ...(unit === null ? {} : { unit }),
    ...(periods === null ? {} : { time: periods.grouping.levels }),
    ...(convention.lag === null ? {} : { lag: convention.lag }),
    ...(convention.smallSample === null ? {} : { smallSample: convention.smallSample }),
  };
  return context;
}

function withDof(fit: LinearFit, variance: Variance, dof: ErrorConvention["dof"]): Variance {
  if (dof === "auto") return variance;
  const value = dof === "residual" ? fit.n - fit.parameters : dof === "normal" ? Number.POSITIVE_INFINITY : dof;
  return { ...variance, dof: fit.terms.map(() => value) };
}

/** A variance this small against that of independent errors is zero with rounding, of either sign. */
function roundingOf(fit: LinearFit, term: number): number {
  return 1e-10 * (fit.ssr / fit.n) * fit.bread.get(term, term);
}

function saturated(fit: LinearFit): Outcome<never> {
  return refuse(
    "TOO_FEW_UNITS",
    `The model has ${fit.parameters} parameters and ${fit.n} rows, so nothing is left to estimate an error from.`,
    "Give more rows, or leave out effects or covariates.",
    { rows: fit.n, parameters: fit.parameters },
  );
}

function indefinite(name: string, term: string): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The ${name} variance of ${term} is negative, which a multi-way clustered matrix can be with few clusters.`,
    "Cluster by one variable, or give more clusters.",
    { term },
  );
}

function checkTreatedClusters(
  fit: LinearFit,
  clusters: readonly Grouping[],
  treated: Float64Array,
): Outcome<readonly string[]> {
  const notes: string[] = [];
  for (const grouping of clusters) {
    const used = selectRows(grouping, fit.rows);
    const isTreated = new Uint8Array(used.count);
    const { rows } = fit;
    for (let i = 0; i < rows.length; i++) {
      if (treated[rows[i] as number] === 1) isTreated[used.levels[i] as number] = 1;
    }
    const count = isTreated.reduce((total, one) => total + one, 0);
    if (count === 1) {
      return refuse(
        "ONE_TREATED_CLUSTER",
        `Only one of ${used.count} clusters (${grouping.name}) is treated, so a cluster-robust error would be far too small.`,
        "Use --estimator permutation or newey-west, or treat more clusters.",
        { treatedClusters: 1, clusters: used.count },
      );
    }
    if (used.count - count === 1) {
      notes.push(`Only one cluster (${grouping.name}) is never treated; a cluster-robust error may be far too small.`);
    }
  }
  return answer(notes);
}
