import { answer, type Outcome } from "../outcome.ts";
import { leverages } from "../regression/hat.ts";
import type { LinearFit } from "../regression/ols.ts";
import { crossProduct, sameDof, sandwich, scoreColumns } from "./scores.ts";
import type { Variance } from "./variance.ts";

/** Sandwich of independent scores; t with n - K degrees of freedom, K counts all fixed effects. */
export function independentSandwich(fit: LinearFit, factor: number, scale?: Float64Array): Variance {
  const meat = crossProduct(scoreColumns(fit, scale));
  return { matrix: sandwich(fit, meat, factor), dof: sameDof(fit, fit.n - fit.parameters), clusters: null };
}

/** The same with residuals divided by (1 - h)^power(h); residuals with h = 1 are zero and stay out. */
export function leverageSandwich(fit: LinearFit, power: (leverage: number) => number): Outcome<Variance> {
  const hats = leverages(fit);
  if (!hats.ok) return hats;
  const scale = hats.value.map((h) => (1 - h > 1e-12 ? (1 - h) ** -power(h) : 0));
  return answer(independentSandwich(fit, 1, scale));
}
