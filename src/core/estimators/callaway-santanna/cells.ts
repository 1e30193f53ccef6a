import { axpy, scaled } from "../../linalg/kernels.ts";
import { answer, type Outcome, type Refusal, refuse } from "../../outcome.ts";
import type { PanelMethod } from "../doubly-robust/panel.ts";
import type { BalancedPanel } from "../staggered/balanced.ts";
import { type ComparedUnits, comparedUnits, gather } from "./comparison.ts";

export interface GroupTimeOptions {
  readonly method: PanelMethod;
  readonly control: "never" | "notyet";
  /** Before the treatment: against the period before, or always against the last period without anticipation. */
  readonly base: "varying" | "universal";
  /** Periods (in units of time) before the treatment in which units may already react to it. */
  readonly anticipation: number;
  readonly trim: number;
}

/** Influences on the clusters they belong to; sums over a cluster's units. */
export interface SparseInfluence {
  readonly at: Int32Array;
  readonly values: Float64Array;
}

/** ATT(g, t): the effect on the units first treated in g, in period t. */
export interface GroupTimeCell {
  readonly group: number;
  readonly time: number;
  readonly base: number;
  readonly estimate: number;
  readonly controls: number;
  /** null: the reference period of a universal base, zero by definition. */
  readonly influence: SparseInfluence | null;
}

export interface GroupTimeEffects {
  readonly cells: readonly GroupTimeCell[];
  readonly units: number;
  readonly clusters: number;
  readonly panel: BalancedPanel;
  readonly anticipation: number;
  readonly groups: ReadonlyMap<number, GroupFacts>;
  readonly notes: readonly string[];
}

/** The units first treated in one period. */
export interface GroupFacts {
  /** Their weight among all units. */
  readonly share: number;
  /** Their distinct clusters, ascending. */
  readonly clusters: Int32Array;
}

/**
 * Effects by group (units first treated in the same period) and period.
 *
 * Formula: ATT(g, t) = two-period difference-in-differences of group g between its base period and t, against units never
 * treated or not yet treated by t (and by the base), by `panelDid`; base: the last period b with b + anticipation < g, for
 * varying bases before that the period before t. Covariates are those of the base period.
 * Assumes: parallel trends given covariates, treatment that stays, no effect earlier than the anticipation, overlap.
 * Units: the outcome's. Time O(groups x periods x units x covariates), memory O(groups x periods x units of group and
 * controls): linear in the units, nothing is kept per pair of units.
 * Source: Callaway and Sant'Anna 2021, Journal of Econometrics 225.
 */
export function groupTimeEffects(panel: BalancedPanel, options: GroupTimeOptions): Outcome<GroupTimeEffects> {
  const checked = checkControls(panel, options);
  if (!checked.ok) return checked;
  const members = membersOf(panel);
  const cells: GroupTimeCell[] = [];
  const notes = [...panel.notes];
  for (const group of panel.cohorts) {
    const baseAt = lastBefore(panel.periods, group - options.anticipation);
    if (baseAt < 0) {
      notes.push(`The units first treated in ${group} were left out: they have no period before.`);
      continue;
    }
    const found = groupCells(panel, options, { group, baseAt, treated: members.get(group) ?? [] });
    if (!found.ok) return found;
    cells.push(...found.value.cells);
    notes.push(...found.value.notes);
  }
  if (cells.every((cell) => cell.influence === null)) return nothingToCompare(options);
  return answer({
    cells,
    units: panel.units,
    clusters: panel.cluster.count,
    panel,
    anticipation: options.anticipation,
    groups: groupFacts(panel, members),
    notes,
  });
}

function membersOf(panel: BalancedPanel): Map<number, number[]> {
  const members = new Map<number, number[]>();
  panel.first.forEach((first, u) => {
    if (Number.isNaN(first)) return;
    const list = members.get(first);
    if (list) list.push(u);
    else members.set(first, [u]);
  });
  return members;
}

function groupFacts(panel: BalancedPanel, members: ReadonlyMap<number, readonly number[]>): Map<number, GroupFacts> {
  const facts = new Map<number, GroupFacts>();
  for (const [group, units] of members) {
    const weight = units.reduce((sum, u) => sum + (panel.weights?.[u] ?? 1), 0);
    const clusters = new Set(units.map((u) => panel.cluster.levels[u] ?? 0));
    facts.set(group, { share: weight / panel.units, clusters: Int32Array.from(clusters).sort() });
  }
  return facts;
}

/** Position of the last period below `limit`, -1 when there is none. */
function lastBefore(periods: Float64Array, limit: number): number {
  let at = -1;
  while (at + 1 < periods.length && (periods[at + 1] ?? 0) < limit) at++;
  return at;
}

