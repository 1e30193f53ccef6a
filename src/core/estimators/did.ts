import { answer, type Outcome, refuse } from "../outcome.ts";
import {
  countFinite,
  meanBetween,
  type Panel,
  type PanelWindow,
  unitsWhere,
  unitValues,
  unitWeights,
  windowOf,
} from "../panel/panel.ts";
import type { Scale } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import { type ControlPath, controlPath, meanResiduals, preLevels, residualsOf, totalWeights } from "./did-path.ts";
import { type TimeVariance, timeVariance } from "./did-time-variance.ts";

/** How the variance of a fit came about; printed beside every error. */
export type DidMethod = "precision-weighted" | "pooled-unit-changes" | "time-only" | "placebo-rank";

/**
 * Precision-weighted difference-in-differences with two sources of doubt: the default estimator.
 *
 * Formula: att = mean post g - mean pre g, g_t the mean over treated units of the residuals z_it after the precision-
 * weighted control path; variance v_time from the gap's own past, inflated by phi = sum_j d_j^2 / s_j^2 / q when the
 * controls moved more over this very window than their own past predicts.
 * Assumes: without the deploy the treated gap would have gone on as its past (additive or multiplicative scale).
 * Units: raw units per step. Source: docs/method.md section 3.
 */
export interface DidFit {
  readonly scale: Scale;
  readonly window: PanelWindow;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly att: number;
  /** null for `placebo-rank`. */
  readonly variance: number | null;
  readonly dof: number | null;
  readonly method: DidMethod;
  readonly codes: readonly ReasonCode[];
  /** Exact placebo rank p-value, only for `placebo-rank`. */
  readonly rankP: number | null;
  readonly gap: Float64Array;
  /** Contrast weights per step for panels with cell weights, else null. */
  readonly stepWeights: Float64Array | null;
  readonly path: ControlPath;
  /** Precision weights of `control`, mean 1. */
  readonly weights: readonly number[];
  /** Change of every unit of `treated` then `control` (raw units). */
  readonly treatedChanges: readonly number[];
  readonly controlChanges: readonly number[];
  /** Variance of each control's change by its own past; null when unknown. */
  readonly controlTimes: readonly (TimeVariance | null)[];
  readonly time: TimeVariance | null;
  /** Overdispersion of the controls' changes and its degrees of freedom; null with q < 1. */
  readonly phi: number | null;
  readonly q: number;
  /** log time variance of the gap, and log variance of control changes (-Infinity for none); fewer when undefined. */
  readonly scaleScore: readonly number[];
}

export interface DidOptions {
  readonly scale: "auto" | Scale;
  readonly window?: PanelWindow;
  readonly treated?: readonly number[];
  readonly control?: readonly number[];
}

/** Fits one scale, or both and keeps the one whose past is calmer (treated post values take no part in the choice). */
export function fitDid(panel: Panel, options: DidOptions): Outcome<DidFit> {
  if (options.scale !== "auto") return fitScale(panel, options, options.scale);
  const additive = fitScale(panel, options, "additive");
  const multiplicative = fitScale(panel, options, "multiplicative");
  if (!multiplicative.ok) return additive;
  if (!additive.ok) return multiplicative;
  const [a, m] = [additive.value.scaleScore, multiplicative.value.scaleScore];
  if (a.length !== m.length) return additive;
  return isCalmer(m, a) ? multiplicative : additive;
}

/** A term of exactly no variation outranks any other; then the smaller sum. */
function isCalmer(score: readonly number[], other: readonly number[]): boolean {
  const still = (terms: readonly number[]): number => terms.filter((term) => term === Number.NEGATIVE_INFINITY).length;
  if (still(score) !== still(other)) return still(score) > still(other);
  const total = (terms: readonly number[]): number =>
    terms.filter(Number.isFinite).reduce((sum, term) => sum + term, 0);
  return total(score) < total(other);
}

interface Sample {
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly levels: Float64Array;
  readonly scale: Scale;
  /** Typical magnitude of the raw values. */
  readonly size: number;
}

