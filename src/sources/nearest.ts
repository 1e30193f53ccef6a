/**
 * The candidate with the smallest edit distance to `word`, or null when none is near.
 *
 * Formula: Levenshtein distance, near when at most a third of the longer word (at least 2) differs.
 */
export function nearestName(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const near = Math.max(2, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (distance <= near && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Candidates ordered by distance to `word`, then by name. */
export function byNearness(word: string, candidates: readonly string[]): string[] {
  const distance = new Map(candidates.map((name) => [name, editDistance(word.toLowerCase(), name.toLowerCase())]));
  return [...distance.keys()].sort((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0) || (a < b ? -1 : 1));
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
