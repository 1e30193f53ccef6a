/** Rows sorted into levels 0..count-1: a fixed effect, a cluster variable or a time index. */
export interface Grouping {
  readonly name: string;
  readonly levels: Int32Array;
  readonly count: number;
}

/** Numbers the distinct keys in order of first appearance. */
export function groupBy(name: string, keys: readonly (string | number)[]): Grouping {
  const numbers = new Map<string | number, number>();
  const levels = new Int32Array(keys.length);
  keys.forEach((key, i) => {
    let level = numbers.get(key);
    if (level === undefined) {
      level = numbers.size;
      numbers.set(key, level);
    }
    levels[i] = level;
  });
  return { name, levels, count: numbers.size };
}

/** One level for every pair of levels that occurs. */
export function interact(a: Grouping, b: Grouping): Grouping {
  const keys = Array.from(a.levels, (level, i) => level * b.count + (b.levels[i] ?? 0));
  return groupBy(`${a.name}^${b.name}`, keys);
}

/** The grouping of the selected rows, renumbered so that every level occurs. */
export function selectRows(grouping: Grouping, rows: Int32Array): Grouping {
  const numbers = new Int32Array(grouping.count).fill(-1);
  const levels = new Int32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const level = grouping.levels[rows[i] as number] as number;
    if (numbers[level] === -1) {
      numbers[level] = count;
      count++;
    }
    levels[i] = numbers[level] as number;
  }
  return { name: grouping.name, levels, count };
}

/** True when every level of `inner` lies within one level of `outer`. */
export function isNested(inner: Grouping, outer: Grouping): boolean {
  const owner = new Int32Array(inner.count).fill(-1);
  for (let i = 0; i < inner.levels.length; i++) {
    const level = inner.levels[i] ?? 0;
    const group = outer.levels[i] ?? 0;
    const known = owner[level] ?? -1;
    if (known === -1) owner[level] = group;
    else if (known !== group) return false;
  }
  return true;
}

/** Rows of each level, as one flat list with offsets (compressed rows). */
export interface LevelRows {
  readonly offsets: Int32Array;
  readonly rows: Int32Array;
}

export function rowsByLevel(grouping: Grouping): LevelRows {
  const offsets = new Int32Array(grouping.count + 1);
  for (const level of grouping.levels) offsets[level + 1] = (offsets[level + 1] ?? 0) + 1;
  for (let level = 0; level < grouping.count; level++) {
    offsets[level + 1] = (offsets[level + 1] ?? 0) + (offsets[level] ?? 0);
  }
  const next = offsets.slice(0, grouping.count);
  const rows = new Int32Array(grouping.levels.length);
  grouping.levels.forEach((level, i) => {
    const slot = next[level] ?? 0;
    rows[slot] = i;
    next[level] = slot + 1;
  });
  return { offsets, rows };
}

/** The rows of one level, as a view. */
export function rowsOf(index: LevelRows, level: number): Int32Array {
  return index.rows.subarray(index.offsets[level] ?? 0, index.offsets[level + 1] ?? 0);
}
