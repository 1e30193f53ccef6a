import { daysFromCivil } from "./values.ts";

const MINUS = 45;
const ZERO = 48;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;

/** Epoch seconds of `2026-01-31T13:05:00Z`, by far the most frequent form; NaN leaves it to the complete reader. */
export function readPlainUtc(bytes: Uint8Array, start: number, end: number): number {
  const hasForm =
    end - start === 20 &&
    bytes[start + 4] === MINUS &&
    bytes[start + 7] === MINUS &&
    bytes[start + 10] === LETTER_T &&
    bytes[start + 13] === COLON &&
    bytes[start + 16] === COLON &&
    bytes[start + 19] === LETTER_Z;
  if (!hasForm) return Number.NaN;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const days = daysFromCivil(year, twoDigits(bytes, start + 5), twoDigits(bytes, start + 8));
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if (days === null || !(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  return days * 86_400 + hour * 3600 + minute * 60 + second;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
