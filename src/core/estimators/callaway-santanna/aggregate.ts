import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { GroupTimeCell, GroupTimeEffects } from "./cells.ts";

export const AGGREGATIONS = ["simple", "dynamic", "group", "calendar"] as const;
export type AggregationKind = (typeof AGGREGATIONS)[number];

/** An average of group-time effects. */
export interface AverageEffect {
  readonly estimate: number;
  /** By cluster. */
  readonly influence: Float64Array;
  /** First treated periods of the units behind it; empty: zero by definition. */
  readonly groups: readonly number[];
}

export interface Aggregation {
  readonly kind: AggregationKind;
  readonly overall: AverageEffect;
  /** By periods since treatment (dynamic), group or calendar period; none for simple. */
  readonly by: readonly { readonly at: number; readonly effect: AverageEffect }[];
}

export interface DynamicWindow {
  /** Only groups that are seen this long after their treatment, so that their mix is the same at every distance. */
  readonly balance: number | null;
  readonly min: number;
  readonly max: number;
}

export const WHOLE_WINDOW: DynamicWindow = {
  balance: null,
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
};

/**
 * Averages of group-time effects.
 *
 * Formula: `simple`: all cells with t >= g by group size; `dynamic`: at every e = t - g by group size, overall the plain mean
 * over e >= 0; `group`: plain mean over t >= g, overall by group size; `calendar`: at every t by group size, overall the
 * plain mean. Influences include the error of the estimated group shares.
 * Units: the outcome's. Time O(cells x units).
 * Source: Callaway and Sant'Anna 2021, section 3 and corollary 2.
 */
export function aggregate(
  effects: GroupTimeEffects,
  kind: AggregationKind,
  window: DynamicWindow = WHOLE_WINDOW,
): Outcome<Aggregation> {
  const after = effects.cells.filter((cell) => cell.time >= cell.group);
  if (after.length === 0) {
    return refuse("NO_POST_DATA", "No group has a period after its treatment with controls.", "Give later periods.");
  }
  switch (kind) {
    case "simple":
      return answer({ kind, overall: bySize(effects, after), by: [] });
    case "dynamic":
      return dynamic(effects, window);
    case "group":
      return answer(byGroup(effects, after));
    case "calendar":
      return answer(byCalendar(effects, after));
  }
}

