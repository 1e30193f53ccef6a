/** What the changes of earlier days say about a change on the day of the deploy. */
export interface AgainstEarlier {
  readonly att: number;
  /** Mean change of the earlier days. */
  readonly usual: number;
  /** Variance between the changes of the earlier days. */
  readonly spread: number;
  /** Variance of att. */
  readonly variance: number;
  /** Days - 1. */
  readonly dof: number;
  /** Share of days, the day of the deploy included, that changed at least as far from the mean of the others. */
  readonly rankP: number;
}

/**
 * A change compared with the same change on K earlier days.
 *
 * Formula: att = d_0 - mean d_k; variance = s^2 (1 + 1/K), s^2 = sum (d_k - mean d)^2 / (K - 1); t with K - 1 degrees
 * of freedom. Rank: (number of days, day 0 among them, whose change is at least as far from the mean of the others) / (K + 1).
 * Assumes: without the deploy the day's change would have been one more draw from the law of the earlier days' changes
 * (exchangeable days for the rank; normal for t). Units: those of the changes; K >= 2.
 * Source: Student 1908 (prediction of one more draw); Fisher 1935 for the rank.
 */
export function againstEarlier(today: number, earlier: readonly number[]): AgainstEarlier {
  const k = earlier.length;
  const usual = earlier.reduce((sum, d) => sum + d, 0) / k;
  const spread = earlier.reduce((sum, d) => sum + (d - usual) ** 2, 0) / (k - 1);
  const all = [today, ...earlier];
  const total = all.reduce((sum, d) => sum + d, 0);
  const distance = (d: number): number => Math.abs(d - (total - d) / k);
  const mine = distance(today) * (1 - 1e-12);
  const asFar = all.filter((d) => distance(d) >= mine).length;
  return { att: today - usual, usual, spread, variance: spread * (1 + 1 / k), dof: k - 1, rankP: asFar / (k + 1) };
}
