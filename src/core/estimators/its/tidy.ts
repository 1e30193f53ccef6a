import type { Coefficient } from "../../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "../contract.ts";
import { openTable } from "../panel-ols/table.ts";
import { settingNumber, settingText } from "../setting.ts";
import { isStationary } from "../stationary.ts";
import { HAC_NAMES, type HacName, hacRow } from "./hac-row.ts";
import { arRow, SEASONS, type Season, type SegmentedFit, segmentedRegression } from "./segmented.ts";
import { type TableSeries, tableSeries } from "./table-series.ts";

const YES_NO = { type: "choice", values: ["yes", "no"] } as const;
const SETTINGS: readonly EstimatorSetting[] = [
  { name: "trend", description: "a linear trend through the whole series", default: "yes", accepts: YES_NO },
  { name: "slope", description: "a change of the slope beside that of the level", default: "yes", accepts: YES_NO },
  {
    name: "season",
    description: "terms by the clock: hour-and-day adds both, hour-of-week has one for each of 168 hours",
    default: "none",
    accepts: { type: "choice", values: SEASONS },
  },
  {
    name: "day",
    description: "length of a day in the units of the time column (86400 for epoch seconds)",
    default: "86400",
    accepts: { type: "number", min: 1e-9 },
  },
  {
    name: "lag",
    description: "lags of newey-west, terms of cosine; auto: Newey and West 1994, floor(0.4 n^(2/3))",
    default: "auto",
    accepts: { type: "number", min: 0, integer: true, also: ["auto"] },
  },
  {
    name: "prewhite",
    description: "fit a first-order autoregression to the scores before the kernel (not for cosine)",
    default: "no",
    accepts: { type: "choice", values: ["no", "yes"] },
  },
  {
    name: "critical",
    description: "student, or simulated: fixed-b critical values for this very regression and bandwidth",
    default: "student",
    accepts: { type: "choice", values: ["student", "simulated"] },
  },
  {
    name: "draws",
    description: "series of white noise for critical=simulated",
    default: "999",
    accepts: { type: "number", min: 99, max: 99_999, integer: true },
  },
];

/**
 * Interrupted time series by segmented regression: change of level and slope, with errors for serial correlation.
 *
 * Formula: see segmentedRegression; `ar` gives every coefficient the exact variance of its weights under an
 * autoregression of the residuals before the treatment, the others are kernel errors (see hacRow).
 * Assumes: without the treatment level, trend and season would have gone on, and nothing else happened at that time.
 * Units: those of the outcome; slopes per unit of the time column. Time grows with rows plus steps times terms squared.
 * Source: Box and Tiao 1975; Wagner, Soumerai, Zhang and Ross-Degnan 2002.
 */
export const its: TidyEstimator = {
  id: "its",
  label: "interrupted time series: level and slope change",
  reference: "Box and Tiao 1975; Wagner, Soumerai, Zhang and Ross-Degnan 2002",
  needs: ["unit", "time", "treatment"],
  vcovs: ["ar", ...HAC_NAMES],
  settings: SETTINGS,
  uses: ["weights", "seed"],
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const series = tableSeries(opened.value);
    if (!series.ok) return series;
    const yes = (name: string): boolean => settingText(SETTINGS, options, name) === "yes";
    const fitted = segmentedRegression(series.value, {
      trend: yes("trend"),
      slope: yes("slope"),
      season: settingText(SETTINGS, options, "season") as Season,
      day: settingNumber(SETTINGS, options, "day") ?? 86_400,
    });
    if (!fitted.ok) return fitted;
    const vcov = options.vcov ?? "ar";
    const rows =
      vcov === "ar" ? arRows(series.value, fitted.value, options) : hacRows(series.value, fitted.value, options);
    if (!rows.ok) return rows;
    return answer({
      estimator: its.id,
      inference: vcov,
      coefficients: rows.value.coefficients,
      nobs: fitted.value.fit.n,
      clusters: null,
      notes: series.value.notes,
      details: {
        ...rows.value.facts,
        firstTreated: series.value.firstTreated,
        units: series.value.units,
        terms: [...fitted.value.fit.terms],
        dropped: [...fitted.value.fit.dropped],
        estimates: [...fitted.value.fit.coefficients],
      },
    });
  },
};

