import { type Estimates, type WaldTest, waldTest } from "../inference/wald.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import type { NamedColumn } from "../regression/sample.ts";
import { adoptionOf } from "./adoption.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { type EventTime, eventTimes } from "./event-time.ts";
import { type Regression, regress } from "./panel-ols/regression.ts";
import { DESIGN_SETTINGS } from "./panel-ols/settings.ts";
import { groupingOf, openTable, type RegressionTable } from "./panel-ols/table.ts";
import { regressionVcovs } from "./panel-ols/variance.ts";
import { settingNumber } from "./setting.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "leads",
    description: "leads with a term of their own; earlier ones share the term of the last (all: no binning)",
    default: "all",
    accepts: { type: "number", min: 1, integer: true, also: ["all"] },
  },
  {
    name: "lags",
    description: "lags with a term of their own, 0 counted as none; later ones share the last (all: no binning)",
    default: "all",
    accepts: { type: "number", min: 0, integer: true, also: ["all"] },
  },
  {
    name: "step",
    description: "distance of one lead or lag on the time column; auto: the smallest distance between periods",
    default: "auto",
    accepts: { type: "number", also: ["auto"] },
  },
  ...DESIGN_SETTINGS,
];

/**
 * Two-way fixed effects with one term per period before and after the first treated one.
 *
 * Formula: y_it = a_i + b_t + sum_k c_k 1[t - g_i = k] + x_it'd + e_it, k other than the reference; the never treated have
 * no terms. Joint tests of the leads and of the lags by Wald.
 * Assumes: parallel trends, no effect before treatment, and with treatments at different times the same path of effects
 * for all of them (otherwise Sun and Abraham 2021).
 * Units: those of the outcome. Time grows with rows times terms squared, memory with rows times terms.
 * Source: Jacobson, LaLonde and Sullivan 1993; Schmidheiny and Siegloch 2023 (binning).
 */
export const eventStudy: TidyEstimator = {
  id: "event-study",
  label: "leads and lags with two-way fixed effects",
  reference: "Jacobson, LaLonde and Sullivan 1993; binning: Schmidheiny and Siegloch 2023",
  needs: ["unit", "time", "firstTreated"],
  vcovs: regressionVcovs("cr1"),
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster", "ref"],
  multiwayClusters: true,
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const { unit } = opened.value;
    if (unit === null || data.time === null) {
      return refuse("NOT_ESTIMABLE", "An event study needs a unit and a time column.", "Name both columns.");
    }
    const adopted = adoptionOf(data, unit, data.time);
    if (!adopted.ok) return adopted;
    const first = Float64Array.from(unit.levels, (u) => adopted.value[u] ?? Number.NaN);
    const times = eventTimes(data, first, {
      ref: options.ref,
      step: settingNumber(SETTINGS, options, "step"),
      leads: settingNumber(SETTINGS, options, "leads"),
      lags: settingNumber(SETTINGS, options, "lags"),
    });
    return times.ok ? estimateTerms(opened.value, times.value, options) : times;
  },
};

function estimateTerms(table: RegressionTable, times: EventTime, options: EstimateOptions): Outcome<EstimateResult> {
  const unit = groupingOf(table, "unit");
  const time = groupingOf(table, "time");
  if (!unit.ok) return unit;
  if (!time.ok) return time;
  const vcov = options.vcov ?? "cr1";
  const terms: NamedColumn[] = times.terms.map(({ name, rel }) => ({
    name,
    values: times.ofRow.map((value) => Number(value === rel)),
  }));
  const fitted = regress({
    table,
    terms,
    effects: [unit.value, time.value],
    singletons: "keep",
    treated: times.ofRow.map((value) => Number(!Number.isNaN(value))),
    vcov,
    settings: SETTINGS,
    options,
  });
  if (!fitted.ok) return withoutControls(fitted, times);
  const { fit, coefficients, variance, notes, details } = fitted.value;
  return answer({
    estimator: eventStudy.id,
    inference: vcov,
    coefficients,
    nobs: fit.n,
    clusters: variance.clusters,
    notes: [...notes, ...times.notes],
    details: { ...details, ...eventDetails(fitted.value, times) },
  });
}

/** A lost term without never treated units is their absence, said as such. */
function withoutControls(refused: Outcome<never>, times: EventTime): Outcome<never> {
  if (refused.ok || times.hasNever || !["COLLINEAR", "NOT_ESTIMABLE"].includes(refused.refusal.code)) return refused;
  return refuse(
    "NO_CONTROL_UNITS",
    `No unit is never treated, so a common trend and a trend in the effects cannot be told apart (${refused.refusal.message})`,
    "Add units that are never treated, or bin distant leads with --set leads=K.",
    refused.refusal.facts,
  );
}

function eventDetails({ fit, variance }: Regression, times: EventTime): Record<string, JsonValue> {
  const estimates: Estimates = {
    terms: fit.terms,
    coefficients: fit.coefficients,
    covariance: variance.matrix,
  };
  // errors with degrees of freedom by term have none for a joint test: the number of clusters less one stands in
  const dof = new Set(variance.dof).size === 1 ? (variance.dof[0] ?? Number.NaN) : (variance.clusters ?? fit.n) - 1;
  const joint = (keep: (rel: number) => boolean): JsonValue => {
    const names = times.terms.filter(({ rel }) => keep(rel)).map(({ name }) => name);
    return names.length === 0 ? null : plainTest(waldTest(estimates, names, dof));
  };
  return {
    reference: times.ref,
    step: times.step,
    events: times.terms.map(({ name, rel, rows }) => ({ term: name, rel, rows })),
    leadsTest: joint((rel) => rel < 0),
    lagsTest: joint((rel) => rel >= 0),
  };
}

function plainTest(test: Outcome<WaldTest>): JsonValue {
  return test.ok ? { ...test.value, terms: [...test.value.terms] } : { refused: test.refusal.message };
}
