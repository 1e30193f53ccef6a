import { axpy } from "../../linalg/kernels.ts";
import { answer, type Outcome } from "../../outcome.ts";
import { type Grouping, rowsByLevel, rowsOf } from "../../regression/effects.ts";
import type { LinearFit } from "../../regression/ols.ts";
import { restsOnOneCluster } from "../../vcov/bell-mccaffrey.ts";
import { adjustedContrasts, contrastColumn, leaveOutResiduals } from "../../vcov/leave-cluster.ts";
import { type CutColumn, type ProjectionFactor, projector } from "./effect-projection.ts";
import { oneTermScores } from "./one-term-scores.ts";
import type { BootstrapScores, ScoreMap, ScoreOptions } from "./score-maps.ts";

/** A term that only one cluster identifies has no jackknife. */
const IDENTIFIED_BY_ONE = 1e-6;

/**
 * Cluster sums that stand for the data in every bootstrap sample.
 *
 * Formula: K_hb = [b in h] q_h'e_b - q_h' H_hb e_b with q the contrasts of the term (CR1) or their jackknife (CV3), H the
 * hat matrix; the restricted residuals are linear in the null value, e + (estimate - null) M_Z d.
 * Complexity: a few passes over the rows, then clusters x groups x (columns + levels shared between clusters).
 * Source: Roodman, Nielsen, MacKinnon and Webb 2019, Stata Journal 19; MacKinnon, Nielsen and Webb 2023.
 */
export function bootstrapScores(fit: LinearFit, restricted: boolean, options: ScoreOptions): Outcome<BootstrapScores> {
  const swept = oneTermScores(fit, restricted, options);
  if (swept !== null) return answer(swept);
  const contrast = contrastColumn(fit, options.term);
  const adjusted =
    options.variance === "cv3"
      ? adjustedContrasts(fit, options.clusters, options.term, "full")
      : { column: contrast, nullShare: 0 };
  if (adjusted.nullShare > IDENTIFIED_BY_ONE) return restsOnOneCluster(fit.terms[options.term] ?? "");
  const left = { column: adjusted.column, groups: options.clusters };
  const residual = residualTransform(fit, restricted, options);
  const base = residual(fit.residuals);
  if (!base.ok) return base;
  const shift = restricted ? residual(partialledTerm(fit, options.term, contrast)) : answer(null);
  if (!shift.ok) return shift;
  const map = scoreMapper(fit, contrast, left, options);
  const mapped = map(base.value);
  const isKnown =
    options.variance === "cr1" && options.residuals === "plain" && options.groups.levels === options.clusters.levels;
  return answer({
    base: mapped,
    shift: shift.value === null ? null : map(shift.value),
    observed: isKnown ? mapped.effects : sumsOfProducts(left.column, fit.residuals, options.clusters),
  });
}

/** The term with all other columns and effects taken out. */
function partialledTerm(fit: LinearFit, term: number, contrast: Float64Array): Float64Array {
  const scale = fit.bread.get(term, term);
  const result = new Float64Array(contrast.length);
  const { weights } = fit;
  for (let i = 0; i < result.length; i++)
    result[i] = (contrast[i] ?? 0) / (scale * (weights === null ? 1 : (weights[i] ?? 1)));
  return result;
}

type Transform = (column: Float64Array) => Outcome<Float64Array>;

function residualTransform(fit: LinearFit, restricted: boolean, options: ScoreOptions): Transform {
  if (options.residuals === "plain") return answer;
  const model = restricted ? withoutTerm(fit, options.term) : fit;
  return (column) => {
    const found = leaveOutResiduals(model, options.clusters, column);
    if (found.nullShare > IDENTIFIED_BY_ONE) return restsOnOneCluster(fit.terms[options.term] ?? "");
    return answer(found.column);
  };
}

/** The restricted model, as far as its hat matrix goes. */
export function withoutTerm(fit: LinearFit, term: number): LinearFit {
  const kept = fit.terms.map((_, j) => j).filter((j) => j !== term);
  const { bread } = fit;
  // inverse of the cross product without the term, by the Schur complement
  const reduced = bread.clone();
  const pivot = bread.get(term, term);
  for (const j of kept) {
    for (const k of kept) reduced.set(j, k, bread.get(j, k) - (bread.get(j, term) * bread.get(term, k)) / pivot);
  }
  return {
    ...fit,
    terms: kept.map((j) => fit.terms[j] ?? ""),
    columns: kept.map((j) => fit.columns[j] ?? new Float64Array(0)),
    bread: kept.length === 0 ? bread : reduced.selection(kept, kept),
  };
}

