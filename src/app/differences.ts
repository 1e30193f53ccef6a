/** One place where two documents are not the same. */
export interface Difference {
  /** `slis[0].estimate.att` */
  readonly path: string;
  readonly stored: unknown;
  readonly recomputed: unknown;
}

/** Every place where two values that survive JSON differ. Keys whose value is undefined count as absent. */
export function differences(stored: unknown, recomputed: unknown, path = ""): Difference[] {
  if (Object.is(stored, recomputed) || (stored === 0 && recomputed === 0)) return [];
  if (Array.isArray(stored) && Array.isArray(recomputed) && stored.length === recomputed.length) {
    return stored.flatMap((value, index) => differences(value, recomputed[index], `${path}[${index}]`));
  }
  if (isMap(stored) && isMap(recomputed)) {
    const keys = new Set([...Object.keys(stored), ...Object.keys(recomputed)]);
    return [...keys].flatMap((key) => differences(stored[key], recomputed[key], path === "" ? key : `${path}.${key}`));
  }
  return [{ path, stored: shorten(stored), recomputed: shorten(recomputed) }];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lists and maps are named by their size: the paths below them say the rest. */
function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isMap(value)) return `a map of ${Object.keys(value).length}`;
  return value === undefined ? "absent" : value;
}
