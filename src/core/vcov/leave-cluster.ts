import { axpy, dot, scaled, weightedDot } from "../linalg/kernels.ts";
import { applySymmetricFunction } from "../linalg/lanczos.ts";
import { type Grouping, type LevelRows, rowsByLevel, rowsOf } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { projectRows, type TwoWaySystem } from "../regression/two-way.ts";

/**
 * How a cluster's own influence is taken out of its residuals.
 * none: not at all (CR0, CR1). half: (I - H)_gg^(-1/2) (CR2). full: (I - H_gg)^-1 (CR3 and the jackknife).
 */
export type Adjustment = "none" | "half" | "full";

/** For one term: vectors a_g with b_k's variance = sum_g (a_g' e_g)^2. */
export interface AdjustedContrasts {
  /** All a_g in one column over the rows used. */
  readonly column: Float64Array;
  /** Largest share of a cluster's part of the term that no other cluster identifies; 1: the term hangs on one cluster. */
  readonly nullShare: number;
}

/** y - H y for the whole model, effects included. */
export function residualMaker(fit: LinearFit): (column: Float64Array) => Float64Array {
  return (column) => {
    const rest = fit.within(column);
    const loadings = fit.columns.map((x) => weightedDot(x, rest, fit.weights));
    fit.columns.forEach((x, j) => {
      let coefficient = 0;
      loadings.forEach((loading, k) => {
        coefficient += fit.bread.get(j, k) * loading;
      });
      axpy(-coefficient, x, rest);
    });
    return rest;
  };
}

/** Column of W X (X'WX)^-1 c: the weights that make term k out of the outcome, absorbed effects included. */
export function contrastColumn(fit: LinearFit, term: number): Float64Array {
  const column = new Float64Array(fit.n);
  fit.columns.forEach((x, j) => {
    axpy(fit.bread.get(j, term), x, column);
  });
  return fit.weights === null ? column : column.map((value, i) => value * (fit.weights?.[i] ?? 0));
}

/**
 * The adjusted contrasts of one term.
 *
 * Formula: a_g = A_g W_g x_g with A_g = B_g^(+1/2), B_g = [(I - H)(I - H)']_gg for `half` (identity working covariance),
 * and W_g^(1/2) (I - W^(1/2) H W^(-1/2))_gg^+ W_g^(1/2) x_g for `full`. Directions that belong to effects nested in the
 * cluster have B_g = 0 and are left out, so that absorbed and explicit dummies agree.
 * Assumes: nothing about balance; every power is applied through matrix-vector products with the residual maker.
 * Source: Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, JBES 36; MacKinnon, Nielsen and Webb 2023.
 */
export function adjustedContrasts(
  fit: LinearFit,
  clusters: Grouping,
  term: number,
  adjustment: Adjustment,
): AdjustedContrasts {
  const contrast = contrastColumn(fit, term);
  if (adjustment === "none") return { column: contrast, nullShare: 0 };
  if (adjustment === "half") return clusterPowers(fit, clusters, contrast, adjustment);
  const root = rootWeights(fit);
  const symmetric = contrast.map((value, i) => value / (root[i] ?? 1));
  const { column, nullShare } = clusterPowers(fit, clusters, symmetric, adjustment);
  return { column: column.map((value, i) => value * (root[i] ?? 1)), nullShare };
}

/**
 * The residuals that every cluster would have in the fit without it.
 *
 * Formula: (I - H)_gg^-1 e_g = y_g - X_g b_(g); directions of effects nested in the cluster are left out.
 * Source: MacKinnon, Nielsen and Webb 2023, Journal of Applied Econometrics 38.
 */
export function leaveOutResiduals(fit: LinearFit, clusters: Grouping, residuals: Float64Array): AdjustedContrasts {
  const root = rootWeights(fit);
  const symmetric = residuals.map((value, i) => value * (root[i] ?? 1));
  const { column, nullShare } = clusterPowers(fit, clusters, symmetric, "full");
  return { column: column.map((value, i) => value / (root[i] ?? 1)), nullShare };
}

function rootWeights(fit: LinearFit): Float64Array {
  return Float64Array.from({ length: fit.n }, (_, i) => Math.sqrt(fit.weights?.[i] ?? 1));
}

/** B_g^(+1/2) or the inverse of the symmetric (I - H)_gg, applied to each cluster's part of a column. */
function clusterPowers(
  fit: LinearFit,
  clusters: Grouping,
  start: Float64Array,
  adjustment: "half" | "full",
): AdjustedContrasts {
  const column = new Float64Array(fit.n);
  const index = rowsByLevel(clusters);
  const nullSpaces = nestedDirections(fit, clusters, index, adjustment);
  const project = clusterOperator(fit, adjustment);
  const power = adjustment === "half" ? halfPower : fullPower;
  const negligible = 1e-12 * Math.sqrt(dot(start, start));
  let nullShare = 0;
  for (let g = 0; g < clusters.count; g++) {
    const rows = rowsOf(index, g);
    const part = Float64Array.from(rows, (row) => start[row] ?? 0);
    const result = applySymmetricFunction((v) => project(v, rows), power, part, nullSpaces[g] ?? [], negligible);
    nullShare = Math.max(nullShare, result.nullShare);
    rows.forEach((row, i) => {
      column[row] = result.vector[i] ?? 0;
    });
  }
  return { column, nullShare };
}

