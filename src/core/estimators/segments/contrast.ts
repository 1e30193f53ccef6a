/** Difference of treated and weighted control residuals of some units, with its error by side. */
export interface Contrast {
  readonly estimate: number;
  readonly treatedVariance: number;
  readonly controlVariance: number;
  readonly treatedUnits: number;
  readonly controlUnits: number;
  /** Degrees of freedom of the controls' variance: their number - 1 when all weigh alike. */
  readonly controlDof: number;
}

export interface Residuals {
  /** Change less what was expected without the treatment. */
  readonly values: Float64Array;
  readonly treated: Uint8Array;
  /** Odds of the treatment: weight of a control. */
  readonly odds: Float64Array;
}

/**
 * Average effect on the treated among some units, doubly robust.
 *
 * Formula: mean of r over the treated - sum w r/sum w over the controls, r = change - m0(x), w = e(x)/(1 - e(x)); variance
 * s1^2/n1 + sum p^2 (r - rbar)^2/(1 - 2 p + sum p^2), p = w/sum w: a heavy control pulls the mean to itself, and its residual
 * is as much smaller. Its degrees of freedom are (sum p^2)^2/sum p^4 - 1, at least 1. With equal weights both are Welch's.
 * Assumes: m0 was learned without these units, or e is right; NaN with fewer than two units on a side.
 * Source: Sant'Anna and Zhao 2020, Journal of Econometrics 219; Bell and McCaffrey 2002 for the variance.
 */
export function contrast({ values, treated, odds }: Residuals, units: Int32Array): Contrast {
  const exposed = units.filter((u) => treated[u] === 1);
  const others = units.filter((u) => treated[u] === 0);
  const [n1, n0] = [exposed.length, others.length];
  const treatedMean = exposed.reduce((sum, u) => sum + (values[u] ?? 0), 0) / n1;
  const weight = others.reduce((sum, u) => sum + (odds[u] ?? 0), 0);
  const controlMean = others.reduce((sum, u) => sum + (odds[u] ?? 0) * (values[u] ?? 0), 0) / weight;
  const squares = exposed.reduce((sum, u) => sum + ((values[u] ?? 0) - treatedMean) ** 2, 0);
  const shares = Float64Array.from(others, (u) => (odds[u] ?? 0) / weight);
  const second = shares.reduce((sum, p) => sum + p ** 2, 0);
  const fourth = shares.reduce((sum, p) => sum + p ** 4, 0);
  let controlVariance = 0;
  others.forEach((u, i) => {
    const share = shares[i] ?? 0;
    controlVariance += (share * ((values[u] ?? 0) - controlMean)) ** 2 / (1 - 2 * share + second);
  });
  return {
    estimate: treatedMean - controlMean,
    treatedVariance: squares / (n1 - 1) / n1,
    // a single control leaves no variance
    controlVariance: n0 > 1 ? controlVariance : Number.NaN,
    treatedUnits: n1,
    controlUnits: n0,
    controlDof: Math.max(1, second ** 2 / fourth - 1),
  };
}

export interface ContrastError {
  readonly stdError: number;
  readonly dof: number;
}

/** Error of a contrast, or of the difference of two of different units, with Welch-Satterthwaite degrees of freedom. */
export function contrastError(parts: readonly Contrast[]): ContrastError {
  let variance = 0;
  let spread = 0;
  for (const { treatedVariance, controlVariance, treatedUnits, controlDof } of parts) {
    variance += treatedVariance + controlVariance;
    spread += treatedVariance ** 2 / (treatedUnits - 1) + controlVariance ** 2 / controlDof;
  }
  return { stdError: Math.sqrt(variance), dof: variance ** 2 / spread };
}
