import { dot } from "../../linalg/kernels.ts";
import { answer, type Outcome } from "../../outcome.ts";
import type { BandwidthOptions } from "./bandwidth.ts";
import { adjustedOutcome, covariateSlopes, type FittedSide } from "./covariates.ts";
import { biasConstant, type LocalFit, loadings, localFit, type Side } from "./local-fit.ts";
import { clusterSums, combinationVariance, residualsOf } from "./residuals.ts";

export interface EffectOptions extends BandwidthOptions {
  readonly h: number;
  readonly b: number;
  /** Clusters with rows on both sides: `joint` counts them once, `separate` as two (rdrobust). */
  readonly clusters: "joint" | "separate";
}

export interface DiscontinuityEffect {
  /** Above less below. */
  readonly conventional: number;
  readonly conventionalError: number;
  readonly corrected: number;
  readonly robustError: number;
  /** Rows with a weight in the window of the effect. */
  readonly rows: readonly [number, number];
  readonly slopes: readonly number[];
}

/** A side's part of the effect: what every row counts, and what is left of it. */
interface SidePart {
  readonly conventional: Float64Array;
  readonly corrected: Float64Array;
  readonly y: Float64Array;
  readonly residuals: Float64Array;
  readonly biasResiduals: Float64Array;
  readonly cluster: Int32Array | null;
}

/**
 * Jump of a local linear fit at the cut-off, its bias taken out, and the error that counts this step.
 *
 * Formula: tau = sum of a_i y_i, above less below. Bias: the local quadratic's second derivative at window b times the linear
 * fit's constant; tau_bc = sum of (a_i - c_i) y_i. Errors: sums of squared loading times residual, those of tau_bc with the
 * quadratic's residuals.
 * Source: Calonico, Cattaneo and Titiunik 2014, Econometrica 82.
 */
export function discontinuityEffect(below: Side, above: Side, options: EffectOptions): Outcome<DiscontinuityEffect> {
  const fits: FittedSide[] = [];
  for (const side of [below, above]) {
    const fit = localFit(side, options.h, 1, options.kernel);
    if (!fit.ok) return fit;
    fits.push({ side, fit: fit.value });
  }
  const slopes = covariateSlopes(fits, options.covariateNames);
  if (!slopes.ok) return slopes;
  const parts: SidePart[] = [];
  for (const { side, fit } of fits) {
    const part = sidePart(side, fit, slopes.value, options);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  const [low, high] = parts as [SidePart, SidePart];
  const jump = (key: "conventional" | "corrected"): number => dot(high[key], high.y) - dot(low[key], low.y);
  const error = (loading: "conventional" | "corrected", residual: "residuals" | "biasResiduals", k: number): number =>
    Math.sqrt(
      options.clusters === "joint" && low.cluster !== null
        ? jointVariance(low, high, loading, residual, k)
        : [low, high].reduce((total, part) => total + sideVariance(part, loading, residual, k), 0),
    );
  return answer({
    conventional: jump("conventional"),
    conventionalError: error("conventional", "residuals", 2),
    corrected: jump("corrected"),
    robustError: error("corrected", "biasResiduals", 3),
    rows: [fits[0]?.fit.weights.length ?? 0, fits[1]?.fit.weights.length ?? 0],
    slopes: slopes.value,
  });
}

function sidePart(
  side: Side,
  fit: LocalFit,
  slopes: readonly number[],
  { b, kernel, vcov, neighbours }: EffectOptions,
): Outcome<SidePart> {
  const found = localFit(side, b, 2, kernel);
  if (!found.ok) return found;
  const wide = found.value;
  const from = Math.min(fit.from, wide.from);
  const to = Math.max(fit.to, wide.to);
  const conventional = embedded(loadings(side, fit, 0), fit.from - from, to - from);
  const curvature = embedded(loadings(side, wide, 2), wide.from - from, to - from);
  const factor = biasConstant(side, fit, 0) * (fit.h / b) ** 2;
  const y = adjustedOutcome(side, slopes);
  return answer({
    conventional,
    corrected: conventional.map((value, i) => value - factor * (curvature[i] ?? 0)),
    y: y.subarray(from, to),
    residuals: residualsOf(side, y, fit, { vcov, neighbours, from, to }),
    biasResiduals: residualsOf(side, y, wide, { vcov, neighbours, from, to }),
    cluster: side.cluster === null ? null : side.cluster.subarray(from, to),
  });
}

function embedded(values: Float64Array, offset: number, length: number): Float64Array {
  const result = new Float64Array(length);
  result.set(values, offset);
  return result;
}

type LoadingKey = "conventional" | "corrected";
type ResidualKey = "residuals" | "biasResiduals";

function sideVariance(part: SidePart, loading: LoadingKey, residual: ResidualKey, parameters: number): number {
  const clustered = part.cluster === null ? null : { cluster: part.cluster, parameters };
  return combinationVariance(part[loading], part[residual], clustered);
}

/** Clusters add up over both sides, those below with a minus; n and k count both sides. */
function jointVariance(low: SidePart, high: SidePart, loading: LoadingKey, residual: ResidualKey, k: number): number {
  const sumsOf = (part: SidePart): Map<number, number> =>
    clusterSums(part[loading], part[residual], part.cluster ?? new Int32Array(0));
  const totals = sumsOf(high);
  for (const [cluster, value] of sumsOf(low)) totals.set(cluster, (totals.get(cluster) ?? 0) - value);
  let squares = 0;
  for (const value of totals.values()) squares += value * value;
  const n = low.y.length + high.y.length;
  return (squares * (totals.size / (totals.size - 1)) * (n - 1)) / (n - 2 * k);
}
