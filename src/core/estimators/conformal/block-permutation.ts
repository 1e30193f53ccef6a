import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import { hullOfNulls } from "../../inference/hull-of-nulls.ts";
import { axpy, mean, variance } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { simplexWeights } from "../synthetic/simplex.ts";

/** Counterfactual of the treated mean: the controls' mean up to a constant, or a weighted mean of controls. */
export type Proxy = "did" | "sc";

/** Mean series of the treated units and the series of every control, one date of treatment. */
export interface GapPanel {
  readonly treated: Float64Array;
  readonly controls: readonly Float64Array[];
  /** Periods before the treatment. */
  readonly pre: number;
}

export interface ConformalOptions {
  readonly proxy: Proxy;
  /** Exponent of the statistic: 1 for effects in most periods, 2 for effects in a few. */
  readonly order: 1 | 2;
}

export interface ConformalTest {
  /** (sum over post of |u|^q / sqrt(P))^(1/q). */
  readonly statistic: number;
  /** Share of cyclic shifts with at least this statistic, the observed one included. */
  readonly pValue: number;
}

/** Statistics that differ by less than this share are ties. */
const TIE = 1e-9;

/**
 * Conformal test of one effect in all post periods by moving-block permutations.
 *
 * Formula: the null effect is taken off the post periods, the proxy fitted on all periods, u = treated - proxy; the
 * statistic of the post block against that of the T blocks made by cyclic shifts.
 * Assumes: u is stationary under the null (serial correlation is kept within blocks); the smallest p is 1/T.
 * Complexity: one fit of the proxy and periods x post periods.
 * Source: Chernozhukov, Wüthrich and Zhu 2021, JASA 116.
 */
export function conformalTest(panel: GapPanel, options: ConformalOptions, nullEffect: number): ConformalTest {
  return blockTest(residuals(panel, options.proxy, nullEffect), panel.pre, options.order);
}

/** The hull of the effects that the test does not reject. */
export function conformalInterval(
  panel: GapPanel,
  options: ConformalOptions,
  alpha: number,
): { readonly low: number; readonly high: number } {
  const centre = gapEffect(panel, options.proxy);
  const u = residuals(panel, options.proxy, centre);
  const scale = Math.sqrt(u.reduce((sum, value) => sum + value * value, 0) / u.length) / 2;
  return hullOfNulls(centre, scale, (b) => conformalTest(panel, options, b).pValue > alpha);
}

/** Mean post gap; without the mean pre gap for `sc`, whose weights are those of the pre periods. */
export function gapEffect(panel: GapPanel, proxy: Proxy): number {
  const gap = gapOf(panel, proxy, panel.pre);
  const level = proxy === "did" ? mean(gap.subarray(0, panel.pre)) : 0;
  return mean(gap.subarray(panel.pre)) - level;
}

/** The same test for each post period on its own: the pre periods and that one. */
export function conformalByPeriod(panel: GapPanel, options: ConformalOptions): number[] {
  const post = panel.treated.length - panel.pre;
  return Array.from({ length: post }, (_, k) => {
    const one = selectPeriods(panel, [...Array.from({ length: panel.pre }, (_, t) => t), panel.pre + k], panel.pre);
    return conformalTest(one, options, 0).pValue;
  });
}

/** The pre periods alone, the last `length` of them as if treated. */
export function placeboConformal(panel: GapPanel, options: ConformalOptions, length: number): ConformalTest {
  const pre = Array.from({ length: panel.pre }, (_, t) => t);
  return conformalTest(selectPeriods(panel, pre, panel.pre - length), options, 0);
}

export interface CrossFit {
  readonly foldEstimates: readonly number[];
  /** Periods per fold. */
  readonly foldLength: number;
  readonly row: Coefficient;
}

/**
 * Debiased t-test by cross-fitting over blocks of pre periods.
 *
 * Formula: tau_k = mean post gap - mean gap over the held-out block k, weights fitted on the other pre periods; se =
 * sqrt(1 + K r / P) sd(tau_k) / sqrt(K), t with K - 1 degrees of freedom; r = min(floor(pre / K), P), the last K r periods.
 * Assumes: stationary gaps; several pre blocks as long as the post window.
 * Source: Chernozhukov, Wüthrich and Zhu 2022, A t-test for synthetic controls.
 */
