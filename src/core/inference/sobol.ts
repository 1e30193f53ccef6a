import { type RandomStream, randomStream } from "./random.ts";

/**
 * Degree, coefficients of the primitive polynomial and initial direction numbers of dimensions 2..21.
 *
 * Source: Joe and Kuo 2008, SIAM Journal on Scientific Computing 30(5), table new-joe-kuo-6.
 */
const DIRECTIONS: readonly (readonly [degree: number, polynomial: number, initial: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
  [6, 19, [1, 1, 1, 15, 7, 5]],
  [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]],
  [7, 1, [1, 3, 7, 11, 23, 15, 103]],
  [7, 4, [1, 3, 7, 13, 13, 15, 69]],
];

export const SOBOL_DIMENSIONS = DIRECTIONS.length + 1;

const BITS = 32;
const TWO_32 = 4294967296;

/** Direction numbers of one dimension (0-based) as 32-bit fractions. */
function directionNumbers(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS);
  const entry = DIRECTIONS[dimension - 1];
  if (!entry) {
    for (let i = 0; i < BITS; i++) v[i] = 1 << (BITS - 1 - i);
    return v;
  }
  const [degree, polynomial, initial] = entry;
  for (let i = 0; i < BITS; i++) {
    if (i < degree) {
      v[i] = (initial[i] ?? 1) << (BITS - 1 - i);
      continue;
    }
    let value = (v[i - degree] ?? 0) ^ ((v[i - degree] ?? 0) >>> degree);
    for (let k = 1; k < degree; k++) {
      if ((polynomial >>> (degree - 1 - k)) & 1) value ^= v[i - k] ?? 0;
    }
    v[i] = value;
  }
  return v;
}

/** Each direction number times a random unit lower triangular bit matrix: breaks the regular patterns of small samples. */
function scramble(directions: Uint32Array, random: RandomStream): Uint32Array {
  const rows = Uint32Array.from({ length: BITS }, (_, r) => {
    const diagonal = BITS - 1 - r;
    const above = r === 0 ? 0 : (random.below(2 ** r) << (BITS - r)) >>> 0;
    return (above | (1 << diagonal)) >>> 0;
  });
  return directions.map((value) => {
    let result = 0;
    rows.forEach((row, r) => {
      if (parity(row & value) === 1) result |= 1 << (BITS - 1 - r);
    });
    return result;
  });
}

function parity(word: number): number {
  let bits = word ^ (word >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  bits ^= bits >>> 2;
  return (bits ^ (bits >>> 1)) & 1;
}

/**
 * The first `points` points of a scrambled Sobol sequence in Gray-code order, row-major, each coordinate in (0, 1).
 *
 * Formula: random linear scramble and digital shift, both drawn from `seed`.
 * Assumes: `points` is a power of two, at most 2^31.
 * Source: Sobol 1967; Antonov and Saleev 1979; Matousek 1998, Journal of Complexity 14.
 */
export function sobolPoints(points: number, dimensions: number, seed: number): Float64Array {
  if (dimensions > SOBOL_DIMENSIONS) throw new RangeError(`at most ${SOBOL_DIMENSIONS} dimensions`);
  const random = randomStream(seed);
  const directions = Array.from({ length: dimensions }, (_, d) => scramble(directionNumbers(d), random));
  const state = Uint32Array.from({ length: dimensions }, () => random.below(TWO_32));
  const result = new Float64Array(points * dimensions);
  for (let i = 0; i < points; i++) {
    for (let d = 0; d < dimensions; d++) result[i * dimensions + d] = ((state[d] ?? 0) + 0.5) / TWO_32;
    const bit = 31 - Math.clz32(~i & (i + 1));
    for (let d = 0; d < dimensions; d++) state[d] = (state[d] ?? 0) ^ (directions[d]?.[bit] ?? 0);
  }
  return result;
}
