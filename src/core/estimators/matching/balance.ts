import type { NamedColumn } from "../../regression/sample.ts";

/** One covariate, treated against controls, before and after matching. */
export interface BalanceRow {
  readonly covariate: string;
  readonly treatedBefore: number;
  readonly controlBefore: number;
  readonly treatedAfter: number;
  readonly controlAfter: number;
  /** Difference of means in standard deviations of the treated before matching. */
  readonly differenceBefore: number | null;
  readonly differenceAfter: number | null;
  /** Treated over control. */
  readonly varianceRatioBefore: number | null;
  readonly varianceRatioAfter: number | null;
}

/**
 * Balance of every covariate.
 *
 * Formula: standardised difference (m_1 - m_0) / s_1, s_1 of all treated units; weighted variance
 * sum w (x - m)^2 / (W - sum w^2 / W), W the sum of weights.
 * Assumes: weights are those of the matching, zero for units that were not used.
 * Source: Stuart 2010, Statistical Science 25.
 */
export function balanceTable(
  columns: readonly NamedColumn[],
  treated: Float64Array,
  weights: Float64Array,
): readonly BalanceRow[] {
  const plain = treated.map(() => 1);
  return columns.map(({ name, values }) => {
    const at = (group: 0 | 1, w: Float64Array) => moments(values, treated, group, w);
    const before = { treated: at(1, plain), control: at(0, plain) };
    const after = { treated: at(1, weights), control: at(0, weights) };
    const sd = Math.sqrt(before.treated.variance);
    const difference = (pair: typeof before): number | null => known((pair.treated.mean - pair.control.mean) / sd);
    const ratio = (pair: typeof before): number | null => known(pair.treated.variance / pair.control.variance);
    return {
      covariate: name,
      treatedBefore: before.treated.mean,
      controlBefore: before.control.mean,
      treatedAfter: after.treated.mean,
      controlAfter: after.control.mean,
      differenceBefore: difference(before),
      differenceAfter: difference(after),
      varianceRatioBefore: ratio(before),
      varianceRatioAfter: ratio(after),
    };
  });
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function moments(
  values: Float64Array,
  treated: Float64Array,
  group: 0 | 1,
  weights: Float64Array,
): { readonly mean: number; readonly variance: number } {
  let [total, sum, squares] = [0, 0, 0];
  values.forEach((value, i) => {
    if (treated[i] !== group) return;
    const w = weights[i] ?? 0;
    total += w;
    sum += w * value;
    squares += w * w;
  });
  const mean = sum / total;
  let spread = 0;
  values.forEach((value, i) => {
    if (treated[i] === group) spread += (weights[i] ?? 0) * (value - mean) ** 2;
  });
  return { mean, variance: spread / (total - squares / total) };
}
