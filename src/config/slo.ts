export const TARGET_EXAMPLES = "99.9% or 0.999";

/** `99.9%` and 0.999 are the share 0.999; null when it is neither, or leaves no budget. */
export function parseTarget(text: string | number): number | null {
  const parts = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(String(text).trim());
  if (parts === null) return null;
  // Twelve digits: 99.9 / 100 is not 0.999 in binary.
  const share = Number((Number(parts[1]) / (parts[2] === "%" ? 100 : 1)).toPrecision(12));
  return share > 0 && share < 1 ? share : null;
}
