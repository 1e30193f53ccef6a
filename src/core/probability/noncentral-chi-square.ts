import { chiSquareSf } from "./chi-square.ts";
import { logGamma } from "./gamma.ts";

const NEGLIGIBLE = 1e-18;
const MAX_TERMS = 100_000;

/**
 * P(X > x) for noncentral chi-square with k > 0 degrees of freedom and noncentrality lambda >= 0.
 *
 * Formula: sum over j of Poisson(j; lambda/2) P(chi-square with k + 2j degrees of freedom > x), outwards from the Poisson
 * mode until the terms vanish.
 * Source: Johnson, Kotz and Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 29.
 */
export function noncentralChiSquareSf(x: number, k: number, lambda: number): number {
  if (!(lambda > 0)) return chiSquareSf(x, k);
  const half = lambda / 2;
  const term = (j: number): number => Math.exp(j * Math.log(half) - half - logGamma(j + 1)) * chiSquareSf(x, k + 2 * j);
  const mode = Math.floor(half);
  let total = 0;
  for (let j = mode; j < mode + MAX_TERMS; j++) {
    const part = term(j);
    total += part;
    if (part <= NEGLIGIBLE * total && j > mode + 10) break;
  }
  for (let j = mode - 1; j >= 0; j--) {
    const part = term(j);
    total += part;
    if (part <= NEGLIGIBLE * total) break;
  }
  return Math.min(1, total);
}
