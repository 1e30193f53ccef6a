import { normalQuantile } from "../../../src/core/probability/normal.ts";

const STATE = 624;
const SHIFT = 397;
const BIG = 134217728;
const TO_UNIT = 2.3283064365386963e-10;

/** What R draws after `set.seed(seed)`: one by one, in the order of the calls. */
export interface RStream {
  /** `runif(1)` */
  uniform(): number;
  /** `rnorm(1)` */
  normal(): number;
}

/**
 * R's default generators: Mersenne Twister scrambled by a congruential generator, normals by inversion of two uniforms.
 * Needed where a reference simulates with a fixed seed.
 *
 * Source: Matsumoto and Nishimura 1998; R manual, ?RNG.
 */
export function rStream(seed: number): RStream {
  const uniform = mersenneTwister(seed);
  return {
    uniform,
    normal: () => {
      const coarse = Math.trunc(BIG * uniform());
      return normalQuantile((coarse + uniform()) / BIG);
    },
  };
}

/** `set.seed(seed); rnorm(n)` of R. */
export function rNormals(seed: number, count: number): Float64Array {
  const { normal } = rStream(seed);
  return Float64Array.from({ length: count }, normal);
}

function mersenneTwister(seed: number): () => number {
  let scrambled = seed >>> 0;
  const next = (): number => {
    scrambled = (Math.imul(69069, scrambled) + 1) >>> 0;
    return scrambled;
  };
  for (let i = 0; i < 50; i++) next();
  // the first number is the position, which R overwrites
  next();
  const state = Uint32Array.from({ length: STATE }, next);
  let position = STATE;
  return () => {
    if (position >= STATE) {
      twist(state);
      position = 0;
    }
    const value = temper(state[position++] ?? 0) * TO_UNIT;
    return Math.min(Math.max(value, 0.5 * TO_UNIT), 1 - 0.5 * TO_UNIT);
  };
}

function twist(state: Uint32Array): void {
  for (let k = 0; k < STATE; k++) {
    const mixed = ((state[k] ?? 0) & 0x80000000) | ((state[(k + 1) % STATE] ?? 0) & 0x7fffffff);
    state[k] = (state[(k + SHIFT) % STATE] ?? 0) ^ (mixed >>> 1) ^ ((mixed & 1) * 0x9908b0df);
  }
}

function temper(word: number): number {
  let y = word;
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  y ^= y >>> 18;
  return y >>> 0;
}
