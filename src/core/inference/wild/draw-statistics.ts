import type { BootstrapScores, ScoreMap } from "./cluster-scores.ts";
import type { WildDraws } from "./draws.ts";

/**
 * Per draw, the polynomials in delta = estimate - null that make its statistic:
 * t* = (base + delta shift) / sqrt(factor (q0 + q1 delta + q2 delta^2)).
 */
export interface DrawStatistics {
  readonly count: number;
  readonly base: Float64Array;
  readonly shift: Float64Array;
  readonly q0: Float64Array;
  readonly q1: Float64Array;
  readonly q2: Float64Array;
}

/** Complexity: draws x clusters x groups, once for every null. Memory: five numbers per draw. */
export function drawStatistics(scores: BootstrapScores, draws: WildDraws): DrawStatistics {
  const { count } = draws;
  const [base, shift, q0, q1, q2] = [1, 2, 3, 4, 5].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const basePart = flatten(scores.base);
  const shiftPart = scores.shift === null ? null : flatten(scores.shift);
  draws.forEach((weights, draw) => {
    base[draw] = product(basePart.effects, weights);
    if (shiftPart === null) {
      q0[draw] = squaredScores(basePart, weights);
      return;
    }
    shift[draw] = product(shiftPart.effects, weights);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    for (let from = 0; from < basePart.scores.length; from += weights.length) {
      let u = 0;
      let x = 0;
      for (let g = 0; g < weights.length; g++) {
        const weight = weights[g] as number;
        u += (basePart.scores[from + g] as number) * weight;
        x += (shiftPart.scores[from + g] as number) * weight;
      }
      s0 += u * u;
      s1 += 2 * u * x;
      s2 += x * x;
    }
    q0[draw] = s0;
    q1[draw] = s1;
    q2[draw] = s2;
  });
  return { count, base, shift, q0, q1, q2 };
}

function squaredScores({ scores }: FlatMap, weights: Float64Array): number {
  let total = 0;
  for (let from = 0; from < scores.length; from += weights.length) {
    let u = 0;
    for (let g = 0; g < weights.length; g++) u += (scores[from + g] as number) * (weights[g] as number);
    total += u * u;
  }
  return total;
}

interface FlatMap {
  readonly effects: Float64Array;
  /** By clusters, groups within. */
  readonly scores: Float64Array;
}

function flatten({ effects, scores }: ScoreMap): FlatMap {
  const flat = new Float64Array(effects.length * scores.length);
  scores.forEach((row, h) => {
    flat.set(row, h * effects.length);
  });
  return { effects, scores: flat };
}

function product(row: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let g = 0; g < weights.length; g++) sum += (row[g] as number) * (weights[g] as number);
  return sum;
}
