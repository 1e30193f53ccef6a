import { coefficientTable } from "../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import type { Grouping } from "../regression/effects.ts";
import { type PoissonFit, poissonRegression } from "../regression/poisson.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { errorConvention, REVERSALS, regressionSettings } from "./panel-ols/settings.ts";
import { groupingOf, openTable, type RegressionTable } from "./panel-ols/table.ts";
import { checkIdentified, checkStays, treatmentColumn } from "./panel-ols/treatment.ts";
import { type NamedVariance, namedVariance } from "./panel-ols/variance.ts";
import { poissonIid } from "./poisson-iid.ts";
import { settingList, settingText } from "./setting.ts";
import { placeOf } from "./tidy-checks.ts";

const SHARED = ["effects", "collinear", "parameters", "cluster-factor", "dof", "lag"];

const SETTINGS: readonly EstimatorSetting[] = [
  ...regressionSettings("unit,time").filter(({ name }) => SHARED.includes(name)),
  {
    name: "exposure",
    description: "column that the counts are out of, such as requests; its log is the offset; rows with 0 are left out",
    default: "none",
    accepts: { type: "number-columns", also: ["none"] },
  },
  REVERSALS,
];

/**
 * Poisson difference-in-differences for counts and rates: a multiplicative effect with unit and time effects.
 *
 * Formula: E[y_it] = exposure_it exp(a_i + b_t + att d_it + x_it'c) by pseudo-maximum likelihood; exp(att) is the rate
 * ratio. Normal quantiles.
 * Assumes: without the treatment, treated and control rates would have moved in proportion; counts need not be Poisson
 * (the default error clusters by unit).
 * Units: log rate ratio.
 * Source: Gourieroux, Monfort and Trognon 1984; Wooldridge 2023, Econometrics Journal 26; conventions of fixest.
 */
export const ppml: TidyEstimator = {
  id: "ppml",
  label: "Poisson difference-in-differences",
  reference: "Gourieroux, Monfort, Trognon 1984, Econometrica 52; Wooldridge 2023, Econometrics Journal 26",
  needs: ["unit", "time", "treatment"],
  vcovs: ["cr1", "cr0", "hc1", "iid"],
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster"],
  multiwayClusters: true,
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const table = opened.value;
    const treatment = treatmentColumn(data);
    if (!treatment.ok) return treatment;
    const stays = checkStays(table, settingText(SETTINGS, options, REVERSALS.name));
    if (!stays.ok) return stays;
    const fitted = fitCounts(table, options, treatment.value);
    if (!fitted.ok) return fitted;
    const vcov = options.vcov ?? "cr1";
    const estimated = varianceOf(fitted.value, table, treatment.value, { vcov, options });
    if (!estimated.ok) return estimated;
    return answer(report(fitted.value, estimated.value, { vcov, options, rows: data.rows }));
  },
};

function fitCounts(table: RegressionTable, options: EstimateOptions, treatment: Float64Array): Outcome<PoissonFit> {
  const { data } = table;
  const counts = checkCounts(data);
  if (!counts.ok) return counts;
  const offset = offsetOf(data, options);
  if (!offset.ok) return offset;
  const effects: Grouping[] = [];
  for (const name of settingList(SETTINGS, options, "effects")) {
    const grouping = groupingOf(table, name);
    if (!grouping.ok) return grouping;
    effects.push(grouping.value);
  }
  if (["unit", "time"].every((name) => effects.some((effect) => effect.name === name))) {
    const identified = checkIdentified(table, treatment);
    if (!identified.ok) return identified;
  }
  const intercept = { name: "(Intercept)", values: new Float64Array(data.rows).fill(1) };
  const fitted = poissonRegression({
    outcome: data.outcome,
    columns: [
      { name: "treatment", values: treatment },
      ...data.covariates,
      ...(effects.length === 0 ? [intercept] : []),
    ],
    effects,
    offset: offset.value,
    weights: data.weights,
  });
  if (!fitted.ok) return named(data, fitted);
  const { dropped } = fitted.value.linear;
  const refused = settingText(SETTINGS, options, "collinear") === "refuse" ? dropped[0] : undefined;
  const lost = dropped.includes("treatment") ? "treatment" : refused;
  if (lost === undefined) return fitted;
  return refuse(
    "COLLINEAR",
    `The term ${lost} is a combination of the fixed effects and the other terms, so it has no coefficient of its own.`,
    "Leave out effects or terms that say the same.",
    { term: lost },
  );
}

