/** A stream of uniform numbers that depends on its seed only, the same on every machine. */
export interface RandomStream {
  /** Uniform on [0, 1) with 53 bits. */
  next(): number;
  /** Uniform integer on [0, bound). */
  below(bound: number): number;
}

/**
 * PCG32 (XSH-RR) with 64-bit state kept as two 32-bit halves.
 *
 * Formula: state = state * 6364136223846793005 + 1442695040888963407; output is a rotated xorshift of the old state.
 * Source: O'Neill 2014, PCG: A family of simple fast space-efficient statistically good algorithms.
 */
export function randomStream(seed: number): RandomStream {
  let high = 0;
  let low = 0;
  const step = (): void => {
    const product = multiply(high, low);
    low = product.low + INCREMENT_LOW;
    high = (product.high + INCREMENT_HIGH + (low >= TWO_32 ? 1 : 0)) >>> 0;
    low >>>= 0;
  };
  step();
  const start = Math.abs(Math.trunc(seed));
  const shifted = low + (start >>> 0);
  high = (high + Math.floor(start / TWO_32) + (shifted >= TWO_32 ? 1 : 0)) >>> 0;
  low = shifted >>> 0;
  step();

  const word = (): number => {
    const oldHigh = high;
    const oldLow = low;
    step();
    // xorshifted = ((old >> 18) ^ old) >> 27, its low 32 bits
    const mixedHigh = (oldHigh ^ (oldHigh >>> 18)) >>> 0;
    const mixedLow = (oldLow ^ ((oldLow >>> 18) | (oldHigh << 14))) >>> 0;
    const xorshifted = ((mixedLow >>> 27) | (mixedHigh << 5)) >>> 0;
    const rotation = oldHigh >>> 27;
    return ((xorshifted >>> rotation) | (xorshifted << (-rotation & 31))) >>> 0;
  };
  const next = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
  return { next, below: (bound) => Math.floor(next() * bound) };
}

const TWO_32 = 4294967296;
const MULTIPLIER_HIGH = 0x5851f42d;
const MULTIPLIER_LOW = 0x4c957f2d;
const INCREMENT_HIGH = 0x14057b7e;
const INCREMENT_LOW = 0xf767814f;

/** Low 64 bits of (high, low) times the multiplier. */
function multiply(high: number, low: number): { high: number; low: number } {
  const a = low >>> 16;
  const b = low & 0xffff;
  const c = MULTIPLIER_LOW >>> 16;
  const d = MULTIPLIER_LOW & 0xffff;
  const bottom = b * d;
  const middle = a * d + (bottom >>> 16);
  const cross = b * c + (middle & 0xffff);
  const lowWord = ((cross & 0xffff) * 65536 + (bottom & 0xffff)) >>> 0;
  const carry = a * c + Math.floor(middle / 65536) + Math.floor(cross / 65536);
  const highWord = (Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH) + (carry >>> 0)) >>> 0;
  return { high: highWord, low: lowWord };
}
