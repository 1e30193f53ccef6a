import { answer, type Outcome, refuse } from "../outcome.ts";
import type { Grouping } from "./effects.ts";
import type { LinearFit } from "./ols.ts";
import { levelWeights, type TwoWaySystem, twoWaySystem } from "./two-way.ts";

/**
 * Leverages: diagonal of the hat matrix of the whole model, absorbed effects included.
 *
 * Formula: h_i = effects part + w_i x_i' (X'WX)^-1 x_i; one effect set: w_i / sum w of its level; two sets: that of the
 * larger plus w_i (e - m)' S^+ (e - m), m the shares within the larger set's level.
 * Assumes: at most two effect sets.
 */
export function leverages(fit: LinearFit): Outcome<Float64Array> {
  if (fit.effects.length > 2) {
    return refuse(
      "NOT_ESTIMABLE",
      "Leverages are computed for at most two sets of fixed effects.",
      "Use a cluster-robust or HC1 error with three or more sets of effects.",
    );
  }
  const result = effectLeverages(fit);
  const { columns, weights } = fit;
  for (let i = 0; i < fit.n; i++) {
    let quadratic = 0;
    for (let j = 0; j < columns.length; j++) {
      for (let k = 0; k < columns.length; k++) {
        quadratic += (columns[j]?.[i] ?? 0) * fit.bread.get(j, k) * (columns[k]?.[i] ?? 0);
      }
    }
    result[i] = (result[i] ?? 0) + (weights === null ? 1 : (weights[i] ?? 0)) * quadratic;
  }
  return answer(result);
}

function effectLeverages(fit: LinearFit): Float64Array {
  const [first, second] = fit.effects;
  if (!first) return new Float64Array(fit.n);
  if (!second) return oneWayShares(first, fit.weights);
  const [large, small] = first.count >= second.count ? [first, second] : [second, first];
  return twoWayLeverages(fit.system?.() ?? twoWaySystem(large, small, fit.weights), fit.weights);
}

function oneWayShares(effect: Grouping, weights: Float64Array | null): Float64Array {
  const totals = levelWeights(effect, weights);
  return Float64Array.from(
    effect.levels,
    (level, i) => (weights === null ? 1 : (weights[i] ?? 0)) / (totals[level] ?? 1),
  );
}

function twoWayLeverages(system: TwoWaySystem, weights: Float64Array | null): Float64Array {
  const { large, small, inverse, shares } = system;
  const size = small.count;
  const images = new Float64Array(large.count * size);
  const quadratics = new Float64Array(large.count);
  for (let level = 0; level < large.count; level++) {
    for (let j = 0; j < size; j++) {
      let image = 0;
      for (let k = 0; k < size; k++) image += (inverse[j]?.[k] ?? 0) * (shares[level * size + k] ?? 0);
      images[level * size + j] = image;
      quadratics[level] = (quadratics[level] ?? 0) + image * (shares[level * size + j] ?? 0);
    }
  }
  return oneWayShares(large, weights).map((share, i) => {
    const level = large.levels[i] ?? 0;
    const j = small.levels[i] ?? 0;
    const quadratic = (inverse[j]?.[j] ?? 0) - 2 * (images[level * size + j] ?? 0) + (quadratics[level] ?? 0);
    return share + (weights === null ? 1 : (weights[i] ?? 0)) * quadratic;
  });
}
