import { dot } from "../../linalg/kernels.ts";
import type { WildDraws } from "./draws.ts";
import type { BootstrapScores } from "./score-maps.ts";

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
 * Complexity: draws x clusters x groups, once for every null; a quarter of it when the weights are signs. Memory: five
 * numbers per draw.
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
  const statistics = { count, base, shift, q0, q1, q2 };
  if (draws.forEachSigns === null) addProducts(scores, draws, statistics);
  else addSignedProducts(scores, draws.forEachSigns, statistics);
  return statistics;
}

function addProducts({ base, shift }: BootstrapScores, draws: WildDraws, statistics: DrawStatistics): void {
  draws.forEach((weights, draw) => {
    statistics.base[draw] = dot(base.effects, weights);
    if (shift !== null) statistics.shift[draw] = dot(shift.effects, weights);
    let [s0, s1, s2] = [0, 0, 0];
    for (let h = 0; h < base.scores.length; h++) {
      const u = dot(base.scores[h] as Float64Array, weights);
      s0 += u * u;
      if (shift === null) continue;
      const x = dot(shift.scores[h] as Float64Array, weights);
      s1 += 2 * u * x;
      s2 += x * x;
    }
    statistics.q0[draw] = s0;
    statistics.q1[draw] = s1;
    statistics.q2[draw] = s2;
  });
}

/** Signs that are looked up at once; a multiple of it fills a word. */
const BITS = 4;
/** Rows of a table; small enough that a table stays in the first cache while all draws pass. */
const LANES = 8;
/** Draws whose look-ups are kept at a time. */
const BATCH = 4096;

/**
 * The same for weights of -1 and 1: the sums of every four neighbouring groups are tabulated for all their 16 signs, for
 * eight rows at a time: four of the residuals beside the same four of their shift.
 *
 * Source: Arlazarov, Dinic, Kronrod and Faradzev 1970 (method of four Russians).
 */
function addSignedProducts(
  { base, shift }: BootstrapScores,
  forEachSigns: NonNullable<WildDraws["forEachSigns"]>,
  statistics: DrawStatistics,
): void {
  const groups = base.effects.length;
  const blocks = Math.ceil(groups / BITS);
  const effects = signTable([base.effects], [shift?.effects], groups);
  const tables: Float64Array[] = [];
  for (let h = 0; h < base.scores.length; h += LANES / 2) {
    tables.push(signTable(base.scores.slice(h, h + LANES / 2), shift?.scores.slice(h, h + LANES / 2) ?? [], groups));
  }
  const entries = new Int32Array(BATCH * blocks);
  const flush = (first: number, count: number): void => {
    const looked = { entries, blocks, first, count };
    addEffects(effects, looked, statistics);
    for (const table of tables) addSquares(table, looked, statistics);
  };
  let waiting = 0;
  forEachSigns((signs, draw) => {
    const start = waiting * blocks;
    for (let block = 0; block < blocks; block++) {
      const nibble = ((signs[block >>> 3] as number) >>> ((block & 7) * BITS)) & 15;
      entries[start + block] = ((block << BITS) | nibble) * LANES;
    }
    waiting++;
    if (waiting < BATCH) return;
    flush(draw + 1 - waiting, waiting);
    waiting = 0;
  });
  flush(statistics.count - waiting, waiting);
}

/** By block of groups and signs: the sums of up to four rows of each side with these signs; zero where there is none. */
function signTable(
  left: readonly Float64Array[],
  right: readonly (Float64Array | undefined)[],
  groups: number,
): Float64Array {
  const blocks = Math.ceil(groups / BITS);
  const table = new Float64Array((blocks << BITS) * LANES);
  const fill = (row: Float64Array | undefined, lane: number): void => {
    if (row === undefined) return;
    for (let g = 0; g < groups; g++) {
      const block = (g / BITS) | 0;
      const value = row[g] as number;
      for (let signs = 0; signs < 1 << BITS; signs++) {
        const at = ((block << BITS) | signs) * LANES + lane;
        table[at] = (table[at] as number) + ((signs >>> (g % BITS)) & 1 ? value : -value);
      }
    }
  };
  left.forEach(fill);
  right.forEach((row, i) => {
    fill(row, LANES / 2 + i);
  });
  return table;
}

/** Look-ups of `count` draws from number `first` on, `blocks` each. */
interface LookUps {
  readonly entries: Int32Array;
  readonly blocks: number;
  readonly first: number;
  readonly count: number;
}

function addEffects(table: Float64Array, { entries, blocks, first, count }: LookUps, { base, shift }: DrawStatistics) {
  for (let i = 0; i < count; i++) {
    let u = 0;
    let x = 0;
    for (let e = i * blocks; e < (i + 1) * blocks; e++) {
      const at = entries[e] as number;
      u += table[at] as number;
      x += table[at + LANES / 2] as number;
    }
    base[first + i] = u;
    shift[first + i] = x;
  }
}

function addSquares(table: Float64Array, { entries, blocks, first, count }: LookUps, { q0, q1, q2 }: DrawStatistics) {
  for (let i = 0; i < count; i++) {
    let u0 = 0;
    let u1 = 0;
    let u2 = 0;
    let u3 = 0;
    let x0 = 0;
    let x1 = 0;
    let x2 = 0;
    let x3 = 0;
    const end = (i + 1) * blocks;
    for (let e = i * blocks; e < end; e++) {
      const at = entries[e] as number;
      u0 += table[at] as number;
      u1 += table[at + 1] as number;
      u2 += table[at + 2] as number;
      u3 += table[at + 3] as number;
      x0 += table[at + 4] as number;
      x1 += table[at + 5] as number;
      x2 += table[at + 6] as number;
      x3 += table[at + 7] as number;
    }
    const draw = first + i;
    q0[draw] = (q0[draw] as number) + (u0 * u0 + u1 * u1 + u2 * u2 + u3 * u3);
    q1[draw] = (q1[draw] as number) + 2 * (u0 * x0 + u1 * x1 + u2 * x2 + u3 * x3);
    q2[draw] = (q2[draw] as number) + (x0 * x0 + x1 * x1 + x2 * x2 + x3 * x3);
  }
}
