/** Effect of one subgroup by itself. */
export interface SubgroupEffect {
  readonly name: string;
  readonly estimate: number;
  readonly stdError: number;
  /** Infinity: the error is known. */
  readonly dof: number;
}

/**
 * Effects of subgroups with their errors. Two subgroups seen in the same units share what happened to those units;
 * `correlation` is the mean correlation of their errors, 0 when the subgroups have no unit in common.
 */
export interface SubgroupErrors {
  readonly estimates: Float64Array;
  /** Variances of the errors. */
  readonly variances: Float64Array;
  /** 0 <= correlation < 1. */
  readonly correlation: number;
}

/** What the marginal distribution of the effects says at one variance between subgroups. */
export interface MarginalFit {
  /** Generalised least squares mean of the subgroups, and its variance. */
  readonly mean: number;
  readonly meanVariance: number;
  /** (d - mean)' V^-1 (d - mean). */
  readonly q: number;
  /** log restricted likelihood up to a constant. */
  readonly logRestricted: number;
  /** V^-1 (d - mean). */
  readonly scaledResiduals: Float64Array;
  /** 1 - tau^2 V^-1 1: weight of the common mean in each subgroup's conditional mean. */
  readonly meanShares: Float64Array;
  /** 1 - tau^2 (V^-1)_ii: share of tau^2 that the estimates leave open. */
  readonly openShares: Float64Array;
}

/**
 * The marginal model of subgroup effects with variance tau^2 between subgroups.
 *
 * Formula: d ~ N(mean 1, V), V = diag(v_i (1 - r) + tau^2) + r s s', s_i = sqrt(v_i): one factor, so that V^-1 needs one
 * pass (Sherman and Morrison). Time and memory grow with the number of subgroups.
 * Assumes: one correlation r for all pairs; normal effects and errors.
 * Units: those of the estimates. Source: Higgins, Thompson and Spiegelhalter 2009 (r = 0); Sherman and Morrison 1950.
 */
export function marginalFit({ estimates, variances, correlation }: SubgroupErrors, tauSquared: number): MarginalFit {
  const errors = variances.map((v) => v * (1 - correlation));
  const own = errors.map((error) => error + tauSquared);
  const loading = variances.map((v) => Math.sqrt(correlation * v));
  let factor = 1;
  let logDeterminant = 0;
  for (let i = 0; i < own.length; i++) {
    factor += (loading[i] ?? 0) ** 2 / (own[i] ?? 1);
    logDeterminant += Math.log(own[i] ?? 1);
  }
  const solve = (x: Float64Array): Float64Array => {
    let shared = 0;
    for (let i = 0; i < x.length; i++) shared += ((loading[i] ?? 0) * (x[i] ?? 0)) / (own[i] ?? 1);
    return x.map((value, i) => (value - ((loading[i] ?? 0) * shared) / factor) / (own[i] ?? 1));
  };
  const rowSums = solve(new Float64Array(estimates.length).fill(1));
  const total = rowSums.reduce((sum, value) => sum + value, 0);
  const mean = rowSums.reduce((sum, value, i) => sum + value * (estimates[i] ?? 0), 0) / total;
  const residuals = estimates.map((value) => value - mean);
  const scaledResiduals = solve(residuals);
  const q = Math.max(
    0,
    scaledResiduals.reduce((sum, value, i) => sum + value * (residuals[i] ?? 0), 0),
  );
  // written without the difference of two numbers near 1, which a large tau^2 would magnify
  const openShares = own.map((a, i) => ((errors[i] ?? 0) + (tauSquared * (loading[i] ?? 0) ** 2) / a / factor) / a);
  const shared = own.reduce((sum, a, i) => sum + (loading[i] ?? 0) / a, 0) / factor;
  const meanShares = own.map((a, i) => ((errors[i] ?? 0) + tauSquared * (loading[i] ?? 0) * shared) / a);
  return {
    mean,
    meanVariance: 1 / total,
    q,
    logRestricted: -0.5 * (logDeterminant + Math.log(factor) + Math.log(total) + q),
    scaledResiduals,
    meanShares,
    openShares,
  };
}
