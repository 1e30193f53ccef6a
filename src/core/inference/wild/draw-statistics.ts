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
  const rows = [...rowsOf(scores.base), ...(scores.shift === null ? [] : rowsOf(scores.shift))];
  const width = 1 + scores.base.scores.length;
  const isShifted = scores.shift !== null;
  const multiply = (draws.areSigns ? signProduct : plainProduct)(rows, groups);
  draws.forEach((weights, draw) => {
    const product = multiply(weights);
    base[draw] = product[0] as number;
    let [s0, s1, s2] = [0, 0, 0];
    for (let h = 1; h < width; h++) {
      const u = product[h] as number;
      s0 += u * u;
      if (!isShifted) continue;
      const x = product[width + h] as number;
      s1 += 2 * u * x;
      s2 += x * x;
    }
    if (isShifted) shift[draw] = product[width] as number;
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

/** Signs that are looked up at once, and how many look-ups are added in one pass. */
const BITS = 6;
const AT_ONCE = 3;
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
  const blocks = AT_ONCE * Math.ceil(groups / (BITS * AT_ONCE));
  const table = signTable(rows, groups, blocks);
  const entries = new Int32Array(blocks);
  const result = new Float64Array(width);
  return (weights) => {
    for (let block = 0; block < blocks; block++) {
      let signs = 0;
      const first = block * BITS;
      const last = Math.min(groups, first + BITS);
      for (let g = first; g < last; g++) signs |= Number((weights[g] as number) > 0) << (g - first);
      entries[block] = ((block << BITS) | signs) * width;
    }
    result.fill(0);
    for (let block = 0; block < blocks; block += AT_ONCE) {
      const a = entries[block] as number;
      const b = entries[block + 1] as number;
      const c = entries[block + 2] as number;
      for (let h = 0; h < width; h++) {
        const sum = (table[a + h] as number) + (table[b + h] as number) + (table[c + h] as number);
        result[h] = (result[h] as number) + sum;
      }
    }
    return result;
  };
}

/** By block of groups, signs and row: the sum of the row's entries with these signs; zero where there is no group. */
function signTable(rows: readonly Float64Array[], groups: number, blocks: number): Float64Array {
  const width = rows.length;
  const table = new Float64Array((blocks << BITS) * width);
  for (let entry = 0; entry < blocks << BITS; entry++) {
    for (let bit = 0; bit < BITS; bit++) {
      const g = (entry >>> BITS) * BITS + bit;
      if (g >= groups) break;
      const sign = (entry >>> bit) & 1 ? 1 : -1;
      for (let h = 0; h < width; h++) {
        table[entry * width + h] = (table[entry * width + h] as number) + sign * (rows[h]?.[g] ?? 0);
      }
    }
  }
  return table;
}
