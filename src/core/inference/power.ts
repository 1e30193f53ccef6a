import { noncentralTCdf, noncentralTSf } from "../probability/noncentral-t.ts";
import { normalQuantile } from "../probability/normal.ts";
import { findRoot } from "../probability/root.ts";
import { studentTQuantile } from "../probability/student-t.ts";

/** Design of a difference-in-differences with serially correlated errors. */
export interface PanelDesign {
  readonly units: number;
  /** Share of units that are treated. */
  readonly treatedShare: number;
  readonly preSteps: number;
  readonly postSteps: number;
  /** Error variance of one cell. */
  readonly variance: number;
  /** Mean covariance of two different steps of a unit: both before, both after, one on each side. */
  readonly preCovariance: number;
  readonly postCovariance: number;
  readonly crossCovariance: number;
}

/**
 * Variance of the difference-in-differences estimate.
 *
 * Formula: 1 / (P (1 - P) J) ((m + r) / (m r) s2 + (m - 1) / m psi_pre + (r - 1) / r psi_post - 2 psi_cross).
 * Source: Burlig, Preonas and Woerman 2020, Journal of Development Economics 144, equation 4.
 */
export function serialCorrelationRobustVariance(design: PanelDesign): number {
  const { units, treatedShare, preSteps: m, postSteps: r } = design;
  const perUnit =
    ((m + r) / (m * r)) * design.variance +
    ((m - 1) / m) * design.preCovariance +
    ((r - 1) / r) * design.postCovariance -
    2 * design.crossCovariance;
  return perUnit / (treatedShare * (1 - treatedShare) * units);
}

/** Mean off-diagonal covariances of an AR(1) error with variance 1: pre, post, across adjacent windows. */
export function autoregressiveCovariances(
  preSteps: number,
  postSteps: number,
  rho: number,
): { readonly pre: number; readonly post: number; readonly cross: number } {
  const within = (steps: number): number => {
    let total = 0;
    for (let lag = 1; lag < steps; lag++) total += 2 * (steps - lag) * rho ** lag;
    return steps > 1 ? total / (steps * (steps - 1)) : 0;
  };
  let cross = 0;
  for (let i = 0; i < preSteps; i++) {
    for (let j = 0; j < postSteps; j++) cross += rho ** (preSteps + j - i);
  }
  return { pre: within(preSteps), post: within(postSteps), cross: cross / (preSteps * postSteps) };
}

export interface PowerTarget {
  readonly alpha: number;
  readonly power: number;
  /** Degrees of freedom of the test; Infinity for a normal test. */
  readonly dof: number;
}

/** (t_(1 - alpha/2) + t_power) stdError. Source: Bloom 1995, Evaluation Review 19. */
export function minimumDetectableEffect(stdError: number, target: PowerTarget): number {
  return (-studentTQuantile(target.alpha / 2, target.dof) + studentTQuantile(target.power, target.dof)) * stdError;
}

/** Power of the two-sided t test when the true effect is `effect`. */
export function twoSidedPower(effect: number, stdError: number, alpha: number, dof: number): number {
  const critical = -studentTQuantile(alpha / 2, dof);
  const ncp = effect / stdError;
  return noncentralTSf(critical, dof, ncp) + noncentralTCdf(-critical, dof, ncp);
}

/** The effect at which the two-sided t test has exactly the power asked for, by the noncentral t distribution. */
export function exactMinimumDetectableEffect(stdError: number, target: PowerTarget): number {
  const start = minimumDetectableEffect(stdError, target);
  const missing = (effect: number): number => twoSidedPower(effect, stdError, target.alpha, target.dof) - target.power;
  return findRoot(missing, 0, 4 * start);
}

/**
 * Power of the one-sided non-inferiority test at `alpha` when the margin is `margin` and the true effect `effect`
 * (positive is worse).
 *
 * Formula: P(T > t_(1 - alpha)) for noncentral t with ncp (margin - effect) / stdError.
 */
export function nonInferiorityPower(
  margin: number,
  effect: number,
  stdError: number,
  options: { readonly alpha: number; readonly dof: number },
): number {
  const critical = -studentTQuantile(options.alpha, options.dof);
  return noncentralTSf(critical, options.dof, (margin - effect) / stdError);
}

/** Standard error and degrees of freedom of Welch's comparison from group sizes and standard deviations. */
export function welchDesign(
  treated: { readonly count: number; readonly sd: number },
  control: { readonly count: number; readonly sd: number },
): { readonly stdError: number; readonly dof: number } {
  const a = treated.sd ** 2 / treated.count;
  const b = control.sd ** 2 / control.count;
  return {
    stdError: Math.sqrt(a + b),
    dof: (a + b) ** 2 / (a ** 2 / (treated.count - 1) + b ** 2 / (control.count - 1)),
  };
}

/**
 * Error of one treated unit against n control units with the controls' standard deviation, n - 1 degrees of freedom.
 *
 * Formula: sd sqrt(1 + 1 / n), a prediction error.
 */
export function singleTreatedDesign(controls: number, sd: number): { readonly stdError: number; readonly dof: number } {
  return { stdError: sd * Math.sqrt(1 + 1 / controls), dof: controls - 1 };
}

/** Two-sided normal minimum detectable effect, for large designs. */
export function normalMinimumDetectableEffect(stdError: number, alpha: number, power: number): number {
  return (-normalQuantile(alpha / 2) + normalQuantile(power)) * stdError;
}