export function crossFittedTest(panel: GapPanel, proxy: Proxy, folds: number, alpha: number): Outcome<CrossFit> {
  const post = panel.treated.length - panel.pre;
  const length = Math.min(Math.floor(panel.pre / folds), post);
  if (folds < 2 || length < 1 || panel.pre - length < 2) {
    return refuse(
      "PRE_TOO_SHORT",
      `A cross-fitted test with ${folds} folds needs at least ${Math.max(2 * folds, 4)} periods before the treatment, there are ${panel.pre}.`,
      "Use fewer folds (at least 2), or give more periods.",
      { folds, periods: panel.pre },
    );
  }
  const start = panel.pre - folds * length;
  const estimates = Float64Array.from({ length: folds }, (_, k) =>
    foldEffect(panel, proxy, start + k * length, length),
  );
  const spread = Math.sqrt(variance(estimates));
  if (!(spread > 0)) {
    return refuse(
      "NO_VARIATION",
      "All folds give the same estimate, so there is no error to take from them.",
      "Check that the series move.",
    );
  }
  const stdError = (Math.sqrt(1 + (folds * length) / post) * spread) / Math.sqrt(folds);
  const row = studentInference("att", mean(estimates), stdError, { dof: folds - 1, alpha });
  return answer({ foldEstimates: [...estimates], foldLength: length, row });
}

function foldEffect(panel: GapPanel, proxy: Proxy, from: number, length: number): number {
  const isHeld = (t: number): boolean => t >= from && t < from + length;
  const fitted = Array.from({ length: panel.pre }, (_, t) => t).filter((t) => !isHeld(t));
  const weights = proxyWeights(selectPeriods(panel, fitted, fitted.length), proxy, fitted.length);
  const gap = subtract(panel, weights);
  return mean(gap.subarray(panel.pre)) - mean(gap.subarray(from, from + length));
}

function blockTest(u: Float64Array, pre: number, order: 1 | 2): ConformalTest {
  const total = u.length;
  const post = total - pre;
  const powers = u.map((value) => Math.abs(value) ** order);
  const statistic = (from: number): number => {
    let sum = 0;
    for (let t = 0; t < post; t++) sum += powers[(from + t) % total] ?? 0;
    return (sum / Math.sqrt(post)) ** (1 / order);
  };
  const observed = statistic(pre);
  let extreme = 0;
  for (let shift = 0; shift < total; shift++) if (statistic(pre + shift) >= observed * (1 - TIE)) extreme++;
  return { statistic: observed, pValue: extreme / total };
}

/** Treated less proxy in all periods, once the null effect is taken off. */
function residuals(panel: GapPanel, proxy: Proxy, nullEffect: number): Float64Array {
  const treated = panel.treated.map((value, t) => (t >= panel.pre ? value - nullEffect : value));
  const gap = gapOf({ ...panel, treated }, proxy, treated.length);
  const level = proxy === "did" ? mean(gap) : 0;
  return gap.map((value) => value - level);
}

/** Treated less weighted controls, weights from the first `fitted` periods. */
function gapOf(panel: GapPanel, proxy: Proxy, fitted: number): Float64Array {
  return subtract(panel, proxyWeights(panel, proxy, fitted));
}

function proxyWeights({ treated, controls }: GapPanel, proxy: Proxy, fitted: number): Float64Array {
  if (proxy === "did") return new Float64Array(controls.length).fill(1 / controls.length);
  const target = treated.subarray(0, fitted);
  const differences = controls.map((control) =>
    control.subarray(0, fitted).map((value, t) => value - (target[t] ?? 0)),
  );
  return simplexWeights({ differences, ridge: 0 });
}

function subtract({ treated, controls }: GapPanel, weights: Float64Array): Float64Array {
  const gap = Float64Array.from(treated);
  controls.forEach((control, j) => {
    axpy(-(weights[j] ?? 0), control, gap);
  });
  return gap;
}

function selectPeriods(panel: GapPanel, periods: readonly number[], pre: number): GapPanel {
  const pick = (series: Float64Array): Float64Array => Float64Array.from(periods, (t) => series[t] ?? Number.NaN);
  return { treated: pick(panel.treated), controls: panel.controls.map(pick), pre };
}
