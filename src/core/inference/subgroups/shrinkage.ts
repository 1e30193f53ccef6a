import { typicalVariance } from "./between.ts";
import { type MarginalFit, marginalFit, type SubgroupErrors } from "./one-factor.ts";

/** What is known about one subgroup after looking at all of them. */
export interface ShrunkEffect {
  readonly mean: number;
  readonly variance: number;
  /** Share of the way from the subgroup's own estimate to the mean of all, averaged over tau: 0 nothing, 1 all of it. */
  readonly shrinkage: number;
}

export interface Shrinkage {
  readonly effects: readonly ShrunkEffect[];
  /** Mean of the subgroups' true effects and its posterior standard deviation. */
  readonly mean: number;
  readonly meanStdError: number;
}

/** Points of the integral over tau; the integrand is smooth, so that twice as many change nothing. */
const POINTS = 512;

/**
 * Normal-normal shrinkage of subgroup effects with the doubt about the spread between them in the intervals.
 *
 * Formula: theta_i ~ N(mean, tau^2), d | theta ~ N(theta, S). Given tau: E = mean + tau^2 V^-1 (d - mean), variance
 * tau^2 - tau^4 (V^-1)_ii + (1 - tau^2 (V^-1 1)_i)^2 var(mean); both are averaged over the restricted likelihood of tau
 * (flat prior on tau^2, and on the mean), the spread of E between values of tau added to the variance.
 * Assumes: subgroups are exchangeable before looking; normal effects; at least four subgroups (else not proper).
 * Units: those of the estimates. Time grows with 512 times the number of subgroups.
 * Source: Morris 1983, JASA 78; Tang and Morris 2011, Statistical Science 26 (the flat prior keeps frequentist coverage).
 */
export function shrink(errors: SubgroupErrors): Shrinkage {
  const fits = tauGrid(errors);
  const k = errors.estimates.length;
  const mean = expected(fits, ({ fit }) => fit.mean);
  const meanSquare = expected(fits, ({ fit }) => fit.meanVariance + (fit.mean - mean) ** 2);
  const effects = Array.from({ length: k }, (_, i): ShrunkEffect => {
    const centre = expected(fits, (point) => conditionalMean(point, i));
    return {
      mean: centre,
      variance: expected(fits, (point) => conditionalVariance(point, i) + (conditionalMean(point, i) - centre) ** 2),
      shrinkage: expected(fits, ({ fit }) => fit.openShares[i] ?? 0),
    };
  });
  return { effects, mean, meanStdError: Math.sqrt(meanSquare) };
}

interface TauPoint {
  readonly tauSquared: number;
  readonly weight: number;
  readonly fit: MarginalFit;
}

/** tau = scale share/(1 - share) with share in steps on (0, 1): dense around the scale, reaching to both ends. */
function tauGrid(errors: SubgroupErrors): TauPoint[] {
  const scale = Math.sqrt(typicalVariance(errors) + spreadOf(errors));
  const points = Array.from({ length: POINTS }, (_, i) => {
    const share = (i + 0.5) / POINTS;
    const tau = (scale * share) / (1 - share);
    const fit = marginalFit(errors, tau ** 2);
    // d tau / d share, times tau for a flat prior on tau^2
    return { tauSquared: tau ** 2, fit, logWeight: fit.logRestricted + Math.log(tau) - 2 * Math.log(1 - share) };
  });
  const top = Math.max(...points.map(({ logWeight }) => logWeight));
  const total = points.reduce((sum, { logWeight }) => sum + Math.exp(logWeight - top), 0);
  return points
    .map(({ logWeight, ...point }) => ({ ...point, weight: Math.exp(logWeight - top) / total }))
    .filter(({ weight }) => weight > 1e-14);
}

function spreadOf({ estimates }: SubgroupErrors): number {
  const mean = estimates.reduce((sum, value) => sum + value, 0) / estimates.length;
  return estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / estimates.length;
}

function expected(points: readonly TauPoint[], of: (point: TauPoint) => number): number {
  return points.reduce((sum, point) => sum + point.weight * of(point), 0);
}

function conditionalMean({ tauSquared, fit }: TauPoint, i: number): number {
  return fit.mean + tauSquared * (fit.scaledResiduals[i] ?? 0);
}

function conditionalVariance({ tauSquared, fit }: TauPoint, i: number): number {
  return tauSquared * (fit.openShares[i] ?? 0) + (fit.meanShares[i] ?? 0) ** 2 * fit.meanVariance;
}
