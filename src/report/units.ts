import type { EventStudyPoint, SliResult, UnitChange } from "../core/result.ts";
import type { Display } from "./display.ts";
import { clock, duration, share, signed } from "./format.ts";
import type { UnitRow, UnitsChart } from "./model.ts";
import type { Disclosure } from "./redact.ts";

export interface UnitScope {
  readonly sli: SliResult;
  readonly display: Display;
  readonly shown: Disclosure;
}

type Known = UnitChange & { readonly change: number };

/** Treated before control, most harm first. */
function inOrder({ sli }: UnitScope): readonly UnitChange[] {
  const sign = sli.direction === "up" ? 1 : -1;
  const harm = ({ change }: UnitChange): number => (change === null ? Number.NEGATIVE_INFINITY : sign * change);
  const group = (name: UnitChange["group"]): readonly UnitChange[] =>
    sli.unitChanges.filter((one) => one.group === name).sort((a, b) => harm(b) - harm(a) || (a.unit < b.unit ? -1 : 1));
  return [...group("treated"), ...group("control")];
}

export function unitRows(scope: UnitScope): readonly UnitRow[] {
  const { factor, suffix } = scope.display;
  if (factor === null) return [];
  const decimals = unitDecimals(scope.display);
  return inOrder(scope).map(({ unit, group, change, weight }) => ({
    name: scope.shown.unit(unit),
    group,
    change: change === null ? "-" : `${signed(change * factor, decimals)}${suffix}`,
    weight: share(weight),
  }));
}

/** One unit is noisier than all together: no more digits than the whole has, and never fewer than one with a sign. */
function unitDecimals({ decimals, low }: Display): number {
  return low === null ? 2 : decimals;
}

export function unitsChart(scope: UnitScope): UnitsChart | null {
  const { sli, display, shown } = scope;
  const { factor } = display;
  const known = inOrder(scope).filter((one): one is Known => one.change !== null);
  if (factor === null || known.length < 2) return null;
  return {
    unit: display.suffix.trim(),
    margin: display.margin === null ? null : (sli.direction === "up" ? 1 : -1) * display.margin,
    worse: sli.direction,
    units: known.map(({ unit, group, change }) => ({ name: shown.unit(unit), group, change: change * factor })),
  };
}

/** The first part of the post window that is worse by itself, and whether the last one still is; null: nothing to date. */
export function sinceSentence({ sli, display }: UnitScope, deployedAt: number): string | null {
  const after = sli.eventStudy.filter((point) => point.relTime >= 0);
  const last = after.at(-1);
  if (sli.verdict !== "regression" || last === undefined || display.factor === null) return null;
  const isWorse = ({ confLow, confHigh }: EventStudyPoint): boolean =>
    sli.direction === "up" ? confLow !== null && confLow > 0 : confHigh !== null && confHigh < 0;
  const first = after.find(isWorse);
  if (first === undefined) return "It shows over the whole time after the deploy, in no part of it alone.";
  const size = `${signed(first.estimate * display.factor, unitDecimals(display))}${display.suffix}`;
  const end = isWorse(last)
    ? "and still there at the end of the window"
    : "and no longer clear at the end of the window";
  return `First seen ${when(first, sli, deployedAt)} at ${size}${first === last ? "" : `, ${end}`}.`;
}

/** `5 minutes to 15 minutes after the deploy (08:05 to 08:15 UTC)`; with waves time counts from each unit's own. */
function when({ relTime, span }: EventStudyPoint, { design }: SliResult, deployedAt: number): string {
  const range = spanAfter(relTime, relTime + span);
  if (design === "staggered") return `${range} after each unit's own deploy`;
  const [from, to] = [deployedAt + relTime, deployedAt + relTime + span];
  return `${range} after the deploy (${clock(from).replace(" UTC", "")} to ${clock(to)})`;
}

/** `5 to 15 minutes`, `in the first 10 minutes`. */
function spanAfter(from: number, to: number): string {
  const [start, end] = [duration(from), duration(to)];
  if (from === 0) return `in the first ${end}`;
  const isMinutes = /^\d+ minutes$/.test(start) && /^\d+ minutes$/.test(end);
  return `${isMinutes ? start.replace(" minutes", "") : start} to ${end}`;
}
