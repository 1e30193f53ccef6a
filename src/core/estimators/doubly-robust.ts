import { studentInference } from "../inference/coefficients.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, groupBy } from "../regression/effects.ts";
import { isNever } from "./adoption.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { CROSS_SECTION_METHODS, type CrossSectionMethod, crossSectionDid } from "./doubly-robust/cross-section.ts";
import { DEFAULT_TRIM, PANEL_METHODS, type PanelMethod, panelDid } from "./doubly-robust/panel.ts";
import { type InfluenceEstimate, influenceError } from "./doubly-robust/sample.ts";
import { settingNumber, settingText } from "./setting.ts";
import { type BalancedPanel, balancedPanel } from "./staggered/balanced.ts";
import { openStaggered } from "./staggered/table.ts";
import { checkNumbers, placeOf } from "./tidy-checks.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "method",
    description:
      "dr (doubly robust), improved, reg, std-ipw, ipw; cross sections also dr-simple, improved-simple (no treated outcome models)",
    default: "improved",
    accepts: { type: "choice", values: CROSS_SECTION_METHODS },
  },
  {
    name: "data",
    description: "panel (the same units before and after), or cross-sections (different ones)",
    default: "panel",
    accepts: { type: "choice", values: ["panel", "cross-sections"] },
  },
  {
    name: "trim",
    description: "controls with a propensity from here on are left out",
    default: String(DEFAULT_TRIM),
    accepts: { type: "number", min: 0, max: 1 },
  },
  {
    name: "convention",
    description: "error of dr and dr-simple in cross sections: derived, or as the R package DRDID 1.2.3 has it",
    default: "derived",
    accepts: { type: "choice", values: ["derived", "drdid"] },
  },
  {
    name: "gaps",
    description: "panel units with one of the two periods: refuse, or drop them",
    default: "refuse",
    accepts: { type: "choice", values: ["refuse", "drop"] },
  },
];

/**
 * Doubly robust difference-in-differences of two periods.
 *
 * Formula and assumptions: see `panelDid` and `crossSectionDid`. Error from influence functions (normal quantiles), by unit
 * or by cluster. Covariates of a panel are those of the period before.
 */
export const doublyRobust: TidyEstimator = {
  id: "doubly-robust",
  label: "doubly robust difference-in-differences (Sant'Anna and Zhao)",
  reference: "Sant'Anna and Zhao 2020, Doubly robust difference-in-differences estimators, Journal of Econometrics 219",
  needs: ["unit", "time", "firstTreated"],
  vcovs: ["influence"],
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster"],
  estimate(data, options) {
    const isPanel = settingText(SETTINGS, options, "data") === "panel";
    return isPanel ? estimatePanel(data, options) : estimateCrossSections(data, options);
  },
};

function estimatePanel(data: TidyData, options: EstimateOptions): Outcome<EstimateResult> {
  const method = settingText(SETTINGS, options, "method");
  const known = PANEL_METHODS.find((name) => name === method);
  if (known === undefined) return onlyCrossSections(method);
  const opened = openStaggered(data);
  if (!opened.ok) return opened;
  const laidOut = balancedPanel(opened.value, settingText(SETTINGS, options, "gaps") === "drop" ? "drop" : "refuse");
  if (!laidOut.ok) return laidOut;
  const panel = laidOut.value;
  const design = checkTwoPeriods(panel.periods, panel.cohorts);
  if (!design.ok) return design;
  const found = panelEffect(panel, known, settingNumber(SETTINGS, options, "trim") ?? DEFAULT_TRIM);
  if (!found.ok) return found;
  const treated = panel.first.map((first) => Number(!Number.isNaN(first)));
  return report(options, {
    found: found.value,
    cluster: panel.cluster,
    treated,
    nobs: 2 * panel.units,
    method,
    notes: panel.notes,
  });
}

function panelEffect(panel: BalancedPanel, method: PanelMethod, trim: number): Outcome<InfluenceEstimate> {
  const at = (values: Float64Array, position: number): Float64Array =>
    Float64Array.from({ length: panel.units }, (_, u) => values[2 * u + position] ?? Number.NaN);
  const before = at(panel.outcome, 0);
  return panelDid(
    {
      treated: panel.first.map((first) => Number(!Number.isNaN(first))),
      change: at(panel.outcome, 1).map((value, u) => value - (before[u] ?? 0)),
      covariates: panel.covariates.map(({ name, values }) => ({ name, values: at(values, 0) })),
      weights: panel.weights,
      label: (u) => `unit ${panel.names[u]}`,
    },
    method,
    trim,
  );
}

