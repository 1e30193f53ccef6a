import type { Series } from "../core/panel/series.ts";

/** By component, unit, subgroup and bound: the same data come in the same order from every source. */
export function bySeries(a: Series, b: Series): number {
  if (a.component !== b.component) return a.component < b.component ? -1 : 1;
  if (a.unit !== b.unit) return a.unit < b.unit ? -1 : 1;
  const [part, otherPart] = [a.subgroup ?? "", b.subgroup ?? ""];
  if (part !== otherPart) return part < otherPart ? -1 : 1;
  // Not a difference: two infinite bounds would give NaN.
  const [left, right] = [a.le ?? 0, b.le ?? 0];
  return left < right ? -1 : left > right ? 1 : 0;
}