function dynamic(effects: GroupTimeEffects, window: DynamicWindow): Outcome<Aggregation> {
  const { periods } = effects.panel;
  const [start, end] = [periods[0] ?? 0, periods.at(-1) ?? 0];
  const { balance } = window;
  const isIn = (e: number): boolean =>
    e >= window.min && e <= window.max && (balance === null || (e <= balance && e >= balance - end + start));
  const cells = effects.cells.filter((cell) => balance === null || end - cell.group >= balance);
  const by = distinct(cells, (cell) => cell.time - cell.group)
    .filter(isIn)
    .map((at) => ({
      at,
      effect: bySize(
        effects,
        cells.filter((cell) => cell.time - cell.group === at),
      ),
    }));
  const after = by.filter(({ at }) => at >= 0);
  if (after.length === 0) {
    return refuse(
      "NO_POST_DATA",
      "The window holds no period after the treatment.",
      "Widen the window, or lower the balance.",
      { balance, min: finite(window.min), max: finite(window.max) },
    );
  }
  return answer({ kind: "dynamic", overall: plainMean(after.map(({ effect }) => effect)), by });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function byGroup(effects: GroupTimeEffects, after: readonly GroupTimeCell[]): Aggregation {
  const by = distinct(after, (cell) => cell.group).map((at) => ({
    at,
    effect: plainMean(after.filter((cell) => cell.group === at).map((cell) => single(effects, cell))),
  }));
  const overall = shareWeighted(
    effects,
    by.map(({ at, effect }) => ({ group: at, effect, share: shareOf(effects, at) })),
  );
  return { kind: "group", overall, by };
}

function byCalendar(effects: GroupTimeEffects, after: readonly GroupTimeCell[]): Aggregation {
  const by = distinct(after, (cell) => cell.time).map((at) => ({
    at,
    effect: bySize(
      effects,
      after.filter((cell) => cell.time === at),
    ),
  }));
  return { kind: "calendar", overall: plainMean(by.map(({ effect }) => effect)), by };
}

function distinct(cells: readonly GroupTimeCell[], key: (cell: GroupTimeCell) => number): number[] {
  return [...new Set(cells.map(key))].sort((a, b) => a - b);
}

/** One cell as an average of one. */
export function single(effects: GroupTimeEffects, cell: GroupTimeCell): AverageEffect {
  const influence = new Float64Array(effects.clusters);
  addCell(influence, 1, cell);
  return { estimate: cell.estimate, influence, groups: groupsOf([cell]) };
}

/** Groups whose effects are estimated; the reference period of a universal base is zero by definition. */
function groupsOf(cells: readonly GroupTimeCell[]): number[] {
  return distinct(
    cells.filter((cell) => cell.influence !== null),
    (cell) => cell.group,
  );
}

function addCell(target: Float64Array, factor: number, cell: GroupTimeCell): void {
  if (cell.influence === null) return;
  const { at, values } = cell.influence;
  for (let i = 0; i < at.length; i++) {
    const c = at[i] ?? 0;
    target[c] = (target[c] ?? 0) + factor * (values[i] ?? 0);
  }
}

function plainMean(parts: readonly AverageEffect[]): AverageEffect {
  const influence = new Float64Array(parts[0]?.influence.length ?? 0);
  let estimate = 0;
  for (const part of parts) {
    estimate += part.estimate / parts.length;
    for (let i = 0; i < influence.length; i++) {
      influence[i] = (influence[i] ?? 0) + (part.influence[i] ?? 0) / parts.length;
    }
  }
  return { estimate, influence, groups: [...new Set(parts.flatMap((part) => part.groups))] };
}

/** Cells weighted by the share of their group. */
function bySize(effects: GroupTimeEffects, cells: readonly GroupTimeCell[]): AverageEffect {
  const total = cells.reduce((sum, cell) => sum + shareOf(effects, cell.group), 0);
  const weightOf = (cell: GroupTimeCell): number => shareOf(effects, cell.group) / total;
  const estimate = cells.reduce((sum, cell) => sum + weightOf(cell) * cell.estimate, 0);
  const influence = new Float64Array(effects.clusters);
  const tilt = new Map<number, number>();
  for (const cell of cells) {
    addCell(influence, weightOf(cell), cell);
    tilt.set(cell.group, (tilt.get(cell.group) ?? 0) + (cell.estimate - estimate) / total);
  }
  addShareError(effects, influence, tilt);
  return { estimate, influence, groups: groupsOf(cells) };
}

function shareWeighted(
  effects: GroupTimeEffects,
  parts: readonly { readonly group: number; readonly effect: AverageEffect; readonly share: number }[],
): AverageEffect {
  const total = parts.reduce((sum, part) => sum + part.share, 0);
  const estimate = parts.reduce((sum, part) => sum + (part.share / total) * part.effect.estimate, 0);
  const influence = new Float64Array(effects.clusters);
  const tilt = new Map<number, number>();
  for (const { group, effect, share } of parts) {
    for (let i = 0; i < influence.length; i++) {
      influence[i] = (influence[i] ?? 0) + (share / total) * (effect.influence[i] ?? 0);
    }
    tilt.set(group, (effect.estimate - estimate) / total);
  }
  addShareError(effects, influence, tilt);
  return { estimate, influence, groups: parts.map((part) => part.group) };
}

/** A unit of group g moves the average by its weight times what the group's share contributes. */
function addShareError({ panel }: GroupTimeEffects, target: Float64Array, tilt: ReadonlyMap<number, number>): void {
  for (let u = 0; u < panel.units; u++) {
    const factor = tilt.get(panel.first[u] ?? Number.NaN);
    if (factor === undefined) continue;
    const c = panel.cluster.levels[u] ?? 0;
    target[c] = (target[c] ?? 0) + (panel.weights?.[u] ?? 1) * factor;
  }
}

function shareOf(effects: GroupTimeEffects, group: number): number {
  return effects.groups.get(group)?.share ?? 0;
}

/** Clusters with treated units behind an average; a single one has no variance to estimate. */
export function treatedClusters(effects: GroupTimeEffects, groups: readonly number[]): number {
  const [first, ...others] = [...new Set(groups)].map((group) => effects.groups.get(group)?.clusters);
  if (others.length === 0) return first?.length ?? 0;
  const found = new Set<number>();
  for (const clusters of [first, ...others]) for (const c of clusters ?? []) found.add(c);
  return found.size;
}
