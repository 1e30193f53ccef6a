/** Rows sorted into levels 0..count-1: a fixed effect, a cluster variable or a time index. */
export interface Grouping {
  readonly name: string;
  readonly levels: Int32Array;
  readonly count: number;
}

/** Numbers the distinct keys in order of first appearance. */
export function groupBy(name: string, keys: ArrayLike<string | number>): Grouping {
  const numbers = new Map<string | number, number>();
  const levels = new Int32Array(keys.length);
  let last: string | number | undefined;
  let level = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | number;
    // rows of one unit mostly follow each other
    if (key !== last || i === 0) {
      level = numbers.get(key) ?? numbers.size;
      if (level === numbers.size) numbers.set(key, level);
      last = key;
    }
    levels[i] = level;
  }
  return { name, levels, count: numbers.size };
}

/** One level for every pair of levels that occurs. */
export function interact(a: Grouping, b: Grouping): Grouping {
  const keys = new Float64Array(a.levels.length);
  for (let i = 0; i < keys.length; i++) keys[i] = (a.levels[i] ?? 0) * b.count + (b.levels[i] ?? 0);
  return groupBy(`${a.name}^${b.name}`, keys);
}

/** The grouping of the selected rows (ascending), renumbered in order of appearance so that every level occurs. */
export function selectRows(grouping: Grouping, rows: Int32Array): Grouping {
  if (isAll(grouping, rows)) return grouping;
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

/** True when the rows, which are ascending, are all rows, and the levels already have the numbers of their appearance. */
function isAll({ levels, count }: Grouping, rows: Int32Array): boolean {
  if (rows.length !== levels.length) return false;
  let next = 0;
  for (let i = 0; i < levels.length && next < count; i++) {
    const level = levels[i] as number;
    if (level > next) return false;
    if (level === next) next++;
  }
  return next === count;
}

/** True when every level of `inner` lies within one level of `outer`. */
export function isNested(inner: Grouping, outer: Grouping): boolean {
  if (inner.levels === outer.levels) return true;
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
  const { levels } = grouping;
  for (let i = 0; i < levels.length; i++) {
    const after = (levels[i] ?? 0) + 1;
    offsets[after] = (offsets[after] ?? 0) + 1;
  }
  for (let level = 0; level < grouping.count; level++) {
    offsets[level + 1] = (offsets[level + 1] ?? 0) + (offsets[level] ?? 0);
  }
  const next = offsets.slice(0, grouping.count);
  const rows = new Int32Array(levels.length);
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? 0;
    const slot = next[level] ?? 0;
    rows[slot] = i;
    next[level] = slot + 1;
  }
  return { offsets, rows };
}

/** The rows of one level, as a view. */
export function rowsOf(index: LevelRows, level: number): Int32Array {
  return index.rows.subarray(index.offsets[level] ?? 0, index.offsets[level + 1] ?? 0);
}