function halfPower(eigenvalue: number): number {
  return 1 / Math.sqrt(eigenvalue);
}

function fullPower(eigenvalue: number): number {
  return 1 / eigenvalue;
}

/** v -> B_g v for the rows of one cluster. */
function clusterOperator(fit: LinearFit, adjustment: Adjustment): (v: Float64Array, rows: Int32Array) => Float64Array {
  const { weights } = fit;
  if (fit.system && (weights === null || adjustment === "full")) return localOperator(fit, fit.system());
  const residual = residualMaker(fit);
  const buffer = new Float64Array(fit.n);
  const embed = (v: Float64Array, rows: Int32Array, power: number): Float64Array => {
    buffer.fill(0);
    rows.forEach((row, i) => {
      buffer[row] = weights === null ? (v[i] ?? 0) : (v[i] ?? 0) * (weights[row] ?? 1) ** power;
    });
    return buffer;
  };
  return (v, rows) => {
    if (weights === null) {
      const image = residual(embed(v, rows, 0));
      return Float64Array.from(rows, (row) => image[row] ?? 0);
    }
    if (adjustment === "full") {
      const image = residual(embed(v, rows, -0.5));
      return Float64Array.from(rows, (row) => (image[row] ?? 0) * Math.sqrt(weights[row] ?? 1));
    }
    const transposed = residual(embed(v, rows, -1)).map((value, i) => value * (weights[i] ?? 1));
    const image = residual(transposed);
    return Float64Array.from(rows, (row) => image[row] ?? 0);
  };
}

/** W^(1/2) (I - H) W^(-1/2) on one cluster's rows, without touching the other rows. */
function localOperator(fit: LinearFit, system: TwoWaySystem): (v: Float64Array, rows: Int32Array) => Float64Array {
  const { columns, bread, weights } = fit;
  return (v, rows) => {
    const root = Float64Array.from(rows, (row) => Math.sqrt(weights === null ? 1 : (weights[row] ?? 1)));
    const weighted = v.map((value, i) => value * (root[i] ?? 1));
    const effects = projectRows(system, rows, weighted);
    const loadings = columns.map((x) => rows.reduce((total, row, i) => total + (x[row] ?? 0) * (weighted[i] ?? 0), 0));
    const slopes = columns.map((_, j) => loadings.reduce((total, loading, k) => total + bread.get(j, k) * loading, 0));
    return v.map((value, i) => {
      const row = rows[i] ?? 0;
      let fitted =
        (effects.large[system.large.levels[row] ?? 0] ?? 0) + (effects.small[system.small.levels[row] ?? 0] ?? 0);
      for (let j = 0; j < columns.length; j++) fitted += (slopes[j] ?? 0) * (columns[j]?.[row] ?? 0);
      return value - (root[i] ?? 1) * fitted;
    });
  };
}

/** Orthonormal W 1_level (or W^(1/2) 1_level) of every effect level that lies within one cluster, per cluster. */
function nestedDirections(
  fit: LinearFit,
  clusters: Grouping,
  index: LevelRows,
  adjustment: Adjustment,
): Float64Array[][] {
  const position = new Int32Array(fit.n);
  for (let g = 0; g < clusters.count; g++) {
    rowsOf(index, g).forEach((row, i) => {
      position[row] = i;
    });
  }
  const spaces: Float64Array[][] = Array.from({ length: clusters.count }, () => []);
  for (const effect of fit.effects) {
    const levels = rowsByLevel(effect);
    for (let level = 0; level < effect.count; level++) {
      const rows = rowsOf(levels, level);
      const owner = clusters.levels[rows[0] ?? 0] ?? 0;
      if (!rows.every((row) => clusters.levels[row] === owner)) continue;
      const direction = new Float64Array(rowsOf(index, owner).length);
      for (const row of rows) {
        const weight = fit.weights?.[row] ?? 1;
        direction[position[row] ?? 0] = adjustment === "full" ? Math.sqrt(weight) : weight;
      }
      addDirection(spaces[owner] ?? [], direction);
    }
  }
  return spaces;
}

function addDirection(space: Float64Array[], direction: Float64Array): void {
  const before = Math.sqrt(dot(direction, direction));
  for (let pass = 0; pass < 2; pass++) {
    for (const known of space) axpy(-dot(known, direction), known, direction);
  }
  const after = Math.sqrt(dot(direction, direction));
  if (after > 1e-10 * before) space.push(scaled(direction, 1 / after));
}

/** a_g' e_g per cluster. */
export function clusterContributions(fit: LinearFit, clusters: Grouping, contrasts: AdjustedContrasts): Float64Array {
  const sums = new Float64Array(clusters.count);
  clusters.levels.forEach((g, i) => {
    sums[g] = (sums[g] ?? 0) + (contrasts.column[i] ?? 0) * (fit.residuals[i] ?? 0);
  });
  return sums;
}
