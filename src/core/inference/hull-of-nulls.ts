/** Distances from the estimate, in units of the scale, at which a test is tried: fine up to 20, then growing to 1e4. */
const DISTANCES: readonly number[] = distances();
const BISECTIONS = 60;

function distances(): number[] {
  const result = Array.from({ length: 80 }, (_, i) => (i + 1) / 4);
  while ((result.at(-1) ?? 0) < 1e4) result.push((result.at(-1) ?? 0) * 1.3);
  return result;
}

/**
 * The outermost nulls on both sides of an estimate that a test does not reject, looked for from outside in and then by
 * bisection to the jump of its p-value; infinite where the test still keeps a null 1e4 scales away.
 *
 * Assumes: `scale` is about a standard error; gaps in the set of kept nulls are inside the hull.
 */
export function hullOfNulls(
  estimate: number,
  scale: number,
  isKept: (nullEffect: number) => boolean,
): { readonly low: number; readonly high: number } {
  const limit = (direction: 1 | -1): number => {
    const at = DISTANCES.findLastIndex((distance) => isKept(estimate + direction * distance * scale));
    if (at === DISTANCES.length - 1) return direction * Number.POSITIVE_INFINITY;
    let inside = DISTANCES[at] ?? 0;
    let outside = DISTANCES[at + 1] ?? 0;
    for (let i = 0; i < BISECTIONS && outside - inside > 4e-16 * outside; i++) {
      const middle = (inside + outside) / 2;
      if (isKept(estimate + direction * middle * scale)) inside = middle;
      else outside = middle;
    }
    return estimate + ((direction * (inside + outside)) / 2) * scale;
  };
  return { low: limit(-1), high: limit(1) };
}
