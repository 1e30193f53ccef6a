const MINUS = 45;
const POINT = 46;
const ZERO = 48;

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** With at most this many digits the digits of a decimal are an exact double. */
const EXACT_DIGITS = 15;

/**
 * The decimal in `bytes[start, end)`, digit for digit what Number() gives; NaN leaves the text to the complete reader.
 *
 * Formula: digits / 10^places; both are exact doubles, so that the one division rounds correctly.
 * Source: Clinger (1990), How to read floating point numbers accurately, section 3.
 */
export function readPlainDecimal(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  let digits = 0;
  let point = -1;
  for (let at = first; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (bytes[at] === POINT && point < 0) point = at;
    else return Number.NaN;
  }
  const count = end - first - (point < 0 ? 0 : 1);
  if (count < 1 || count > EXACT_DIGITS) return Number.NaN;
  const size = point < 0 ? digits : digits / (POWERS_OF_TEN[end - point - 1] ?? 1);
  return isNegative ? -size : size;
}
