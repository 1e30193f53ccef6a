export interface MixtureOptions {
  /** Variance of one observation, known. */
  readonly variance: number;
  /** Variance of the normal mixture over effects: the square of the effect one expects. */
  readonly mixture: number;
  /** Mean under the null hypothesis. */
  readonly nullMean: number;
}

export interface MixturePoint {
  readonly n: number;
  readonly mean: number;
  readonly likelihoodRatio: number;
  /** min(1, 1/likelihood ratio), the smallest so far: valid at every stopping time. */
  readonly pValue: number;
}

/**
 * Mixture sequential probability ratio test of a stream's mean, after every observation.
 *
 * Formula: L_n = sqrt(s2 / (s2 + n tau2)) exp(n^2 tau2 (mean - null)^2 / (2 s2 (s2 + n tau2))). Two streams in pairs: their
 * differences with the sum of the variances.
 * Assumes: independent normal observations (or large n) with known variance. Complexity: one pass.
 * Source: Robbins 1970, Annals of Mathematical Statistics 41; Johari, Koomen, Pekelis and Walsh 2022, Operations Research 70.
 */
export function mixtureTest(stream: Float64Array, options: MixtureOptions): MixturePoint[] {
  const { variance, mixture, nullMean } = options;
  let total = 0;
  let pValue = 1;
  return Array.from(stream, (value, i) => {
    const n = i + 1;
    total += value;
    const mean = total / n;
    const spread = variance + n * mixture;
    const exponent = ((n * (mean - nullMean)) ** 2 * mixture) / (2 * variance * spread);
    const likelihoodRatio = Math.sqrt(variance / spread) * Math.exp(exponent);
    pValue = Math.min(pValue, 1 / likelihoodRatio);
    return { n, mean, likelihoodRatio, pValue };
  });
}

/** Half-width after n observations of the confidence sequence that inverts the test. */
export function mixtureHalfWidth(n: number, { variance, mixture }: MixtureOptions, alpha: number): number {
  const spread = variance + n * mixture;
  return Math.sqrt(((2 * variance * spread) / (n * n * mixture)) * Math.log(Math.sqrt(spread / variance) / alpha));
}
