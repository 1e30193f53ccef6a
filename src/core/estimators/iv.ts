import { type Coefficient, studentInference } from "../inference/coefficients.ts";
import { fiellerSet, hullOf, type RatioSet } from "../inference/fieller.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { studentTQuantile } from "../probability/student-t.ts";
import type { Grouping } from "../regression/effects.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { type AssignmentModel, type ExposureEffect, exposureEffect, noFirstStage } from "./instrument/assignment.ts";
import { regressionSettings } from "./panel-ols/settings.ts";
import { groupingOf, openTable, type RegressionTable } from "./panel-ols/table.ts";
import { checkIdentified, treatmentColumn } from "./panel-ols/treatment.ts";
import { regressionVcovs } from "./panel-ols/variance.ts";
import { settingList, settingText } from "./setting.ts";
import { placeOf } from "./tidy-checks.ts";

/** First-stage F below which an instrument is called weak (Staiger and Stock 1997). */
const WEAK = 10;
/** First-stage F from which on the usual 5 % t test holds its level (Lee, McCrary, Moreira and Porter 2022). */
const STRONG_ENOUGH_FOR_T = 104.7;
/** Above this F the first stage has rounding for an error. */
const EXACT = 1e20;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "exposure",
    description: "column that says how much a row really ran the new version (0 to 1, or any amount)",
    default: "none",
    accepts: { type: "number-columns", also: ["none"] },
  },
  {
    name: "interval",
    description: "anderson-rubin (right for any strength of the assignment), or wald (two-stage least squares)",
    default: "anderson-rubin",
    accepts: { type: "choice", values: ["anderson-rubin", "wald"] },
  },
  {
    name: "weak",
    description: "a first-stage F below 10: label it, or refuse",
    default: "label",
    accepts: { type: "choice", values: ["label", "refuse"] },
  },
  ...regressionSettings("auto")
    .filter(({ name }) => name !== "diagnostics")
    .map((setting) =>
      setting.name === "effects"
        ? {
            ...setting,
            description: `${setting.description}; auto: unit,time where the table has both`,
            accepts: { type: "text-columns", also: ["none", "auto"] } as const,
          }
        : setting,
    ),
];

/**
 * Partial exposure: the treatment column is the assignment, another column says who really was exposed.
 *
 * Formula: itt and first stage by regression on the assignment; effect per exposed = itt / first stage (two-stage least
 * squares), interval by inverting the Anderson-Rubin test; see exposureEffect and fiellerSet.
 * Assumes: the assignment is as good as random given effects and covariates, moves the outcome only through the exposure,
 * and never lowers it for anyone; the effect is then that of those whose exposure the assignment changed.
 * Units: outcome per unit of exposure.
 * Source: Angrist, Imbens and Rubin 1996; Anderson and Rubin 1949; Montiel Olea and Pflueger 2013.
 */
export const iv: TidyEstimator = {
  id: "iv",
  label: "partial exposure: effect per exposed by the assignment (instrumental variable)",
  reference: "Angrist, Imbens and Rubin 1996, JASA 91; Anderson and Rubin 1949, Annals of Mathematical Statistics 20",
  needs: ["treatment"],
  vcovs: regressionVcovs("cr1"),
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster"],
  multiwayClusters: true,
  estimate(data, options) {
    const modelled = modelOf(data, options);
    if (!modelled.ok) return modelled;
    const found = exposureEffect(modelled.value);
    if (!found.ok) return found;
    const { estimate, variance } = found.value.firstStage;
    const strength =
      estimate * estimate > EXACT * variance ? Number.POSITIVE_INFINITY : (estimate * estimate) / variance;
    if (!(strength > 0)) return noFirstStage();
    if (settingText(SETTINGS, options, "weak") === "refuse" && strength < WEAK) return weak(strength);
    return answer(report(modelled.value, found.value, strength));
  },
};

function modelOf(data: TidyData, options: EstimateOptions): Outcome<AssignmentModel> {
  const exposure = exposureColumn(data, options);
  if (!exposure.ok) return exposure;
  const missing = (values: Float64Array, other: Float64Array): Float64Array =>
    values.map((value, i) => (Number.isNaN(other[i] ?? Number.NaN) ? Number.NaN : value));
  const opened = openTable({ ...data, outcome: missing(data.outcome, exposure.value) }, data.time !== null);
  if (!opened.ok) return opened;
  const assignment = treatmentColumn(data);
  if (!assignment.ok) return assignment;
  const effects = effectsOf(opened.value, options);
  if (!effects.ok) return effects;
  if (["unit", "time"].every((name) => effects.value.some((effect) => effect.name === name))) {
    const identified = checkIdentified(opened.value, assignment.value);
    if (!identified.ok) return identified;
  }
  const usual = data.unit === null && data.cluster === null ? "hc1" : "cr1";
  return answer({
    table: opened.value,
    effects: effects.value,
    assignment: assignment.value,
    exposure: missing(exposure.value, data.outcome),
    vcov: options.vcov ?? usual,
    settings: SETTINGS,
    options,
    singletons: settingText(SETTINGS, options, "singletons") === "drop" ? "remove" : "keep",
  });
}