function fitScale(panel: Panel, options: DidOptions, scale: Scale): Outcome<DidFit> {
  const window = options.window ?? windowOf(panel);
  const levels = preLevels(panel, window);
  const usable = (u: number): boolean => seenOnBothSides(panel, window, u);
  const treated = (options.treated ?? unitsWhere(panel, true)).filter(usable);
  const control = (options.control ?? unitsWhere(panel, false)).filter(usable);
  if (treated.length === 0)
    return refuse(
      "NO_TREATED_UNITS",
      "No treated unit has data on both sides of the deploy.",
      "Check `units.treated`.",
    );
  if (control.length === 0)
    return refuse(
      "NO_CONTROL_UNITS",
      "No control unit has data on both sides of the deploy.",
      "Check `units.control`.",
    );
  if (scale === "multiplicative" && control.some((u) => (levels[u] as number) <= 0)) {
    return refuse(
      "SCALE_NOT_POSSIBLE",
      "The multiplicative scale needs positive control levels.",
      "Use `scale: additive`.",
      {
        unit: panel.units[control.find((u) => (levels[u] as number) <= 0) ?? 0] ?? null,
      },
    );
  }
  const { size, largest } = magnitude(panel, window, [...treated, ...control]);
  if (largest > LARGEST || (size > 0 && size < 1 / LARGEST)) return beyondNumbers(largest);
  return estimate({ panel, window, treated, control, levels, scale, size });
}

/** Share of the values' size below which a spread is rounding noise. */
const ROUNDING = 1e-12;
/** Squares of larger values, and of smaller ones than its inverse, leave the range of numbers. */
const LARGEST = 1e100;

/** size: the largest mean |value| of a unit; largest: the largest |value|. */
function magnitude(panel: Panel, window: PanelWindow, units: readonly number[]): { size: number; largest: number } {
  let size = 0;
  let largest = 0;
  for (const unit of units) {
    const y = unitValues(panel, unit);
    let sum = 0;
    let seen = 0;
    for (let t = 0; t < window.end; t++) {
      const value = Math.abs(y[t] as number);
      if (!Number.isFinite(value)) continue;
      if (value > largest) largest = value;
      if (t >= window.preEnd) continue;
      sum += value;
      seen++;
    }
    size = Math.max(size, sum / seen);
  }
  return { size, largest };
}

function beyondNumbers(largest: number): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `Values up to ${largest.toExponential(1)} are beyond what can be computed with.`,
    `Let the query return another unit, so that values lie between ${1 / LARGEST} and ${LARGEST}.`,
    { largest },
  );
}

function seenOnBothSides(panel: Panel, window: PanelWindow, unit: number): boolean {
  const y = unitValues(panel, unit);
  return countFinite(y, 0, window.preEnd) > 0 && countFinite(y, window.postStart, window.end) > 0;
}

interface Weighted {
  readonly weights: number[];
  readonly path: ControlPath;
  readonly times: (TimeVariance | null)[];
}

/** s_j^2 of each control; NaN when unknown. */
function variancesOf(times: readonly (TimeVariance | null)[]): number[] {
  return times.map((time) => time?.variance ?? Number.NaN);
}

function estimate(sample: Sample): Outcome<DidFit> {
  const { panel, window, treated, control } = sample;
  const { weights, path, times } = reweight(
    sample,
    weigh(
      sample,
      control.map(() => 1),
    ),
  );
  const gap = meanResiduals(panel, window, treated, path);
  const stepWeights = contrastWeights(gap, window, totalWeights(panel, window, treated));
  const att = stepWeights === null ? changeOf(gap, window, null) : dot(stepWeights, gap);
  if (!Number.isFinite(att)) {
    return refuse(
      "NO_DATA",
      "The treated units and the controls were never seen at the same time in one of the windows.",
      "Choose controls that report at the same times.",
    );
  }
  const change = (u: number): number => changeOf(residualsOf(panel, window, u, path), window, unitWeights(panel, u));
  const controlChanges = control.map(change);
  const time = timeVariance(gap, window, sample.size, stepWeights);
  const evidence = { att, time, treatedChanges: treated.map(change), controlChanges, variances: variancesOf(times) };
  const doubt = combineDoubt(sample, evidence);
  if (!doubt.ok) return doubt;
  return answer({
    scale: sample.scale,
    window,
    treated,
    control,
    att,
    ...doubt.value,
    gap,
    stepWeights,
    path,
    weights,
    treatedChanges: evidence.treatedChanges,
    controlChanges,
    controlTimes: times,
    time,
    scaleScore: scaleScore(sample, time, controlChanges),
  });
}

