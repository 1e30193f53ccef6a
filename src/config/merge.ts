import type { Branch, Origins } from "./origins.ts";

/** Maps that mean something only as a whole: the override replaces them. */
const WHOLE = new Set(["treated", "control", "cluster", "version-query", "deployed-at"]);

export type ListRule = "replace" | "slis-by-id";

/**
 * `override` laid over `base`: maps are merged, everything else is replaced. With `slis-by-id` (environments) an SLI
 * is merged into the one of the same id; without (services) the list of SLIs is the service's own.
 */
export function merge(base: Branch, override: Branch, origins: Origins, lists: ListRule): Branch {
  const merged: Branch = {};
  origins.open(merged, origins.selfOf(override) ?? origins.selfOf(base) ?? { file: "" });
  for (const key of new Set([...Object.keys(base), ...Object.keys(override)])) {
    const wins = Object.hasOwn(override, key);
    origins.adopt(merged, key, wins ? override : base);
    merged[key] = wins ? mergeEntry(key, base[key], override[key], origins, lists) : base[key];
  }
  // Keys whose value was thrown away as wrong count as stated.
  for (const from of [base, override]) origins.adoptStated(merged, from);
  return merged;
}

function mergeEntry(key: string, base: unknown, override: unknown, origins: Origins, lists: ListRule): unknown {
  if (key === "slis" && lists === "slis-by-id" && Array.isArray(base) && Array.isArray(override)) {
    return mergeSlis(base, override, origins, lists);
  }
  if (!isBranch(base) || !isBranch(override) || isReplaced(key, base, override)) return override;
  return merge(base, override, origins, lists);
}

/** A source of another type shares no keys with the one it replaces. */
function isReplaced(key: string, base: Branch, override: Branch): boolean {
  return WHOLE.has(key) || (override.type !== undefined && override.type !== base.type);
}

function mergeSlis(
  base: readonly unknown[],
  override: readonly unknown[],
  origins: Origins,
  lists: ListRule,
): unknown[] {
  const merged: unknown[] = [];
  origins.open(merged, origins.selfOf(override) ?? { file: "" });
  const taken = new Set<unknown>();
  for (const [index, sli] of base.entries()) {
    const position = override.findIndex((other) => idOf(other) !== undefined && idOf(other) === idOf(sli));
    const other = override[position];
    taken.add(other);
    origins.adopt(
      merged,
      String(merged.length),
      other === undefined ? base : override,
      String(other === undefined ? index : position),
    );
    merged.push(isBranch(sli) && isBranch(other) ? merge(sli, other, origins, lists) : sli);
  }
  for (const [index, sli] of override.entries()) {
    if (taken.has(sli)) continue;
    origins.adopt(merged, String(merged.length), override, String(index));
    merged.push(sli);
  }
  return merged;
}

function idOf(sli: unknown): unknown {
  return isBranch(sli) ? sli.id : undefined;
}

export function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