interface Group {
  readonly group: number;
  /** Position of the base period. */
  readonly baseAt: number;
  readonly treated: readonly number[];
}

function groupCells(
  panel: BalancedPanel,
  options: GroupTimeOptions,
  { group, baseAt, treated }: Group,
): Outcome<{ readonly cells: readonly GroupTimeCell[]; readonly notes: readonly string[] }> {
  const cells: GroupTimeCell[] = [];
  const without: number[] = [];
  let last: ComparedUnits | null = null;
  for (let k = options.base === "universal" ? 0 : 1; k < panel.periods.length; k++) {
    const time = panel.periods[k] ?? Number.NaN;
    const b = options.base === "universal" || k > baseAt ? baseAt : k - 1;
    const base = panel.periods[b] ?? Number.NaN;
    if (k === b) {
      cells.push({ group, time, base, estimate: 0, controls: 0, influence: null });
      continue;
    }
    const controls = controlUnits(panel, options, group, Math.max(time, base));
    if (controls.length === 0) {
      without.push(time);
      continue;
    }
    last = comparedUnits(panel, options, { treated, controls, b }, last);
    const cell = compareGroups(panel, last, { group, k, b });
    if (!cell.ok) return cell;
    cells.push(cell.value);
  }
  const notes =
    without.length === 0
      ? []
      : [`No control is left for the units first treated in ${group} in ${without.join(", ")}.`];
  return answer({ cells, notes });
}

function controlUnits(panel: BalancedPanel, options: GroupTimeOptions, group: number, until: number): number[] {
  const controls: number[] = [];
  panel.first.forEach((first, u) => {
    const isLater = options.control === "notyet" && first > until + options.anticipation && first !== group;
    if (Number.isNaN(first) || isLater) controls.push(u);
  });
  return controls;
}

interface Comparison {
  readonly group: number;
  /** Positions of the period and of its base. */
  readonly k: number;
  readonly b: number;
}

function compareGroups(
  panel: BalancedPanel,
  { units, controls, effectOf }: ComparedUnits,
  { group, k, b }: Comparison,
): Outcome<GroupTimeCell> {
  const time = panel.periods[k] ?? Number.NaN;
  if (!effectOf.ok) return inCell(effectOf.refusal, group, time);
  const width = panel.periods.length;
  const change = gather(panel.outcome, units, width, k);
  axpy(-1, gather(panel.outcome, units, width, b), change);
  const found = effectOf.value(change);
  if (!found.ok) return inCell(found.refusal, group, time);
  return answer({
    group,
    time,
    base: panel.periods[b] ?? Number.NaN,
    estimate: found.value.estimate,
    controls,
    influence: byCluster(panel, units, found.value.influence, panel.units / units.length),
  });
}

function inCell({ code, message, hint, facts }: Refusal, group: number, time: number): Outcome<never> {
  return refuse(code, `Group ${group}, period ${time}: ${message}`, hint, { ...facts, group, period: time });
}

/** Sums the units' influences within clusters. */
function byCluster(panel: BalancedPanel, units: Int32Array, influence: Float64Array, scale: number): SparseInfluence {
  const { levels, count } = panel.cluster;
  if (count === panel.units) {
    return { at: units.map((u) => levels[u] ?? 0), values: scaled(influence, scale) };
  }
  const sums = new Float64Array(count);
  const touched = new Uint8Array(count);
  units.forEach((u, i) => {
    const c = levels[u] ?? 0;
    sums[c] = (sums[c] ?? 0) + scale * (influence[i] ?? 0);
    touched[c] = 1;
  });
  const at = Int32Array.from(sums.keys()).filter((c) => touched[c] === 1);
  return { at, values: Float64Array.from(at, (c) => sums[c] ?? 0) };
}

function checkControls(panel: BalancedPanel, options: GroupTimeOptions): Outcome<null> {
  if (panel.first.some(Number.isNaN)) return answer(null);
  if (options.control === "never") {
    return refuse(
      "NO_CONTROL_UNITS",
      "Every unit is treated at some time, so there is no unit that is never treated.",
      "Add such units, or compare with units not yet treated (--control notyet).",
    );
  }
  if (panel.cohorts.length > 1) return answer(null);
  return refuse(
    "NO_CONTROL_UNITS",
    `All units are first treated in the same period, ${panel.cohorts[0]}.`,
    "Add units that are treated later or never.",
    { period: panel.cohorts[0] ?? null },
  );
}

function nothingToCompare(options: GroupTimeOptions): Outcome<never> {
  return refuse(
    "NO_PRE_DATA",
    `No group has both a period before its treatment (less the anticipation of ${options.anticipation}) and a control.`,
    "Give earlier periods, or lower the anticipation.",
    { anticipation: options.anticipation },
  );
}
