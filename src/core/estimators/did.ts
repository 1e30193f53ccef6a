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
import { combineDoubt, type DidMethod } from "./did-doubt.ts";
import { type ControlPath, meanResiduals, preLevels, residualsOf, totalWeights } from "./did-path.ts";
import { type EqualOn, isRounding, LARGEST, magnitude, populationVariance, type Sample } from "./did-sample.ts";
import { type TimeVariance, timeVariance } from "./did-time-variance.ts";
import { type TreatedSpread, treatedSpread, UNITS_TO_SEE_SPREAD } from "./did-treated-spread.ts";
import { contrastWeights, variancesOf, weighControls } from "./did-weights.ts";

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
  readonly equalOn: EqualOn;
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
  /** Part of the variance that the treated units' disagreement added; 0 with fewer than three. */
  readonly spread: number;
  /** log time variance of the gap, and log variance of control changes (-Infinity for none); fewer when undefined. */
  readonly scaleScore: readonly number[];
}

export interface DidOptions {
  readonly scale: "auto" | Scale;
  readonly window?: PanelWindow;
  readonly treated?: readonly number[];
  readonly control?: readonly number[];
  /** Left out: either scale when `auto` chooses one, else the scale given. A refit keeps what the first fit had. */
  readonly equalOn?: EqualOn;
  /** A gap that never moves is refused (`NO_VARIATION`), unless an exact method takes over: then it is an effect of 0. */
  readonly keepStill?: boolean;
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
  const equalOn = options.equalOn ?? (options.scale === "auto" ? "either" : "own");
  return estimate({
    panel,
    window,
    treated,
    control,
    levels,
    scale,
    size,
    equalOn,
    keepStill: options.keepStill === true,
  });
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

function estimate(sample: Sample): Outcome<DidFit> {
  const { panel, window, treated, control } = sample;
  const { weights, path, times } = weighControls(sample);
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
  const treatedChanges = treated.map(change);
  const spread = spreadOfTreated(sample, path, treatedChanges);
  const evidence = { att, time, treatedChanges, controlChanges, variances: variancesOf(times), spread };
  const doubt = combineDoubt(sample, evidence);
  if (!doubt.ok) return doubt;
  return answer({
    scale: sample.scale,
    equalOn: sample.equalOn,
    window,
    treated,
    control,
    att,
    ...doubt.value,
    gap,
    stepWeights,
    path,
    weights,
    treatedChanges,
    controlChanges,
    controlTimes: times,
    time,
    scaleScore: scaleScore(sample, time, controlChanges),
  });
}

function spreadOfTreated(sample: Sample, path: ControlPath, changes: readonly number[]): TreatedSpread {
  const { panel, window, treated, levels, size } = sample;
  if (treated.length < UNITS_TO_SEE_SPREAD) return treatedSpread([], sample.scale, sample.equalOn);
  const shares = treated.map((u) => postWeight(panel, window, u));
  const all = shares.reduce((sum, share) => sum + share, 0);
  return treatedSpread(
    treated.map((u, i) => ({
      change: changes[i] as number,
      variance: timeVariance(residualsOf(panel, window, u, path), window, size)?.variance ?? 0,
      share: (shares[i] as number) / all,
      level: levels[u] as number,
    })),
    sample.scale,
    sample.equalOn,
  );
}

/** What a unit counts in the mean after the deploy. */
function postWeight(panel: Panel, { postStart, end }: PanelWindow, unit: number): number {
  const weights = unitWeights(panel, unit);
  if (weights === null) return 1;
  const y = unitValues(panel, unit);
  let sum = 0;
  for (let t = postStart; t < end; t++) if (Number.isFinite(y[t] as number)) sum += weights[t] as number;
  return sum;
}

function changeOf(z: Float64Array, window: PanelWindow, weights: Float64Array | null): number {
  return meanBetween(z, window.postStart, window.end, weights) - meanBetween(z, 0, window.preEnd, weights);
}

function dot(weights: Float64Array, x: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < weights.length; t++) if (weights[t] !== 0) sum += (weights[t] as number) * (x[t] as number);
  return sum;
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
