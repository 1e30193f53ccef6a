import type { Comparison } from "./fit.ts";

/** Doubt of an effect in units of the table's series squared. */
export interface DonorDoubt {
  readonly variance: number;
  readonly dof: number;
  /** Mean square of the placebos' standardised effects, divided by q = placebos - 1. */
  readonly phi: number;
  readonly q: number;
}

/** A placebo's effect in units of the error that its own held-out past predicts; null without such an error. */
export function standardised(one: Comparison): number | null {
  return one.time === null ? null : one.effect / Math.sqrt(one.time.variance);
}

/**
 * The two doubts of a synthetic comparison put together.
 *
 * Formula: v_time from the autoregression of the held-out gap; phi = sum_j z_j^2 / q over the placebos (each donor as if
 * treated, compared with the other donors, weights fitted again), z_j its effect over its own sqrt(v_time), q their number
 * less one. phi > 1: v_time phi on q degrees of freedom, else v_time on dof_time + q.
 * Assumes: the donors' mixtures miss by as many of their own errors as the treated units' mixture does of its own.
 * Units: squares of the table's series. Source: docs/designs/synthetic.md; Abadie, Diamond and Hainmueller
 * 2010 (placebos in space), Arkhangelsky et al. 2021, algorithm 4 (placebo variance), both unscaled there.
 */
export function donorDoubt(
  time: { readonly variance: number; readonly dof: number },
  placebos: readonly number[],
): DonorDoubt {
  const q = placebos.length - 1;
  const phi = placebos.reduce((sum, z) => sum + z * z, 0) / q;
  return phi > 1
    ? { variance: time.variance * phi, dof: q, phi, q }
    : { variance: time.variance, dof: time.dof + q, phi, q };
}
