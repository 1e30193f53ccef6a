import { Matrix, QrDecomposition } from "ml-matrix";
import { dot, mean, sum } from "../../linalg/kernels.ts";
import { simplexWeights } from "../synthetic/simplex.ts";
import type { DonorTable } from "./table.ts";

/** Parts of the pre window that are predicted from weights fitted on the others. */
export const FOLDS = 4;

/** A set of bins, as the coordinates of every series on it (each less its mean): inner products are all a fit needs. */
export interface Space {
  readonly bins: number;
  readonly coordinates: readonly Float64Array[];
}

/**
 * Coordinates of the series on some of the bins; with more bins than series these are the columns of R of a QR
 * decomposition, which has the same inner products in fewer numbers.
 */
export function spaceOf(table: DonorTable, isKept: (bin: number) => boolean): Space {
  const kept = table.bins.map((_, b) => b).filter(isKept);
  const columns = table.before.map((values) => centred(Float64Array.from(kept, (b) => values[b] as number)));
  if (kept.length <= columns.length) return { bins: kept.length, coordinates: columns };
  const matrix = new Matrix(kept.length, columns.length);
  columns.forEach((column, j) => {
    for (let b = 0; b < column.length; b++) matrix.set(b, j, column[b] as number);
  });
  const upper = new QrDecomposition(matrix).upperTriangularMatrix;
  return { bins: kept.length, coordinates: columns.map((_, j) => Float64Array.from(upper.getColumn(j))) };
}

/** Which fold a bin belongs to: contiguous quarters. */
export function foldOf(bin: number, bins: number): number {
  return Math.min(FOLDS - 1, Math.floor((bin * FOLDS) / bins));
}

/** The whole pre window, and the pre window without each fold. */
export interface Spaces {
  readonly whole: Space;
  readonly without: readonly Space[];
}

export function spacesOf(table: DonorTable): Spaces {
  const count = table.bins.length;
  return {
    whole: spaceOf(table, () => true),
    without: Array.from({ length: FOLDS }, (_, k) => spaceOf(table, (b) => foldOf(b, count) !== k)),
  };
}

/**
 * Weights with which a mixture of `donors` follows series `target` up to a constant.
 *
 * Formula: min sum_b (a + sum_j omega_j x_jb - x_targetb)^2 + B zeta^2 ||omega||^2 on the simplex.
 * Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, American Economic Review 111(12), equation 4.
 */
export function donorWeights(
  space: Space,
  target: number,
  donors: readonly number[],
  zeta: number,
  start: Float64Array | null = null,
): Float64Array {
  const goal = space.coordinates[target] as Float64Array;
  const differences = donors.map((j) =>
    (space.coordinates[j] as Float64Array).map((value, i) => value - (goal[i] as number)),
  );
  return simplexWeights({ differences, ridge: space.bins * zeta * zeta }, start);
}

/**
 * Weights with which the bins before the deploy predict the donors' post mean up to a constant.
 *
 * Formula: min sum_j (a + sum_b lambda_b x_jb - x_j,post)^2 + N0 zeta^2 ||lambda||^2 on the simplex.
 * The penalty is that of the donor weights, where the source has next to none: with fewer donors than bins a handful of
 * bins would fit the donors' post means exactly, and their noise would be the estimate's.
 * Source: Arkhangelsky et al. 2021, equation 6.
 */
export function binWeights(
  table: DonorTable,
  donors: readonly number[],
  zeta: number,
  start: Float64Array | null = null,
): Float64Array {
  const differences = table.bins.map((_, b) =>
    centred(
      Float64Array.from(donors, (j) => (table.before[j] as Float64Array)[b] as number).map(
        (value, k) => value - (table.after[donors[k] as number] as number),
      ),
    ),
  );
  return simplexWeights({ differences, ridge: donors.length * zeta * zeta }, start);
}

/** Standard deviation of the donors' changes from bin to bin. */
export function binNoise(table: DonorTable): number {
  const changes = table.donors.flatMap((_, j) => {
    const x = table.before[1 + j] as Float64Array;
    return Array.from(x.subarray(1), (value, b) => value - (x[b] as number));
  });
  const middle = sum(Float64Array.from(changes)) / changes.length;
  return Math.sqrt(changes.reduce((total, change) => total + (change - middle) ** 2, 0) / (changes.length - 1));
}

/** (N1 T1)^(1/4) sigma, the penalty of the source; T1 counts bins. */
export function publishedPenalty(table: DonorTable): number {
  const { postStart, end } = table.window;
  const after = Math.max(1, (end - postStart) / table.binLength);
  return (table.treated.length * after) ** 0.25 * binNoise(table);
}

/** x_target less the mixture, per bin. */
export function binGap(
  table: DonorTable,
  target: number,
  donors: readonly number[],
  omega: Float64Array,
): Float64Array {
  const gap = Float64Array.from(table.before[target] as Float64Array);
  donors.forEach((j, k) => {
    const weight = omega[k] as number;
    if (weight === 0) return;
    const x = table.before[j] as Float64Array;
    for (let b = 0; b < gap.length; b++) gap[b] = (gap[b] as number) - weight * (x[b] as number);
  });
  return gap;
}

export function centred(x: Float64Array): Float64Array {
  const middle = mean(x);
  return x.map((value) => value - middle);
}

/** Sum of squares of x around its mean. */
export function energy(x: Float64Array): number {
  const c = centred(x);
  return dot(c, c);
}
