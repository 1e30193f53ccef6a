import { axpy, scaled } from "../../linalg/kernels.ts";
import type { Grouping } from "../../regression/effects.ts";
import type { LinearFit } from "../../regression/ols.ts";
import { type TwoWaySolver, twoWaySolver } from "./effect-projection.ts";
import type { BootstrapScores, ScoreMap, ScoreOptions } from "./score-maps.ts";

/**
 * The scores of the plain case in one pass over the rows: one column, two effects, no weights, CR1, residuals as they are,
 * one bootstrap weight per cluster, and every level of the larger effect within one cluster. Null in any other case.
 *
 * Formula: with x the column, c its contrast b x and d = x the restricted shift: scores diag(b x_h'e_h) - b x_h'x_h x_b'e_b b
 * - b X_h' S^+ E_b, X and E the sums of x and e by cluster and level of the smaller effect.
 */
export function oneTermScores(fit: LinearFit, restricted: boolean, options: ScoreOptions): BootstrapScores | null {
  const { clusters, groups, variance, residuals } = options;
  const [x, another] = fit.columns;
  const isPlain = variance === "cr1" && residuals === "plain" && groups.levels === clusters.levels;
  if (!isPlain || x === undefined || another !== undefined || fit.weights !== null || fit.effects.length !== 2)
    return null;
  const solver = twoWaySolver(fit);
  if (solver === null) return null;
  const sums = sweep(x, fit.residuals, clusters, solver);
  if (sums === null) return null;
  const bread = fit.bread.get(0, 0);
  const map = (products: Float64Array, cells: Float64Array): ScoreMap =>
    mapOf({ sums, bread, solver }, products, cells);
  const base = map(sums.productsXE, sums.cellsE);
  return {
    base,
    // the contrast over its own size is the column itself
    shift: restricted ? map(sums.productsXX, sums.cellsX) : null,
    observed: base.effects,
  };
}

interface Sums {
  /** By cluster. */
  readonly productsXX: Float64Array;
  readonly productsXE: Float64Array;
  /** By cluster and level of the smaller effect. */
  readonly cellsX: Float64Array;
  readonly cellsE: Float64Array;
}

/** Null where a level of the larger effect lies in two clusters. */
function sweep(x: Float64Array, e: Float64Array, clusters: Grouping, { large, small }: TwoWaySolver): Sums | null {
  const size = small.count;
  const owner = new Int32Array(large.count).fill(-1);
  const [productsXX, productsXE] = [new Float64Array(clusters.count), new Float64Array(clusters.count)];
  const [cellsX, cellsE] = [new Float64Array(clusters.count * size), new Float64Array(clusters.count * size)];
  const [clusterOf, largeOf, smallOf] = [clusters.levels, large.levels, small.levels];
  for (let i = 0; i < x.length; i++) {
    const g = clusterOf[i] as number;
    const level = largeOf[i] as number;
    const known = owner[level] as number;
    if (known !== g) {
      if (known !== -1) return null;
      owner[level] = g;
    }
    const cell = g * size + (smallOf[i] as number);
    const a = x[i] as number;
    const r = e[i] as number;
    productsXX[g] = (productsXX[g] as number) + a * a;
    productsXE[g] = (productsXE[g] as number) + a * r;
    cellsX[cell] = (cellsX[cell] as number) + a;
    cellsE[cell] = (cellsE[cell] as number) + r;
  }
  return { productsXX, productsXE, cellsX, cellsE };
}

interface Parts {
  readonly sums: Sums;
  readonly bread: number;
  readonly solver: TwoWaySolver;
}

/** The map of a residual from its products with the column and its sums by cell. */
function mapOf({ sums, bread, solver }: Parts, products: Float64Array, cells: Float64Array): ScoreMap {
  const count = products.length;
  const size = solver.small.count;
  const effects = scaled(products, bread);
  const scores = Array.from({ length: count }, () => new Float64Array(count));
  // by level of the smaller effect: its part of every cluster's projected residual
  const images = Array.from({ length: size }, () => new Float64Array(count));
  for (let b = 0; b < count; b++) {
    const solved = solver.solve(cells.subarray(b * size, (b + 1) * size));
    for (let j = 0; j < size; j++) (images[j] as Float64Array)[b] = solved[j] as number;
  }
  scores.forEach((row, h) => {
    row[h] = effects[h] as number;
    axpy(-bread * (sums.productsXX[h] as number), effects, row);
    for (let j = 0; j < size; j++) {
      const sum = sums.cellsX[h * size + j] as number;
      if (sum !== 0) axpy(-bread * sum, images[j] as Float64Array, row);
    }
  });
  return { effects, scores };
}
