import { type Coefficient, coefficientTable } from "../../inference/coefficients.ts";
import { dot } from "../../linalg/kernels.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import { type LinearFit, leastSquares, residualScale, rSquared, withinRSquared } from "../../regression/ols.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import type { EstimateOptions, EstimatorSetting } from "../contract.ts";
import { settingText } from "../setting.ts";
import { errorConvention } from "./settings.ts";
import type { RegressionTable } from "./table.ts";
import { type NamedVariance, namedVariance } from "./variance.ts";

/** A standard error this small against its estimate's scale is rounding. */
const ROUNDING = 1e-12;

/** What a regression estimator asks of the shared engine. */
export interface RegressionSpec {
  readonly table: RegressionTable;
  /** Terms that must be estimable; covariates of the table follow them. */
  readonly terms: readonly NamedColumn[];
  readonly effects: readonly Grouping[];
  readonly singletons: "keep" | "remove";
  /** 1 on rows that make the effect; null where one treated cluster is no concern. */
  readonly treated: Float64Array | null;
  readonly vcov: string;
  readonly settings: readonly EstimatorSetting[];
  readonly options: EstimateOptions;
}

export interface Regression extends NamedVariance {
  readonly fit: LinearFit;
  readonly coefficients: readonly Coefficient[];
  readonly details: Readonly<Record<string, JsonValue>>;
}

/**
 * Weighted least squares with absorbed effects, a named variance and the facts about both.
 *
 * Formula: see leastSquares; an intercept is added when there are no effects.
 * Assumes: rows with a missing number or without a positive weight are left out and counted in the notes.
 */
export function regress(spec: RegressionSpec): Outcome<Regression> {
  const { table, options, settings } = spec;
  const { data } = table;
  if (spec.effects.length > 0 && spec.terms.length + data.covariates.length === 0) return noTerm();
  const fitted = leastSquares({
    outcome: data.outcome,
    columns: [...spec.terms, ...data.covariates, ...(spec.effects.length === 0 ? [intercept(data.rows)] : [])],
    effects: spec.effects,
    singletons: spec.singletons,
    ...(data.weights === null ? {} : { weights: data.weights }),
  });
  if (!fitted.ok) return fitted;
  const fit = fitted.value;
  const spanned = checkDropped(fit, spec);
  if (!spanned.ok) return spanned;
  const serial = spec.vcov === "driscoll-kraay" || spec.vcov === "panel-newey-west";
  const convention = errorConvention(settings, options, serial);
  const estimated = namedVariance(fit, table, spec.treated, { name: spec.vcov, convention });
  if (!estimated.ok) return estimated;
  const { variance, clusters, notes } = estimated.value;
  const coefficients = coefficientTable(fit, variance, options.alpha);
  return answer({
    fit,
    variance,
    clusters,
    coefficients,
    notes: [...sampleNotes(spec, fit), ...droppedNotes(fit), ...perfectFitNotes(fit, coefficients), ...notes],
    details: details(fit, estimated.value),
  });
}

function intercept(rows: number): NamedColumn {
  return { name: "(Intercept)", values: new Float64Array(rows).fill(1) };
}

function noTerm(): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    "There is neither a treatment nor a covariate, so there is no coefficient to estimate.",
    "Name the column of the treatment or covariates.",
  );
}

function checkDropped(fit: LinearFit, { terms, settings, options }: RegressionSpec): Outcome<null> {
  const lost = fit.dropped.find((name) => terms.some((term) => term.name === name));
  const refused = settingText(settings, options, "collinear") === "refuse" ? fit.dropped[0] : undefined;
  const name = lost ?? refused;
  if (name === undefined || name === "(Intercept)") return answer(null);
  return refuse(
    "COLLINEAR",
    `The term ${name} is a combination of the fixed effects and the other terms, so it has no coefficient of its own.`,
    lost === undefined ? "Leave this covariate out." : "Leave out effects or terms that say the same.",
    { term: name },
  );
}

function sampleNotes({ table, terms }: RegressionSpec, fit: LinearFit): string[] {
  const { rows, outcome, covariates, weights } = table.data;
  if (fit.n === rows) return [];
  const columns = [outcome, ...terms.map(({ values }) => values), ...covariates.map(({ values }) => values)];
  let missing = 0;
  let unweighted = 0;
  for (let i = 0; i < rows; i++) {
    if (columns.some((values) => Number.isNaN(values[i])) || Number.isNaN(weights?.[i] ?? 1)) missing++;
    else if (weights?.[i] === 0) unweighted++;
  }
  const singletons = rows - missing - unweighted - fit.n;
  return [
    missing > 0 ? `${rowCount(missing)} with a missing number left out.` : "",
    unweighted > 0 ? `${rowCount(unweighted)} of weight 0 left out.` : "",
    singletons > 0 ? `${rowCount(singletons)} left out as the only row of a fixed effect's level.` : "",
  ].filter((note) => note !== "");
}

function rowCount(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}

function droppedNotes(fit: LinearFit): string[] {
  return fit.dropped.map((name) => `${name} was dropped: the fixed effects and earlier terms span it.`);
}

function perfectFitNotes(fit: LinearFit, coefficients: readonly Coefficient[]): string[] {
  const scale = Math.sqrt(dot(fit.outcomeWithin, fit.outcomeWithin) / fit.n);
  const isPerfect = Math.sqrt(fit.ssr / fit.n) <= ROUNDING * Math.max(scale, Number.MIN_VALUE) * 1e3;
  if (isPerfect)
    return ["The model fits without a residual: its standard errors are rounding, not a measure of doubt."];
  const zero = coefficients.find(({ estimate, stdError }) => stdError <= ROUNDING * Math.abs(estimate));
  return zero === undefined ? [] : [`The standard error of ${zero.term} is rounding, not a measure of doubt.`];
}

function details(fit: LinearFit, { variance, clusters }: NamedVariance): Record<string, JsonValue> {
  return {
    terms: [...fit.terms],
    covariance: variance.matrix.to2DArray(),
    clusteredBy: clusters.map(({ name }) => name),
    rSquared: rSquared(fit),
    withinRSquared: withinRSquared(fit),
    residualScale: residualScale(fit),
    ssr: fit.ssr,
    parameters: fit.parameters,
    effects: fit.effects.map(({ name, count }) => ({ name, levels: count })),
    dropped: [...fit.dropped],
  };
}
