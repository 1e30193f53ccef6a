import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { BalancedPanel } from "./balanced.ts";

export const COMPARISONS = [
  "Treated vs Untreated",
  "Earlier vs Later Treated",
  "Later vs Earlier Treated",
  "Later vs Always Treated",
] as const;
export type ComparisonType = (typeof COMPARISONS)[number];

/** One two-group comparison inside the two-way fixed effects estimate. */
export interface BaconComponent {
  /** First treated period of the group that changes its treatment. */
  readonly treated: number;
  /** First treated period of the group it is compared with; Infinity: never. */
  readonly untreated: number;
  readonly type: ComparisonType;
  readonly estimate: number;
  readonly weight: number;
}

/** Units with the same first treated period, as running sums of their mean outcome. */
interface Cohort {
  readonly first: number;
  /** Share of all units. */
  readonly share: number;
  /** Periods before the treatment. */
  readonly start: number;
  /** running[k] = sum of the mean outcome over the first k periods. */
  readonly running: Float64Array;
}

/**
 * Two-way fixed effects as a weighted average of all two-group comparisons.
 *
 * Formula, n share of units, D share of treated periods: groups k and never: weight n_k n_u D_k (1 - D_k); k before l:
 * n_k n_l (D_k - D_l)(1 - D_k) while l is untreated; l after k: n_k n_l D_l (D_k - D_l) with the already treated k as control;
 * all divided by their sum; each estimate is a difference of means before and after.
 * Assumes: balanced panel, no covariates, no weights; then sum weight * estimate is the two-way fixed effects coefficient.
 * Units: the outcome's. Time O(rows + cohorts^2), memory O(cohorts x periods).
 * Source: Goodman-Bacon 2021, Journal of Econometrics 225, theorem 1; types as in bacondecomp.
 */
export function baconDecomposition(panel: BalancedPanel): Outcome<BaconComponent[]> {
  const cohorts = cohortsOf(panel);
  const T = panel.periods.length;
  const parts: BaconComponent[] = [];
  for (const treated of cohorts) {
    // a group that is always or never treated has no change of its own
    if (treated.start === 0 || treated.start === T) continue;
    for (const other of cohorts) {
      const part = other === treated ? null : compare(treated, other, T);
      if (part !== null) parts.push(part);
    }
  }
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  if (!(total > 0)) {
    return refuse(
      "NO_CONTROL_UNITS",
      "No two groups of units differ in when they are treated, so there is nothing to compare.",
      "Add units that are never treated, or treated at another time.",
    );
  }
  return answer(parts.map((part) => ({ ...part, weight: part.weight / total })));
}

function cohortsOf(panel: BalancedPanel): Cohort[] {
  const T = panel.periods.length;
  const sums = new Map<number, { count: number; totals: Float64Array }>();
  for (let u = 0; u < panel.units; u++) {
    const first = panel.first[u] ?? Number.NaN;
    const key = Number.isNaN(first) ? Number.POSITIVE_INFINITY : first;
    const entry = sums.get(key) ?? { count: 0, totals: new Float64Array(T) };
    sums.set(key, entry);
    entry.count++;
    for (let k = 0; k < T; k++) entry.totals[k] = (entry.totals[k] ?? 0) + (panel.outcome[u * T + k] ?? 0);
  }
  return [...sums.entries()]
    .sort(([a], [b]) => a - b)
    .map(([first, { count, totals }]) => {
      const running = new Float64Array(T + 1);
      for (let k = 0; k < T; k++) running[k + 1] = (running[k] ?? 0) + (totals[k] ?? 0) / count;
      const start = panel.periods.filter((period) => period < first).length;
      return { first, share: count / panel.units, start, running };
    });
}

function compare(treated: Cohort, other: Cohort, T: number): BaconComponent | null {
  const mass = treated.share * other.share;
  const own = (T - treated.start) / T;
  const their = (T - other.start) / T;
  const component = (type: ComparisonType, from: number, to: number, weight: number): BaconComponent => ({
    treated: treated.first,
    untreated: other.first,
    type,
    estimate: change(treated, from, treated.start, to) - change(other, from, treated.start, to),
    weight: mass * weight,
  });
  if (other.start === T) return component("Treated vs Untreated", 0, T, own * (1 - own));
  if (other.start === 0) return component("Later vs Always Treated", 0, T, own * (1 - own));
  if (treated.start < other.start) {
    return component("Earlier vs Later Treated", 0, other.start, (own - their) * (1 - own));
  }
  if (treated.start > other.start) return component("Later vs Earlier Treated", other.start, T, own * (their - own));
  return null;
}

/** Mean over periods [at, to) minus mean over [from, at). */
function change({ running }: Cohort, from: number, at: number, to: number): number {
  const mean = (a: number, b: number): number => ((running[b] ?? 0) - (running[a] ?? 0)) / (b - a);
  return mean(at, to) - mean(from, at);
}

export interface TypeSummary {
  readonly type: ComparisonType;
  readonly weight: number;
  readonly estimate: number;
}

/** Weight and average estimate of each type of comparison that occurs. */
export function summarizeTypes(components: readonly BaconComponent[]): TypeSummary[] {
  return COMPARISONS.flatMap((type) => {
    const own = components.filter((component) => component.type === type);
    const weight = own.reduce((sum, component) => sum + component.weight, 0);
    const estimate = own.reduce((sum, component) => sum + (component.weight * component.estimate) / weight, 0);
    return own.length === 0 ? [] : [{ type, weight, estimate }];
  });
}