function exposureColumn(data: TidyData, options: EstimateOptions): Outcome<Float64Array> {
  const name = settingText(SETTINGS, options, "exposure");
  const column = data.numbers?.find((one) => one.name === name);
  if (column === undefined) {
    return refuse(
      "NO_DATA",
      name === "none" ? "No column of exposures is named." : `The table has no column ${name} of exposures.`,
      "Use --set exposure=COLUMN with the share of each row that really was exposed.",
    );
  }
  const row = column.values.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
  if (row < 0) return answer(column.values);
  return refuse(
    "NOT_FINITE",
    `The column ${name} holds an infinite number for ${placeOf(data, row)}.`,
    "Correct the value, or leave the cell empty.",
    { column: name, row: row + 1, place: placeOf(data, row) },
  );
}

function effectsOf(table: RegressionTable, options: EstimateOptions): Outcome<Grouping[]> {
  const isAuto = settingText(SETTINGS, options, "effects") === "auto";
  const both = table.unit !== null && table.periods !== null;
  const names = isAuto ? (both ? ["unit", "time"] : []) : settingList(SETTINGS, options, "effects");
  const effects: Grouping[] = [];
  for (const name of names) {
    const grouping = groupingOf(table, name);
    if (!grouping.ok) return grouping;
    effects.push(grouping.value);
  }
  return answer(effects);
}

function weak(strength: number): Outcome<never> {
  return refuse(
    "WEAK_INSTRUMENT",
    `The assignment hardly changes the exposure: its first-stage F is ${strength.toPrecision(3)}, below ${WEAK}.`,
    "Read the intention-to-treat effect, or use --set weak=label for an Anderson-Rubin interval.",
    { fStatistic: strength, needed: WEAK },
  );
}

function report(model: AssignmentModel, found: ExposureEffect, strength: number): EstimateResult {
  const { options, table, assignment, exposure, vcov } = model;
  const { intention, firstStage, ratio, stdError, moments } = found;
  const { alpha } = options;
  const row = (term: string, part: typeof intention): Coefficient =>
    studentInference(term, part.estimate, Math.sqrt(part.variance), { dof: part.dof, alpha });
  const assigned = row("intention-to-treat", intention);
  const wald = studentInference("per-exposed", ratio, stdError, { dof: intention.dof, alpha });
  const set = fiellerSet(moments, -studentTQuantile(alpha / 2, intention.dof));
  const isWald = settingText(SETTINGS, options, "interval") === "wald";
  const { low, high } = hullOf(set);
  // the assignment test of "no effect per exposed" is that of "no effect of the assignment"
  const robust = { ...wald, statistic: assigned.statistic, pValue: assigned.pValue, confLow: low, confHigh: high };
  const { fit, variance, notes } = intention.regression;
  return {
    estimator: iv.id,
    inference: isWald ? vcov : `anderson-rubin ${vcov}`,
    coefficients: [isWald ? wald : robust, assigned, row("first-stage", firstStage)],
    nobs: fit.n,
    clusters: variance.clusters,
    notes: [
      ...notes,
      ...strengthNotes(strength, isWald),
      ...shapeNotes(set, isWald),
      ...signNotes(firstStage.estimate),
    ],
    details: {
      firstStageF: Number.isFinite(strength) ? strength : null,
      exposedShare: shares(table.data, assignment, exposure),
      andersonRubin: { pValue: assigned.pValue, ...setFacts(set) },
      wald: { ...wald },
      effects: fit.effects.map(({ name, count }) => ({ name, levels: count })),
      dropped: [...fit.dropped],
    },
  };
}

function setFacts(set: RatioSet): Record<string, JsonValue> {
  if (set.shape === "line") return { shape: "line", low: null, high: null };
  const finite = (end: number): number | null => (Number.isFinite(end) ? end : null);
  return { shape: set.shape, low: finite(set.low), high: finite(set.high) };
}

function strengthNotes(strength: number, isWald: boolean): string[] {
  if (strength === Number.POSITIVE_INFINITY) return ["The exposure follows the assignment exactly."];
  const shown = strength.toPrecision(3);
  if (strength < WEAK) {
    return [
      `Weak instrument: the first-stage F is ${shown}, below ${WEAK}; ${
        isWald ? "the Wald interval is not to be trusted here" : "the Wald error is not, but this interval is right"
      }.`,
    ];
  }
  if (!isWald || strength >= STRONG_ENOUGH_FOR_T) return [];
  return [
    `The first-stage F is ${shown}; the usual t test holds 5 % only from ${STRONG_ENOUGH_FOR_T} on. interval=anderson-rubin always does.`,
  ];
}

function shapeNotes(set: RatioSet, isWald: boolean): string[] {
  if (isWald || set.shape === "interval") return [];
  if (set.shape === "rays") {
    return [
      `The interval per exposed is unbounded on both sides; only what lies between ${set.low} and ${set.high} is excluded.`,
    ];
  }
  return [
    set.shape === "line"
      ? "The interval per exposed is the whole line: these data exclude no effect per exposed."
      : "The interval per exposed is unbounded on one side.",
  ];
}

function signNotes(firstStage: number): string[] {
  return firstStage < 0 ? ["The assignment lowers the exposure; check which way the columns point."] : [];
}

/** Mean exposure of assigned and other rows. */
function shares(data: TidyData, assignment: Float64Array, exposure: Float64Array): JsonValue {
  const meanOf = (group: 0 | 1): number | null => {
    let [total, mass] = [0, 0];
    assignment.forEach((z, i) => {
      const weight = data.weights === null ? 1 : (data.weights[i] ?? 0);
      const share = exposure[i] ?? Number.NaN;
      if (z !== group || Number.isNaN(share) || !(weight > 0)) return;
      total += weight * share;
      mass += weight;
    });
    return mass > 0 ? total / mass : null;
  };
  return { assigned: meanOf(1), others: meanOf(0) };
}
