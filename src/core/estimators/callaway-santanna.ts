import type { Coefficient } from "../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import {
  AGGREGATIONS,
  type Aggregation,
  type AggregationKind,
  type AverageEffect,
  aggregate,
  single,
  treatedClusters,
} from "./callaway-santanna/aggregate.ts";
import { type GroupTimeEffects, groupTimeEffects } from "./callaway-santanna/cells.ts";
import { analyticError, cellError, effectRow, multiplierBand, preTest } from "./callaway-santanna/inference.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { DEFAULT_TRIM, type PanelMethod } from "./doubly-robust/panel.ts";
import { settingNumber, settingText } from "./setting.ts";
import { balancedPanel } from "./staggered/balanced.ts";
import { openStaggered } from "./staggered/table.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "method",
    description: "dr (doubly robust), improved, reg (outcome regression), std-ipw, ipw (weighting)",
    default: "dr",
    accepts: { type: "choice", values: ["dr", "improved", "reg", "std-ipw", "ipw"] },
  },
  {
    name: "aggregate",
    description: "average that is reported; cells: every group and period",
    default: "dynamic",
    accepts: { type: "choice", values: [...AGGREGATIONS, "cells"] },
  },
  {
    name: "base",
    description: "before the treatment compare with the period before, or with the last one before it (universal)",
    default: "varying",
    accepts: { type: "choice", values: ["varying", "universal"] },
  },
  {
    name: "anticipation",
    description: "time before the treatment in which units may already react",
    default: "0",
    accepts: { type: "number", min: 0 },
  },
  {
    name: "balance",
    description: "dynamic: only groups seen this long after their treatment",
    default: "none",
    accepts: { type: "number", min: 0, also: ["none"] },
  },
  {
    name: "min-time",
    description: "dynamic: earliest time since treatment",
    default: "none",
    accepts: { type: "number", also: ["none"] },
  },
  {
    name: "max-time",
    description: "dynamic: latest time since treatment",
    default: "none",
    accepts: { type: "number", also: ["none"] },
  },
  {
    name: "trim",
    description: "controls with a propensity from here on are left out",
    default: String(DEFAULT_TRIM),
    accepts: { type: "number", min: 0, max: 1 },
  },
  {
    name: "draws",
    description: "draws of the multiplier bootstrap",
    default: "999",
    accepts: { type: "number", min: 99, max: 100_000, integer: true },
  },
  {
    name: "gaps",
    description: "units that miss a period: refuse, or drop them",
    default: "refuse",
    accepts: { type: "choice", values: ["refuse", "drop"] },
  },
];

/**
 * Callaway and Sant'Anna: effects by group and period, averaged.
 *
 * Formula and assumptions: see `groupTimeEffects` and `aggregate`. Errors from influence functions (normal quantiles), by
 * unit or by cluster, or the multiplier bootstrap with a band that covers all reported effects at once.
 */
export const callawaySantanna: TidyEstimator = {
  id: "callaway-santanna",
  label: "group-time average effects (Callaway and Sant'Anna)",
  reference:
    "Callaway and Sant'Anna 2021, Difference-in-differences with multiple time periods, Journal of Econometrics 225",
  needs: ["unit", "time", "firstTreated"],
  vcovs: ["analytic", "multiplier-bootstrap"],
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster", "control", "seed"],
  estimate(data, options) {
    const opened = openStaggered(data);
    if (!opened.ok) return opened;
    const panel = balancedPanel(opened.value, settingText(SETTINGS, options, "gaps") === "drop" ? "drop" : "refuse");
    if (!panel.ok) return panel;
    const effects = groupTimeEffects(panel.value, {
      method: settingText(SETTINGS, options, "method") as PanelMethod,
      control: options.control,
      base: settingText(SETTINGS, options, "base") === "universal" ? "universal" : "varying",
      anticipation: settingNumber(SETTINGS, options, "anticipation") ?? 0,
      trim: settingNumber(SETTINGS, options, "trim") ?? DEFAULT_TRIM,
    });
    if (!effects.ok) return effects;
    const enough = checkTreatedClusters(effects.value);
    if (!enough.ok) return enough;
    return report(effects.value, options);
  },
};

function checkTreatedClusters(effects: GroupTimeEffects): Outcome<null> {
  const groups = effects.cells.map((cell) => cell.group);
  if (treatedClusters(effects, groups) > 1) return checkControls(effects);
  return refuse(
    "ONE_TREATED_CLUSTER",
    "All treated units are in one cluster, so the variance of its change cannot be seen and an error would be far too small.",
    "Use an estimator for one treated unit, such as permutation or synthetic control.",
    { clusters: effects.clusters },
  );
}