function estimateCrossSections(data: TidyData, options: EstimateOptions): Outcome<EstimateResult> {
  const checked = checkNumbers(data);
  if (!checked.ok) return checked;
  if (data.time === null || data.firstTreated === null) {
    return refuse(
      "NOT_ESTIMABLE",
      "Cross sections need the time and the first treated period of every row's group.",
      "Name both columns; the first treated period is 0 for rows of the comparison group.",
    );
  }
  const { time, firstTreated } = data;
  const treated = firstTreated.map((first) => Number(!isNever(first)));
  const periods = Float64Array.from(new Set(time)).sort();
  const cohorts = [...new Set(firstTreated.filter((first) => !isNever(first)))];
  const design = checkTwoPeriods(periods, cohorts);
  if (!design.ok) return design;
  const method = settingText(SETTINGS, options, "method") as CrossSectionMethod;
  const found = crossSectionDid(
    {
      treated,
      outcome: data.outcome,
      post: time.map((t) => Number(t === periods[1])),
      covariates: data.covariates,
      weights: data.weights,
      label: (row) => placeOf(data, row),
    },
    method,
    {
      trim: settingNumber(SETTINGS, options, "trim") ?? DEFAULT_TRIM,
      convention: settingText(SETTINGS, options, "convention") === "drdid" ? "drdid" : "derived",
    },
  );
  if (!found.ok) return found;
  const names = data.cluster ?? Array.from({ length: data.rows }, (_, i) => String(i));
  return report(options, {
    found: found.value,
    cluster: groupBy("cluster", names),
    treated,
    nobs: data.rows,
    method,
    notes: [],
  });
}

function onlyCrossSections(method: string): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The method ${method} is for cross sections: with a panel the simple and the efficient form are the same.`,
    `Use method=${method.replace("-simple", "")}, or data=cross-sections.`,
    { method },
  );
}

function checkTwoPeriods(periods: Float64Array, cohorts: readonly number[]): Outcome<null> {
  const [before, after, third] = periods;
  if (third !== undefined || after === undefined) {
    return refuse(
      third === undefined ? "TOO_FEW_PERIODS" : "NOT_ESTIMABLE",
      `This estimator compares two periods, the table has ${periods.length}.`,
      "Keep two periods, or use --estimator callaway-santanna.",
      { periods: periods.length },
    );
  }
  const odd = cohorts.find((first) => first !== after && !(first > (before ?? 0) && first < after));
  if (odd === undefined) return answer(null);
  return refuse(
    odd > after ? "NO_POST_DATA" : "NO_PRE_DATA",
    `Some units are first treated in ${odd}; this estimator needs treatments between ${before} and ${after}.`,
    "Leave these units out, or give other periods.",
    { firstTreated: odd },
  );
}

interface Found {
  readonly found: InfluenceEstimate;
  readonly cluster: Grouping;
  /** By entry of the influence. */
  readonly treated: Float64Array;
  readonly nobs: number;
  readonly method: string;
  readonly notes: readonly string[];
}

function report(options: EstimateOptions, result: Found): Outcome<EstimateResult> {
  const { found, cluster, treated } = result;
  const sums = new Float64Array(cluster.count);
  const isTreated = new Uint8Array(cluster.count);
  const isControl = new Uint8Array(cluster.count);
  found.influence.forEach((value, i) => {
    const c = cluster.levels[i] ?? 0;
    sums[c] = (sums[c] ?? 0) + value;
    if (treated[i] === 1) isTreated[c] = 1;
    else isControl[c] = 1;
  });
  const count = (flags: Uint8Array): number => flags.reduce((total, flag) => total + flag, 0);
  const few = checkClusters(count(isTreated), count(isControl));
  if (!few.ok) return few;
  const stdError = (influenceError(sums) * cluster.count) / found.influence.length;
  return answer({
    estimator: doublyRobust.id,
    inference: "influence",
    coefficients: [
      studentInference("att", found.estimate, stdError, { dof: Number.POSITIVE_INFINITY, alpha: options.alpha }),
    ],
    nobs: result.nobs,
    clusters: cluster.count,
    notes: result.notes,
    details: { method: result.method, treatedClusters: count(isTreated), controlClusters: count(isControl) },
  });
}

function checkClusters(treated: number, control: number): Outcome<null> {
  if (treated < 2) {
    return refuse(
      "ONE_TREATED_CLUSTER",
      "All treated rows are in one cluster, so the variance of its change cannot be seen and an error would be far too small.",
      "Use an estimator for one treated unit, such as permutation or synthetic control.",
      { treatedClusters: treated },
    );
  }
  if (control >= 2) return answer(null);
  return refuse(
    "TOO_FEW_CLUSTERS",
    "All control rows are in one cluster, so the variance of its change cannot be seen.",
    "Add control clusters.",
    { controlClusters: control },
  );
}
