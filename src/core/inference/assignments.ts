import type { RandomStream } from "./random.ts";

/** n choose k; exact while it fits in a double. */
export function choose(n: number, k: number): number {
  const smaller = Math.min(k, n - k);
  if (smaller < 0) return 0;
  let result = 1;
  for (let i = 1; i <= smaller; i++) result = (result * (n - smaller + i)) / i;
  return Math.round(result);
}

/** Calls `visit` with every k-subset of 0..n-1 (ascending members; the array is reused), in lexicographic order. */
export function forEachSubset(n: number, k: number, visit: (members: Int32Array) => void): void {
  const members = Int32Array.from({ length: k }, (_, i) => i);
  if (k > n) return;
  for (;;) {
    visit(members);
    let i = k - 1;
    while (i >= 0 && members[i] === n - k + i) i--;
    if (i < 0) return;
    members[i] = (members[i] ?? 0) + 1;
    for (let j = i + 1; j < k; j++) members[j] = (members[j - 1] ?? 0) + 1;
  }
}

/** A uniformly drawn k-subset of 0..n-1, by partial Fisher-Yates shuffling of `pool` (reused between draws). */
export function drawSubset(pool: Int32Array, k: number, random: RandomStream): Int32Array {
  for (let i = 0; i < k; i++) {
    const j = i + random.below(pool.length - i);
    const swapped = pool[i] ?? 0;
    pool[i] = pool[j] ?? 0;
    pool[j] = swapped;
  }
  return pool.subarray(0, k);
}
