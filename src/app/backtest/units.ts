import { drawSubset } from "../../core/inference/assignments.ts";
import { type RandomStream, randomStream } from "../../core/inference/random.ts";
import type { StudyPart } from "./study.ts";

/** Units of a service by side, names sorted; a cluster's units go together. */
export interface Sides {
  readonly treated: readonly string[];
  readonly control: readonly string[];
}

export function sidesOf({ plan, inputs }: StudyPart): Sides {
  const treated = new Set<string>();
  const all = new Set<string>();
  const excluded = new Set(plan.excludedUnits.map(({ unit }) => unit));
  const named = new Set(plan.treatedUnits);
  for (const { series } of inputs) {
    for (const { unit, group } of series) {
      if (excluded.has(unit)) continue;
      const isTreated = named.size > 0 ? named.has(unit) : group === "treated";
      if (isTreated) treated.add(unit);
      if (isTreated || group !== null || named.size > 0) all.add(unit);
    }
  }
  const names = [...all].sort();
  return {
    treated: names.filter((unit) => treated.has(unit)),
    control: names.filter((unit) => !treated.has(unit)),
  };
}

/** What a deploy is assigned to: clusters, or units that are their own cluster. */
function groupsOf({ plan }: StudyPart, units: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const unit of units) {
    const name = plan.clusters[unit] ?? unit;
    groups.set(name, [...(groups.get(name) ?? []), unit]);
  }
  return [...groups.values()];
}

/** As many units (clusters) as were treated, drawn from all; null when there is nothing to draw from. */
export function reassignment(part: StudyPart, random: RandomStream): readonly string[] | null {
  const { treated, control } = sidesOf(part);
  if (treated.length === 0 || control.length === 0) return null;
  return draw(groupsOf(part, [...treated, ...control]), groupsOf(part, treated).length, random).flat();
}

function draw(groups: readonly string[][], count: number, random: RandomStream): string[][] {
  const pool = Int32Array.from(groups, (_, i) => i);
  return [...drawSubset(pool, count, random)].sort((a, b) => a - b).map((i) => groups[i] ?? []);
}

/** Another stream for every fake time, so that leaving one out does not change the others. */
export function streamAt(seed: number, at: number, turn: number): RandomStream {
  return randomStream(seed * 1_000_003 + Math.round(at) * 31 + turn);
}

/** A smaller experiment: how many units (clusters) stay on each side. */
export interface FewerUnits {
  readonly treated: number;
  readonly control: number;
}

/** Halves down to one, on one side at a time: what fewer controls and fewer treated would cost. */
export function fewerUnits(part: StudyPart): FewerUnits[] {
  const { treated, control } = sidesOf(part);
  const [n1, n0] = [groupsOf(part, treated).length, groupsOf(part, control).length];
  const halves = (n: number): number[] => {
    const found: number[] = [];
    for (let left = Math.floor(n / 2); left >= 1; left = Math.floor(left / 2)) found.push(left);
    return found;
  };
  return [
    ...halves(n0).map((fewer) => ({ treated: n1, control: fewer })),
    ...halves(n1).map((fewer) => ({ treated: fewer, control: n0 })),
  ];
}

export function unitCounts(part: StudyPart): FewerUnits {
  const { treated, control } = sidesOf(part);
  return { treated: groupsOf(part, treated).length, control: groupsOf(part, control).length };
}

/** Units to leave out so that this many stay, drawn by chance. */
export function leftOutFor(part: StudyPart, keep: FewerUnits, random: RandomStream): string[] {
  const { treated, control } = sidesOf(part);
  return [
    { units: treated, kept: keep.treated },
    { units: control, kept: keep.control },
  ].flatMap(({ units, kept }) => {
    const groups = groupsOf(part, units);
    return draw(groups, Math.max(0, groups.length - kept), random).flat();
  });
}