function scoreMapper(
  fit: LinearFit,
  contrast: Float64Array,
  left: CutColumn,
  options: ScoreOptions,
): (residuals: Float64Array) => ScoreMap {
  const { clusters, groups } = options;
  const { weights } = fit;
  const owners = ownersOf(groups, clusters);
  const absorbed = projector(fit, left);
  const leftSums = fit.columns.map((column) => sumsOfProducts(left.column, column, left.groups));
  return (residuals) => {
    const scores = Array.from({ length: clusters.count }, () => new Float64Array(groups.count));
    const column = weights === null ? residuals : residuals.map((value, i) => value * (weights[i] ?? 0));
    const loadings = fit.columns.map((one) => sumsOfProducts(one, column, groups));
    // the contrast is a combination of the columns, and so are its sums
    const effects = combined(fit, options.term, loadings);
    const own = left.column === contrast ? effects : sumsOfProducts(left.column, residuals, groups);
    owners.forEach((owner, b) => {
      const row = scores[owner];
      if (row) row[b] = own[b] ?? 0;
    });
    if (absorbed === null) subtractProjections(fit, left, { column: residuals, groups }, scores);
    else subtractFactors(absorbed({ column, groups }), scores);
    subtractFactors(columnFactors(fit, leftSums, loadings), scores);
    return { effects, scores };
  };
}

/** The cluster of each group. */
function ownersOf(groups: Grouping, clusters: Grouping): Int32Array {
  const owners = Int32Array.from({ length: groups.count }, (_, b) => b);
  if (groups.levels === clusters.levels) return owners;
  for (let i = 0; i < groups.levels.length; i++) owners[groups.levels[i] ?? 0] = clusters.levels[i] ?? 0;
  return owners;
}

function sumsOfProducts(a: Float64Array, b: Float64Array, groups: Grouping): Float64Array {
  const sums = new Float64Array(groups.count);
  const { levels } = groups;
  for (let i = 0; i < levels.length; i++) {
    const g = levels[i] as number;
    sums[g] = (sums[g] as number) + (a[i] as number) * (b[i] as number);
  }
  return sums;
}

/** Sums of the term's contrast times the residuals, from those of the columns. */
function combined({ bread }: LinearFit, term: number, loadings: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(loadings[0]?.length ?? 0);
  loadings.forEach((loading, j) => {
    axpy(bread.get(j, term), loading, result);
  });
  return result;
}

/** q_h'X_h (X'WX)^-1 X_b'W e_b as one factor per column. */
function columnFactors(
  { bread }: LinearFit,
  leftSums: readonly Float64Array[],
  loadings: readonly Float64Array[],
): ProjectionFactor[] {
  return leftSums.map((sums, j) => {
    const image = new Float64Array(loadings[0]?.length ?? 0);
    loadings.forEach((loading, k) => {
      axpy(bread.get(j, k), loading, image);
    });
    return { left: sums, right: image };
  });
}

function subtractFactors(factors: readonly ProjectionFactor[], scores: readonly Float64Array[]): void {
  for (const factor of factors) {
    scores.forEach((row, h) => {
      const size = factor.left[h] ?? 0;
      if (size !== 0) axpy(-size, factor.right, row);
    });
  }
}

/** The same by projecting every group's residuals in full: groups times the cost of one within transformation. */
function subtractProjections(fit: LinearFit, left: CutColumn, right: CutColumn, scores: readonly Float64Array[]): void {
  const index = rowsByLevel(right.groups);
  const piece = new Float64Array(fit.n);
  for (let b = 0; b < right.groups.count; b++) {
    piece.fill(0);
    for (const row of rowsOf(index, b)) piece[row] = right.column[row] ?? 0;
    const rest = fit.within(piece);
    for (let i = 0; i < piece.length; i++) piece[i] = (piece[i] ?? 0) - (rest[i] ?? 0);
    sumsOfProducts(left.column, piece, left.groups).forEach((sum, h) => {
      const row = scores[h];
      if (row) row[b] = (row[b] ?? 0) - sum;
    });
  }
}