/** A refusal that knows a row gets the unit and period of that row. */
function named(data: TidyData, outcome: Outcome<PoissonFit>): Outcome<PoissonFit> {
  if (outcome.ok || typeof outcome.refusal.facts.row !== "number") return outcome;
  const { code, message, hint, facts } = outcome.refusal;
  const place = placeOf(data, Number(facts.row) - 1);
  return refuse(code, `${message.replace(/\.$/, "")} (${place}).`, hint, { ...facts, place });
}

function checkCounts(data: TidyData): Outcome<null> {
  const row = data.outcome.findIndex((value) => value < 0);
  if (row < 0) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `The outcome of ${placeOf(data, row)} is ${data.outcome[row]}; a count is not negative.`,
    "Give counts, or use twfe for outcomes that can be negative.",
    { row: row + 1, place: placeOf(data, row) },
  );
}

function offsetOf(data: TidyData, options: EstimateOptions): Outcome<Float64Array | null> {
  const name = settingText(SETTINGS, options, "exposure");
  if (name === "none") return answer(null);
  const exposure = data.numbers?.find((column) => column.name === name)?.values;
  if (exposure === undefined) {
    return refuse("NO_DATA", `The table has no column ${name} to take as exposure.`, "Name one column of numbers.", {
      column: name,
    });
  }
  const row = exposure.findIndex((value, i) => value < 0 || (value === 0 && (data.outcome[i] ?? 0) > 0));
  if (row >= 0) {
    return refuse(
      "NOT_ESTIMABLE",
      `The exposure of ${placeOf(data, row)} is ${exposure[row]} beside ${data.outcome[row]} events.`,
      "Give an exposure above zero where there are events.",
      { column: name, row: row + 1, place: placeOf(data, row) },
    );
  }
  return answer(exposure.map((value) => (value > 0 ? Math.log(value) : Number.NaN)));
}

interface Inference {
  readonly vcov: string;
  readonly options: EstimateOptions;
}

function varianceOf(
  fit: PoissonFit,
  table: RegressionTable,
  treatment: Float64Array,
  { vcov, options }: Inference,
): Outcome<NamedVariance> {
  if (vcov === "iid") {
    const estimated = poissonIid.estimate(fit.linear, {});
    return estimated.ok ? answer({ variance: estimated.value, clusters: [], notes: [] }) : estimated;
  }
  const convention = errorConvention(SETTINGS, options, false);
  const dof = convention.dof === "auto" ? "normal" : convention.dof;
  return namedVariance(fit.linear, table, treatment, { name: vcov, convention: { ...convention, dof } });
}

function report(
  fit: PoissonFit,
  estimated: NamedVariance,
  { vcov, options, rows }: Inference & { readonly rows: number },
): EstimateResult {
  const { linear } = fit;
  const coefficients = coefficientTable(linear, estimated.variance, options.alpha);
  const ratios = coefficients.map(({ term, estimate, confLow, confHigh }): JsonValue => {
    return { term, ratio: Math.exp(estimate), confLow: Math.exp(confLow), confHigh: Math.exp(confHigh) };
  });
  const zero = fit.zeroRows;
  const missing = rows - linear.n - zero;
  return {
    estimator: ppml.id,
    inference: vcov,
    coefficients,
    nobs: linear.n,
    clusters: estimated.variance.clusters,
    notes: [
      ...(missing > 0 ? [`${missing} rows with a missing number, without weight or without exposure left out.`] : []),
      ...(zero > 0
        ? [`${zero} rows left out: their unit or period has no event at all, which says nothing on ratios.`]
        : []),
      ...linear.dropped.map((name) => `${name} was dropped: the fixed effects and earlier terms span it.`),
      ...estimated.notes,
    ],
    details: {
      rateRatios: ratios,
      covariance: estimated.variance.matrix.to2DArray(),
      logLikelihood: fit.logLikelihood,
      deviance: fit.deviance,
      pearson: fit.pearson,
      iterations: fit.iterations,
      effects: linear.effects.map(({ name, count }) => ({ name, levels: count })),
    },
  };
}
