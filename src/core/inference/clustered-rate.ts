import { clopperPearson } from "../probability/binomial.ts";
import { studentTQuantile } from "../probability/student-t.ts";

/** One trial that either hit or not; trials of one cluster (overlapping windows, one window seen often) go together. */
export interface ClusteredTrial {
  readonly cluster: number;
  readonly hit: boolean;
}

export interface ClusteredRate {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  /** Independent trials that say as much as these do. */
  readonly effective: number;
  readonly confLow: number;
  readonly confHigh: number;
}

/**
 * Rate of hits with an exact interval that counts what is independent. Null without a trial.
 *
 * Formula: Clopper and Pearson at n* trials and n* p hits. n* = p (1 - p) / V with V the variance of p between clusters,
 * times (t_{n-1} / t_{B-1})^2 for B clusters being few; never below B, and not above `most` (default: all trials). With
 * one trial per cluster n* is the number of trials and the interval the usual exact one; with no hit, or hits only, B.
 * Assumes: clusters are independent. Source: Korn and Graubard 1998, Survey Methodology 24.
 */
export function clusteredRate(
  trials: readonly ClusteredTrial[],
  alpha: number,
  most = Number.POSITIVE_INFINITY,
): ClusteredRate | null {
  const of = trials.length;
  if (of === 0) return null;
  const count = trials.filter(({ hit }) => hit).length;
  const effective = Math.min(effectiveTrials(trials, count / of, alpha), Math.max(1, most));
  const rate = count / of;
  // Exactly none and exactly all stay so whatever the number of trials.
  const hits = count === of ? effective : effective * rate;
  const { low, high } = clopperPearson(hits, effective, alpha);
  return { count, of, rate, effective, confLow: low, confHigh: high };
}

function effectiveTrials(trials: readonly ClusteredTrial[], rate: number, alpha: number): number {
  const n = trials.length;
  const residuals = new Map<number, number>();
  for (const { cluster, hit } of trials) residuals.set(cluster, (residuals.get(cluster) ?? 0) + (hit ? 1 : 0) - rate);
  const clusters = residuals.size;
  if (clusters === n || clusters < 2 || rate === 0 || rate === 1) return clusters;
  let squares = 0;
  for (const residual of residuals.values()) squares += residual ** 2;
  const variance = ((clusters / (clusters - 1)) * squares) / n ** 2;
  if (!(variance > 0)) return n;
  const few = (studentTQuantile(1 - alpha / 2, n - 1) / studentTQuantile(1 - alpha / 2, clusters - 1)) ** 2;
  return Math.min(Math.max(((rate * (1 - rate)) / variance) * few, clusters), n);
}
