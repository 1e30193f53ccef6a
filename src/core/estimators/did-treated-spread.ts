import type { Scale } from "../plan.ts";
import type { EqualOn } from "./did-sample.ts";

/** One treated unit: its change, the variance of that change by its own past, its share of the effect, its level before. */
export interface TreatedChange {
  readonly change: number;
  readonly variance: number;
  readonly share: number;
  readonly level: number;
}

/** What the treated units' disagreement adds to the variance of the effect. */
export interface TreatedSpread {
  /** Squares of the panel's units; 0: they agree as well as their own past predicts. */
  readonly variance: number;
  readonly dof: number;
}

/** With fewer the spread of two numbers, or none, would be all there is. */
export const UNITS_TO_SEE_SPREAD = 3;

/**
 * Lasting shifts that each treated unit has of its own (a restart onto another node, a cold cache), which neither its past
 * nor the controls show: they make the treated units move apart over this very window.
 *
 * Formula: x_i the changes d_i, v_i their variances by the units' own past, w_i = 1/v_i, Q = sum w_i (x_i - xbar_w)^2; tau^2 =
 * max(0, [Q - (n - 1)] / [sum w - sum w^2 / sum w], S^2 - mean v), S^2 the plain variance of the x_i. The first
 * estimate is sharp where the v_i are alike, the second sees a noisy unit that shifts in proportion to its noise. The
 * variance added is tau^2 sum a_i^2 with a_i the unit's share of the effect, on n - 1 degrees of freedom. On the multiplicative
 * scale the same is done for the relative changes d_i / m_i (shares a_i m_i), since a change by a factor makes large
 * units change by more, which is the effect and not noise; when the data chose the scale both are tried (where all
 * levels are positive) and the one with the smaller Q is kept.
 * Assumes: the effect is the same for all units on that scale; where it is not, its spread counts as doubt.
 * Units: squares of the panel's units. Source: Cochran 1954 and DerSimonian and Laird 1986 (Q, first moment estimate),
 * Hedges 1983 (second); docs/method.md section 3 step 6.
 */
export function treatedSpread(units: readonly TreatedChange[], scale: Scale, equalOn: EqualOn): TreatedSpread {
  const seen = units.filter(({ change, variance }) => Number.isFinite(change) && variance > 0);
  const none = { variance: 0, dof: Number.POSITIVE_INFINITY };
  if (seen.length < UNITS_TO_SEE_SPREAD) return none;
  const candidates = measures(seen, scale, equalOn).map(spreadOf);
  const kept = candidates.reduce((best, one) => (one.q < best.q ? one : best));
  return kept.variance === 0 ? none : { variance: kept.variance, dof: seen.length - 1 };
}

/** The changes as they are, relative to the units' levels, or both. */
function measures(
  units: readonly TreatedChange[],
  scale: Scale,
  equalOn: EqualOn,
): readonly (readonly TreatedChange[])[] {
  const hasLevels = units.every(({ level }) => level > 0);
  if (!hasLevels || (scale === "additive" && equalOn === "own")) return [units];
  const relative = units.map(relativeTo);
  return equalOn === "own" ? [relative] : [units, relative];
}

function relativeTo({ change, variance, share, level }: TreatedChange): TreatedChange {
  return { change: change / level, variance: variance / level ** 2, share: share * level, level };
}

function spreadOf(units: readonly TreatedChange[]): { readonly q: number; readonly variance: number } {
  const n = units.length;
  const total = (of: (one: TreatedChange) => number): number => units.reduce((sum, one) => sum + of(one), 0);
  const weight = total(({ variance }) => 1 / variance);
  const center = total(({ change, variance }) => change / variance) / weight;
  const q = total(({ change, variance }) => (change - center) ** 2 / variance);
  const bySharpUnits = (q - (n - 1)) / (weight - total(({ variance }) => variance ** -2) / weight);
  const mean = total(({ change }) => change) / n;
  const byAllUnits = total(({ change }) => (change - mean) ** 2) / (n - 1) - total(({ variance }) => variance) / n;
  return { q, variance: Math.max(0, bySharpUnits, byAllUnits) * total(({ share }) => share ** 2) };
}
