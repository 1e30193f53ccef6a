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

/**
 * Complexity: draws x clusters x groups, once for every null; a sixth of it when the weights are signs and the clusters
 * few. Memory: five numbers per draw.
 */
export function drawStatistics(scores: BootstrapScores, draws: WildDraws): DrawStatistics {
  const { count } = draws;
  const [base, shift, q0, q1, q2] = [1, 2, 3, 4, 5].map(() => new Float64Array(count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const groups = scores.base.effects.length;
  const multiply = draws.areSigns ? signProduct : plainProduct;
  const basePart = multiply(rowsOf(scores.base), groups);
  const shiftPart = scores.shift === null ? null : multiply(rowsOf(scores.shift), groups);
  draws.forEach((weights, draw) => {
    const u = basePart(weights);
    const x = shiftPart?.(weights) ?? null;
    base[draw] = u[0] as number;
    let [s0, s1, s2] = [0, 0, 0];
    for (let h = 1; h < u.length; h++) s0 += (u[h] as number) ** 2;
    if (x !== null) {
      shift[draw] = x[0] as number;
      for (let h = 1; h < u.length; h++) {
        s1 += 2 * (u[h] as number) * (x[h] as number);
        s2 += (x[h] as number) ** 2;
      }
    }
    q0[draw] = s0;
    q1[draw] = s1;
    q2[draw] = s2;
  });
  return { count, base, shift, q0, q1, q2 };
}

/** The effects, then the scores by cluster. */
function rowsOf({ effects, scores }: ScoreMap): readonly Float64Array[] {
  return [effects, ...scores];
}

/** Multiplies the rows by a vector of weights; the result is reused. */
type Product = (weights: Float64Array) => Float64Array;

function plainProduct(rows: readonly Float64Array[], groups: number): Product {
  const result = new Float64Array(rows.length);
  return (weights) => {
    for (let h = 0; h < rows.length; h++) {
      const row = rows[h] as Float64Array;
      let sum = 0;
      for (let g = 0; g < groups; g++) sum += (row[g] as number) * (weights[g] as number);
      result[h] = sum;
    }
    return result;
  };
}

/** Signs that are looked up at once. */
const BITS = 6;
/** Larger tables would not fit the processor's cache. */
const MOST_ENTRIES = 1 << 16;

/**
 * The same for weights of -1 and 1: the sums of every six neighbouring groups are tabulated for all their 64 signs.
 *
 * Source: Arlazarov, Dinic, Kronrod and Faradzev 1970 (method of four Russians).
 */
function signProduct(rows: readonly Float64Array[], groups: number): Product {
  const width = rows.length;
  if (width * groups > MOST_ENTRIES) return plainProduct(rows, groups);
  const blocks = Math.ceil(groups / BITS);
  const table = new Float64Array((blocks << BITS) * width);
  for (let block = 0; block < blocks; block++) {
    for (let signs = 0; signs < 1 << BITS; signs++) {
      const entry = ((block << BITS) | signs) * width;
      for (let bit = 0; bit < BITS && block * BITS + bit < groups; bit++) {
        const sign = (signs >>> bit) & 1 ? 1 : -1;
        for (let h = 0; h < width; h++) {
          table[entry + h] = (table[entry + h] as number) + sign * (rows[h]?.[block * BITS + bit] ?? 0);
        }
      }
    }
  }
  const result = new Float64Array(width);
  return (weights) => {
    result.fill(0);
    for (let block = 0; block < blocks; block++) {
      const first = block * BITS;
      const last = Math.min(groups, first + BITS);
      let signs = 0;
      for (let g = first; g < last; g++) if ((weights[g] as number) > 0) signs |= 1 << (g - first);
      const entry = ((block << BITS) | signs) * width;
      for (let h = 0; h < width; h++) result[h] = (result[h] as number) + (table[entry + h] as number);
    }
    return result;
  };
}
