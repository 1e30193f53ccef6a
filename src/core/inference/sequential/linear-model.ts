import { findRoot } from "../../probability/root.ts";

/** A test of some coefficients of a linear model after n observations. */
export interface ModelTest {
  readonly n: number;
  /** Residual degrees of freedom. */
  readonly dof: number;
  /** Number of tested coefficients. */
  readonly tested: number;
  /** F of the test; the square of t for one coefficient. */
  readonly fStatistic: number;
  /** Scale of the mixture: at about n = phi the test is sharpest for small effects. */
  readonly phi: number;
}

/**
 * log e-value of a linear model's F (or t) test, valid at every sample size.
 *
 * Formula: d/2 log g + (nu + d)/2 (log(1 + d F/nu) - log(1 + g d F/nu)), g = phi / (phi + n).
 * Assumes: independent normal errors with one variance (with robust errors: large n).
 * Source: Lindon, Ham, Tingley and Bojinov 2022, Anytime-valid linear models and regression adjusted causal inference.
 */
export function modelLogE({ n, dof, tested: d, fStatistic, phi }: ModelTest): number {
  const g = phi / (phi + n);
  const ratio = (d * fStatistic) / dof;
  return (d / 2) * Math.log(g) + ((dof + d) / 2) * (Math.log1p(ratio) - Math.log1p(g * ratio));
}

/** min(1, 1/e); the smallest over sample sizes is valid too. */
export function sequentialP(logE: number): number {
  return Math.min(1, Math.exp(-logE));
}

/**
 * Half-width of the confidence sequence of one coefficient, in standard errors; infinite while n is too small.
 *
 * Formula: sqrt(nu (1 - b) / (b - g)), b = (alpha^2 g)^(1/(nu + 1)).
 */
export function coefficientRadius({ n, dof, phi }: Pick<ModelTest, "n" | "dof" | "phi">, alpha: number): number {
  const g = phi / (phi + n);
  const b = (alpha * alpha * g) ** (1 / (dof + 1));
  return b > g ? Math.sqrt((dof * (1 - b)) / (b - g)) : Number.POSITIVE_INFINITY;
}

/**
 * The phi whose radius at n observations is smallest.
 *
 * Formula: root in log g of the derivative of log((1 - b) / (b - g)): -b'/(1 - b) - (b' - g)/(b - g) with b' = b/(nu + 1).
 */
export function tightestPhi(n: number, dof: number, alpha: number): number {
  const slope = (logG: number): number => {
    const g = Math.exp(logG);
    const b = (alpha * alpha * g) ** (1 / (dof + 1));
    const change = b / (dof + 1);
    return -change * (b - g) - (change - g) * (1 - b);
  };
  const g = Math.exp(findRoot(slope, Math.log(1e-12), Math.log(largestShare(dof, alpha)), 0));
  return (n * g) / (1 - g);
}

/** The g at which b = g, beyond which there is no finite radius. */
function largestShare(dof: number, alpha: number): number {
  return alpha ** (2 / dof);
}
