/** Significant digits of every computed number in a result, so that two machines print the same. */
export const SIGNIFICANT_DIGITS = 12;

/** Rounds to 12 significant digits; infinities and NaN pass unchanged, and -0 becomes 0. */
export function roundSignificant(x: number): number {
  if (!Number.isFinite(x) || x === 0) return Number.isFinite(x) ? 0 : x;
  return Number(x.toPrecision(SIGNIFICANT_DIGITS));
}

/** Rounds every finite number inside plain data (objects, arrays, typed arrays stay what they are). */
export function roundDeep<T>(value: T): T {
  return roundUnknown(value) as T;
}

function roundUnknown(value: unknown): unknown {
  if (typeof value === "number") return roundSignificant(value);
  if (Array.isArray(value)) return value.map(roundUnknown);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, roundUnknown(entry)]));
}