interface Rows {
  readonly coefficients: readonly Coefficient[];
  readonly facts: Readonly<Record<string, JsonValue>>;
}

/** The average effect first, then change of level and slope, then the trend. */
const SHOWN = ["level", "slope", "trend"];

function eachTerm(
  { fit, average }: SegmentedFit,
  rowOf: (fit: SegmentedFit["fit"], term: string) => Coefficient | null,
): (Coefficient | null)[] {
  const first = rowOf(average, "level");
  const rest = SHOWN.filter((term) => fit.terms.includes(term)).map((term) => rowOf(fit, term));
  return [first === null ? null : { ...first, term: "att" }, ...rest];
}

function arRows(series: TableSeries, fitted: SegmentedFit, { alpha }: EstimateOptions): Outcome<Rows> {
  const rows = eachTerm(fitted, (fit, term) => arRow(series, fit, term, alpha)?.row ?? null);
  const model = arRow(series, fitted.fit, "level", alpha)?.model ?? null;
  const coefficients = rows.flatMap((row) => row ?? []);
  if (model !== null && !isStationary(model.phi)) return explosive(series, model.phi);
  if (model === null || coefficients.length < rows.length) {
    return refuse(
      "PRE_TOO_SHORT",
      "The residuals before the treatment are fewer than 12 or do not move, so no autoregression can be fitted.",
      "Add periods before the treatment, or choose another error with --vcov.",
      { preSteps: series.preEnd },
    );
  }
  return answer({ coefficients, facts: { ar: [...model.phi], innovationVariance: model.sigma2 } });
}

/** Few residuals can swing so regularly that the autoregression fitted to them grows: errors of 1e30, or infinite ones. */
function explosive(series: TableSeries, phi: readonly number[]): Outcome<never> {
  return refuse(
    "PRE_TOO_SHORT",
    "The autoregression of the residuals before the treatment grows without end, so no error follows from it: they are too few.",
    "Add periods before the treatment, or choose another error with --vcov.",
    { preSteps: series.preEnd, ar: [...phi] },
  );
}

function hacRows(series: TableSeries, fitted: SegmentedFit, options: EstimateOptions): Outcome<Rows> {
  if (series.values.some((value) => Number.isNaN(value)) || series.weights !== null) return needsPlain(series);
  const choice = {
    name: options.vcov as HacName,
    lag: settingNumber(SETTINGS, options, "lag"),
    prewhite: settingText(SETTINGS, options, "prewhite") === "yes",
    critical: settingText(SETTINGS, options, "critical") as "student" | "simulated",
    draws: settingNumber(SETTINGS, options, "draws") ?? 999,
    seed: options.seed,
  };
  const found = eachTerm(fitted, (fit, term) => hacRow(fit, term, choice, options.alpha).row);
  const coefficients = found.flatMap((row) => row ?? []);
  const still = coefficients.find((row) => !(row.stdError > 0));
  if (still !== undefined) {
    return refuse(
      "NO_VARIATION",
      `The series leaves no variation from which an error of ${still.term} could be estimated.`,
      "Check that the outcome moves, or choose another error with --vcov.",
      { term: still.term },
    );
  }
  return answer({
    coefficients,
    facts: { bandwidth: hacRow(fitted.fit, "level", { ...choice, critical: "student" }, options.alpha).bandwidth },
  });
}

function needsPlain(series: TableSeries): Outcome<never> {
  const missing = series.values.findIndex(Number.isNaN);
  return missing >= 0
    ? refuse(
        "TIME_GAPS",
        `Period ${series.periods[missing]} is missing; a kernel error needs every period.`,
        "Complete the series, or use --vcov ar.",
        { period: series.periods[missing] ?? null },
      )
    : refuse("NOT_ESTIMABLE", "Kernel errors are for unweighted series.", "Use --vcov ar, or leave the weights out.");
}