function weigh(sample: Sample, weights: number[]): Weighted {
  const { panel, window, control, levels, scale, size } = sample;
  const path = controlPath(panel, window, control, weights, levels, scale);
  const times = control.map((u) => timeVariance(residualsOf(panel, window, u, path), window, size));
  return { weights, path, times };
}

/** Weights proportional to 1 / (s_j^2 + median s^2), once, with more than two controls; mean 1. */
function reweight(sample: Sample, equal: Weighted): Weighted {
  const variances = variancesOf(equal.times);
  const positive = variances.filter((s2) => s2 > 0);
  if (sample.control.length <= 2 || positive.length === 0) return equal;
  const reference = median(positive);
  const s2 = variances.map((value) => (Number.isFinite(value) ? value : reference));
  const raw = sample.scale === "additive" ? s2.map((value) => 1 / (value + reference)) : relativeWeights(sample, s2);
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  return weigh(
    sample,
    raw.map((value) => value / mean),
  );
}

/** On the multiplicative scale: relative variances, and 1/level because the path sums raw values. */
function relativeWeights(sample: Sample, s2: readonly number[]): number[] {
  const levels = sample.control.map((u) => sample.levels[u] as number);
  const relative = s2.map((value, j) => value / (levels[j] as number) ** 2);
  const reference = median(relative);
  return relative.map((value, j) => 1 / ((levels[j] as number) * (value + reference)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

function changeOf(z: Float64Array, window: PanelWindow, weights: Float64Array | null): number {
  return meanBetween(z, window.postStart, window.end, weights) - meanBetween(z, 0, window.preEnd, weights);
}

function dot(weights: Float64Array, x: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < weights.length; t++) if (weights[t] !== 0) sum += (weights[t] as number) * (x[t] as number);
  return sum;
}

/** Per-step weights of the contrast (pre sums to -1, post to 1) when cells have weights. */
function contrastWeights(gap: Float64Array, window: PanelWindow, totals: Float64Array | null): Float64Array | null {
  if (totals === null) return null;
  const weights = new Float64Array(window.end);
  for (const [from, to, sign] of [
    [0, window.preEnd, -1],
    [window.postStart, window.end, 1],
  ] as const) {
    let sum = 0;
    for (let t = from; t < to; t++) if (Number.isFinite(gap[t] as number)) sum += totals[t] as number;
    for (let t = from; t < to; t++) {
      if (Number.isFinite(gap[t] as number)) weights[t] = (sign * (totals[t] as number)) / sum;
    }
  }
  return weights;
}

/**
 * Logs of the two variances that exist; -Infinity where there is no variation beyond rounding. A treated level of 0 makes
 * every multiplicative residual 0 without saying that the scale fits, so it gives no term.
 */
function scaleScore(sample: Sample, time: TimeVariance | null, controlChanges: readonly number[]): number[] {
  const spread = controlChanges.length > 1 ? populationVariance(controlChanges) : Number.NaN;
  const hasLevel = sample.scale === "additive" || sample.treated.some((u) => sample.levels[u] !== 0);
  const past = hasLevel || time?.variance !== 0 ? (time?.variance ?? Number.NaN) : Number.NaN;
  return [past, isRounding(spread, sample.size) ? 0 : spread].filter((value) => value >= 0).map(Math.log);
}

/** Whether a variance is no more than the rounding noise of values of this size. */
function isRounding(variance: number, size: number): boolean {
  return Math.sqrt(variance) <= ROUNDING * size;
}

function populationVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

interface Doubt {
  readonly variance: number | null;
  readonly dof: number | null;
  readonly method: DidMethod;
  readonly codes: readonly ReasonCode[];
  readonly rankP: number | null;
  readonly phi: number | null;
  readonly q: number;
}

interface DoubtEvidence {
  readonly att: number;
  readonly time: TimeVariance | null;
  readonly treatedChanges: readonly number[];
  readonly controlChanges: readonly number[];
  readonly variances: readonly number[];
}

/** docs/method.md section 3 step 5. */
function combineDoubt(sample: Sample, evidence: DoubtEvidence): Outcome<Doubt> {
  const { time, controlChanges, variances } = evidence;
  const negligible = (value: number): boolean => Math.abs(value) <= ROUNDING * sample.size;
  if (time === null) return tooShort(sample);
  if (time.variance === 0) {
    const still = evidence.treatedChanges.every(negligible) && negligible(evidence.att);
    return still ? noVariation() : answer(placeboRank(sample.window));
  }
  const ratios = controlChanges
    .map((d, j) => d ** 2 / (variances[j] as number))
    .filter((r, j) => Number.isFinite(r) && (variances[j] as number) > 0);
  const q = ratios.length - 1;
  if (q < 1) return answer(fewControls(sample, evidence, time));
  const phi = ratios.reduce((sum, value) => sum + value, 0) / q;
  const base = { method: "precision-weighted", codes: [], rankP: null, phi, q } as const;
  return phi > 1
    ? answer({ ...base, variance: time.variance * phi, dof: q })
    : answer({ ...base, variance: time.variance, dof: time.dof + q });
}

function fewControls(sample: Sample, evidence: DoubtEvidence, time: TimeVariance): Doubt {
  const [n1, n0] = [sample.treated.length, sample.control.length];
  const base = { rankP: null, phi: null, q: 0 } as const;
  const pooled = n1 + n0 > 2 ? pooledVariance(evidence.treatedChanges, evidence.controlChanges) : 0;
  if (!isRounding(pooled, sample.size)) {
    const codes: ReasonCode[] = n0 === 1 ? ["ONE_CONTROL", "UNIT_DOUBT_POOLED"] : ["UNIT_DOUBT_POOLED"];
    return { ...base, variance: pooled * (1 / n1 + 1 / n0), dof: n1 + n0 - 2, method: "pooled-unit-changes", codes };
  }
  return { ...base, variance: time.variance, dof: time.dof, method: "time-only", codes: ["ONE_CONTROL"] };
}

function pooledVariance(treated: readonly number[], control: readonly number[]): number {
  const squares = populationVariance(treated) * treated.length + populationVariance(control) * control.length;
  return squares / (treated.length + control.length - 2);
}

/** The gap never moved before the deploy: the change is ranked among the floor(R/P) + 1 windows. */
function placeboRank(window: PanelWindow): Doubt {
  const windows = Math.floor(window.preEnd / (window.end - window.postStart));
  return {
    variance: null,
    dof: null,
    method: "placebo-rank",
    codes: ["EXACT_PLACEBO_RANK"],
    rankP: 1 / (1 + windows),
    phi: null,
    q: 0,
  };
}

function noVariation(): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    "The treated-minus-control gap is the same constant before and after the deploy.",
    "Check that the query returns live values (a frozen exporter repeats its last one), or drop this SLI.",
  );
}

function tooShort(sample: Sample): Outcome<never> {
  const { preEnd, postStart, end } = sample.window;
  return refuse(
    "PRE_TOO_SHORT",
    `The ${preEnd} steps before the deploy are too few to judge a post window of ${end - postStart}.`,
    "Lengthen `windows.pre` to at least 12 steps and more than the post window.",
    {
      preSteps: preEnd,
      postSteps: end - postStart,
    },
  );
}
