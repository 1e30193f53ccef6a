import { Matrix } from "ml-matrix";
import { invertPositiveDefinite, symmetrize } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { NamedColumn } from "../../regression/sample.ts";

export const METRICS = ["propensity", "mahalanobis", "inverse-variance"] as const;
export type Metric = (typeof METRICS)[number];

/** Points in the space of the matching: squared distance is the plain one. */
export interface MatchSpace {
  /** By unit. */
  readonly points: readonly Float64Array[];
  /** Every coordinate in standard deviations of all units, for the caliper. */
  readonly standardised: readonly Float64Array[];
}

/** Squared distances within this share of each other are ties. */
const TIED = 1e-10;

/**
 * Coordinates in which distances are taken.
 *
 * Formula: inverse-variance: x / sd; mahalanobis: L'x with S^-1 = L L'; S over all units. One column (the propensity index)
 * is itself.
 */
export function matchSpace(columns: readonly NamedColumn[], metric: Metric): Outcome<MatchSpace> {
  const n = columns[0]?.values.length ?? 0;
  const centred = columns.map(({ values }) => {
    const mean = values.reduce((total, value) => total + value, 0) / n;
    return values.map((value) => value - mean);
  });
  const products = centred.map((a) =>
    centred.map((b) => a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0) / (n - 1)),
  );
  const deviations = products.map((one, j) => Math.sqrt(one[j] ?? 0));
  const still = deviations.findIndex((sd, j) => !(sd > 1e-12 * largest(columns[j]?.values)));
  if (still >= 0) return collinear(columns[still]?.name ?? "");
  const standardised = byUnit(
    n,
    centred.map((values, j) => values.map((value) => value / (deviations[j] ?? 1))),
  );
  if (metric !== "mahalanobis") return answer({ points: standardised, standardised });
  const correlation = new Matrix(
    products.map((one, j) => one.map((value, k) => value / ((deviations[j] ?? 1) * (deviations[k] ?? 1)))),
  );
  const inverse = invertPositiveDefinite(symmetrize(correlation));
  if (inverse === null) return collinear(columns.map(({ name }) => name).join(", "));
  const root = lowerRoot(inverse);
  const points = standardised.map((x) =>
    Float64Array.from(root, (_, k) => root.reduce((total, line, j) => total + (line[k] ?? 0) * (x[j] ?? 0), 0)),
  );
  return answer({ points, standardised });
}

function largest(values: Float64Array | undefined): number {
  return values?.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE) ?? 1;
}

function byUnit(n: number, columns: readonly Float64Array[]): Float64Array[] {
  return Array.from({ length: n }, (_, i) => Float64Array.from(columns, (values) => values[i] ?? 0));
}

/** L with L L' = A, A positive definite. */
function lowerRoot(matrix: Matrix): number[][] {
  const size = matrix.rows;
  const root = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let rest = matrix.get(i, j);
      for (let k = 0; k < j; k++) rest -= (root[i]?.[k] ?? 0) * (root[j]?.[k] ?? 0);
      const line = root[i] as number[];
      line[j] = i === j ? Math.sqrt(rest) : rest / (root[j]?.[j] ?? 1);
    }
  }
  return root;
}

function collinear(name: string): Outcome<never> {
  return refuse(
    "COLLINEAR",
    `The covariates ${name} are constant over units or combinations of each other, so they make no distance.`,
    "Leave out covariates that say nothing of their own.",
    { covariate: name },
  );
}

export interface Neighbour {
  readonly unit: number;
  readonly weight: number;
}

export interface SearchOptions {
  readonly neighbours: number;
  /** Largest distance in every coordinate, in standard deviations; null: none. */
  readonly caliper: number | null;
}

/**
 * The nearest candidates of a unit, those as near as the last one included, with equal weights that sum to one; none within
 * the caliper gives none. Time candidates x coordinates.
 */
export function nearest(
  space: MatchSpace,
  unit: number,
  candidates: readonly number[],
  { neighbours, caliper }: SearchOptions,
): readonly Neighbour[] {
  const from = space.points[unit] ?? new Float64Array(0);
  const reachable = caliper === null ? candidates : candidates.filter((one) => isWithin(space, unit, one, caliper));
  const found = reachable.map((one) => ({ unit: one, distance: squared(from, space.points[one] ?? from) }));
  const sorted = found.map(({ distance }) => distance).sort((a, b) => a - b);
  const limit = sorted[Math.min(neighbours, sorted.length) - 1];
  if (limit === undefined) return [];
  const kept = found.filter(({ distance }) => distance <= limit * (1 + TIED) + Number.MIN_VALUE);
  return kept.map((one) => ({ unit: one.unit, weight: 1 / kept.length }));
}

export function squared(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let k = 0; k < a.length; k++) total += ((a[k] ?? 0) - (b[k] ?? 0)) ** 2;
  return total;
}

function isWithin({ standardised }: MatchSpace, a: number, b: number, caliper: number): boolean {
  const other = standardised[b];
  return standardised[a]?.every((value, k) => Math.abs(value - (other?.[k] ?? 0)) <= caliper) ?? false;
}