function checkControls(effects: GroupTimeEffects): Outcome<null> {
  const compared = effects.cells.filter((cell) => cell.influence !== null);
  if (compared.some((cell) => cell.controls > 1)) return answer(null);
  return refuse(
    "TOO_FEW_UNITS",
    "There is one control unit, so the variance of its change cannot be seen.",
    "Add control units, or compare with units not yet treated (--control notyet).",
    { controls: 1 },
  );
}

/** What is reported, with names. */
interface Named {
  readonly term: string;
  readonly effect: AverageEffect;
}

function report(effects: GroupTimeEffects, options: EstimateOptions) {
  const wanted = settingText(SETTINGS, options, "aggregate");
  const named = wanted === "cells" ? answer(namedCells(effects)) : namedAverages(effects, options, wanted);
  if (!named.ok) return named;
  const inferred = infer(effects, named.value, options);
  if (!inferred.ok) return inferred;
  const { coefficients, details } = inferred.value;
  const single = coefficients.filter((row) => Number.isNaN(row.stdError) && row.estimate !== 0).length;
  const test = preTest(effects);
  return answer({
    estimator: callawaySantanna.id,
    inference: options.vcov ?? "analytic",
    coefficients,
    nobs: effects.units * effects.panel.periods.length,
    clusters: effects.clusters,
    notes: [
      ...effects.notes,
      ...thinControls(effects),
      ...(single === 0 ? [] : [`${single} effects rest on one treated cluster and have no error.`]),
    ],
    details: {
      ...details,
      groupTime: groupTimeTable(effects),
      preTest: test.ok
        ? { chiSquare: test.value.chiSquare, dof: test.value.dof1, pValue: test.value.pChiSquare }
        : { reason: test.refusal.message },
    },
  });
}

function thinControls(effects: GroupTimeEffects): string[] {
  const thin = effects.cells.filter((cell) => cell.controls === 1).map((cell) => `(${cell.group}, ${cell.time})`);
  return thin.length === 0 ? [] : [`One control unit only, so the error is too small: ${thin.join(", ")}.`];
}

function namedCells(effects: GroupTimeEffects): Named[] {
  return effects.cells.map((cell) => ({ term: `att(${cell.group},${cell.time})`, effect: single(effects, cell) }));
}

function namedAverages(effects: GroupTimeEffects, options: EstimateOptions, wanted: string): Outcome<Named[]> {
  const found = aggregate(effects, wanted as AggregationKind, {
    balance: settingNumber(SETTINGS, options, "balance"),
    min: settingNumber(SETTINGS, options, "min-time") ?? Number.NEGATIVE_INFINITY,
    max: settingNumber(SETTINGS, options, "max-time") ?? Number.POSITIVE_INFINITY,
  });
  return found.ok ? answer(nameAggregation(found.value)) : found;
}

const BY_NAME: Readonly<Record<AggregationKind, string>> = {
  simple: "",
  dynamic: "e",
  group: "group",
  calendar: "time",
};

function nameAggregation({ kind, overall, by }: Aggregation): Named[] {
  return [
    { term: "att", effect: overall },
    ...by.map(({ at, effect }) => ({ term: `${BY_NAME[kind]}=${at}`, effect })),
  ];
}

function infer(
  effects: GroupTimeEffects,
  named: readonly Named[],
  options: EstimateOptions,
): Outcome<{ readonly coefficients: Coefficient[]; readonly details: Record<string, JsonValue> }> {
  const { alpha, seed } = options;
  if (options.vcov !== "multiplier-bootstrap") {
    const coefficients = named.map(({ term, effect }) =>
      effectRow(term, effect, analyticError(effects, effect), alpha),
    );
    return answer({ coefficients, details: {} });
  }
  const draws = settingNumber(SETTINGS, options, "draws") ?? 999;
  const band = multiplierBand(
    effects,
    named.map(({ effect }) => effect),
    { draws, seed, alpha },
  );
  if (!band.ok) return band;
  const { stdErrors, criticalValue } = band.value;
  const coefficients = named.map(({ term, effect }, j) => effectRow(term, effect, stdErrors[j] ?? Number.NaN, alpha));
  const uniform = coefficients.map((row) => ({
    term: row.term,
    confLow: row.estimate - criticalValue * row.stdError,
    confHigh: row.estimate + criticalValue * row.stdError,
  }));
  return answer({ coefficients, details: { draws, seed, criticalValue, uniformBand: uniform } });
}

function groupTimeTable(effects: GroupTimeEffects): JsonValue[] {
  return effects.cells.map((cell) => {
    const error = cellError(effects, cell);
    return {
      group: cell.group,
      time: cell.time,
      base: cell.base,
      estimate: cell.estimate,
      stdError: Number.isNaN(error) ? null : error,
      controls: cell.controls,
    };
  });
}
