import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import { randomStream } from "../../inference/random.ts";
import { type WaldTest, waldTest } from "../../inference/wald.ts";
import { dot } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { normalQuantile } from "../../probability/normal.ts";
import { type AverageEffect, treatedClusters } from "./aggregate.ts";
import type { GroupTimeCell, GroupTimeEffects } from "./cells.ts";
import { groupTimeCovariance } from "./covariance.ts";

/**
 * Analytic error of an average of group-time effects.
 *
 * Formula: sqrt(sum over clusters of psi^2) / units; NaN when all its treated units are in one cluster, whose variance
 * cannot be seen.
 */
export function analyticError(effects: GroupTimeEffects, effect: AverageEffect): number {
  if (treatedClusters(effects, effect.groups) < 2) return Number.NaN;
  return Math.sqrt(dot(effect.influence, effect.influence)) / effects.units;
}

/** The same for one cell. */
export function cellError(effects: GroupTimeEffects, cell: GroupTimeCell): number {
  if (cell.influence === null || treatedClusters(effects, [cell.group]) < 2) return Number.NaN;
  return Math.sqrt(dot(cell.influence.values, cell.influence.values)) / effects.units;
}

/** Normal inference for one effect. */
export function effectRow(term: string, effect: AverageEffect, stdError: number, alpha: number): Coefficient {
  return studentInference(term, effect.estimate, stdError, { dof: Number.POSITIVE_INFINITY, alpha });
}

export interface UniformBand {
  /** Bootstrap errors, one per effect. */
  readonly stdErrors: readonly number[];
  /** estimate +- critical value times error covers all effects at once. */
  readonly criticalValue: number;
}

/** Mammen's two points: mean 0, variance 1, third moment 1. */
const LOW = (1 - Math.sqrt(5)) / 2;
const HIGH = (1 + Math.sqrt(5)) / 2;
const P_LOW = (1 + Math.sqrt(5)) / (2 * Math.sqrt(5));

/**
 * Simultaneous band by the multiplier bootstrap.
 *
 * Formula: draws of sum over clusters of V psi / units with Mammen's V; error = interquartile range over that of the normal;
 * critical value = (1 - alpha) quantile of the largest |draw| / error, at least the pointwise one.
 * Time O(draws x clusters x effects), memory O(draws x effects + clusters). Same seed, same numbers everywhere.
 * Source: Callaway and Sant'Anna 2021, algorithm 1; Mammen 1993, Annals of Statistics 21.
 */
export function multiplierBand(
  effects: GroupTimeEffects,
  list: readonly AverageEffect[],
  options: { readonly draws: number; readonly seed: number; readonly alpha: number },
): Outcome<UniformBand> {
  if (effects.clusters < 2) {
    return refuse("TOO_FEW_CLUSTERS", "A bootstrap needs at least two clusters.", "Cluster by unit.");
  }
  const random = randomStream(options.seed);
  const draws = list.map(() => new Float64Array(options.draws));
  const multipliers = new Float64Array(effects.clusters);
  for (let b = 0; b < options.draws; b++) {
    for (let c = 0; c < multipliers.length; c++) multipliers[c] = random.next() < P_LOW ? LOW : HIGH;
    list.forEach((effect, j) => {
      const column = draws[j];
      if (column) column[b] = dot(multipliers, effect.influence) / effects.units;
    });
  }
  const normalRange = normalQuantile(0.75) - normalQuantile(0.25);
  const stdErrors = draws.map((column, j) => {
    const effect = list[j];
    if (!effect || treatedClusters(effects, effect.groups) < 2) return Number.NaN;
    const sorted = Float64Array.from(column).sort();
    return (lowerQuantile(sorted, 0.75) - lowerQuantile(sorted, 0.25)) / normalRange;
  });
  return answer({ stdErrors, criticalValue: bandCritical(draws, stdErrors, options) });
}

function bandCritical(
  draws: readonly Float64Array[],
  stdErrors: readonly number[],
  options: { readonly draws: number; readonly alpha: number },
): number {
  const largest = new Float64Array(options.draws);
  draws.forEach((column, j) => {
    const error = stdErrors[j] ?? Number.NaN;
    if (!(error > 0)) return;
    for (let b = 0; b < column.length; b++) {
      largest[b] = Math.max(largest[b] ?? 0, Math.abs(column[b] ?? 0) / error);
    }
  });
  return Math.max(lowerQuantile(largest.sort(), 1 - options.alpha), -normalQuantile(options.alpha / 2));
}

/** Smallest value with at least a share p of the sorted ones up to it. */
function lowerQuantile(sorted: Float64Array, p: number): number {
  return sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1)] ?? Number.NaN;
}

/**
 * Joint test that all effects before the treatment are zero; periods of anticipation, in which the estimator allows
 * effects, take part only when asked for (as `did` has it).
 *
 * Formula: b'V^-1 b, chi-square with as many degrees of freedom as there are cells.
 */
export function preTest(effects: GroupTimeEffects, withAnticipation = false): Outcome<WaldTest> {
  const lead = withAnticipation ? 0 : effects.anticipation;
  const before = effects.cells.filter((cell) => cell.influence !== null && cell.time < cell.group - lead);
  if (before.length === 0) {
    return refuse("NO_PRE_DATA", "No group has two periods before its treatment.", "Give earlier periods.");
  }
  const terms = before.map((cell) => `${cell.group},${cell.time}`);
  const covariance = groupTimeCovariance(effects, before);
  const coefficients = before.map((cell) => cell.estimate);
  return waldTest({ terms, coefficients, covariance }, terms, Number.POSITIVE_INFINITY);
}
