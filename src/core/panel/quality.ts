import { countFinite, type Panel, unitValues } from "./panel.ts";

/** What is wrong with the data of one SLI, in numbers; `coverage` judges it. */
export interface Quality {
  /** Shares of missing cells, 0 to 1; null when there are no such cells. */
  readonly missingTreatedPre: number | null;
  readonly missingControlPre: number | null;
  readonly missingTreatedPost: number | null;
  readonly missingControlPost: number | null;
  readonly duplicates: number;
  readonly resets: number;
  readonly infinite: number;
  /** Units that report before the deploy and stop inside the post window. */
  readonly deadUnits: readonly string[];
  /** Units that varied before and repeat one value to the end of the post window. */
  readonly frozenUnits: readonly string[];
  /** Post steps at the end in which no unit has data yet. */
  readonly lateSteps: number;
  /** Median distance of two stamps of one unit, seconds; null with fewer than two stamps. */
  readonly spacing: number | null;
  /** Units left out and why. */
  readonly excluded: readonly { readonly unit: string; readonly reason: string }[];
}

/** Share of missing cells of one group in a range of steps. */
export function missingShare(panel: Panel, treated: boolean, from: number, to: number): number | null {
  let cells = 0;
  let present = 0;
  for (let u = 0; u < panel.units.length; u++) {
    if (panel.treated[u] !== treated) continue;
    cells += to - from;
    present += countFinite(unitValues(panel, u), from, to);
  }
  return cells === 0 ? null : 1 - present / cells;
}

/** Stops at least 20 % of the post window (and two steps) before the group's last data. */
export function deadUnits(panel: Panel): string[] {
  const span = panel.steps - panel.postStart;
  const tolerated = Math.max(1, Math.floor(0.2 * span));
  return panel.units.filter((_, u) => {
    const values = unitValues(panel, u);
    if (countFinite(values, 0, panel.preEnd) === 0) return false;
    let last = panel.steps - 1;
    while (last >= panel.preEnd && !Number.isFinite(values[last] as number)) last--;
    return panel.steps - 1 - last > tolerated;
  });
}

/** Repeats its last value over the whole post window although it moved in at least half of the steps before. */
export function frozenUnits(panel: Panel): string[] {
  return panel.units.filter((_, u) => {
    const values = unitValues(panel, u);
    const after = changes(values, panel.preEnd, panel.steps);
    const before = changes(values, 0, panel.preEnd);
    return after.pairs >= 4 && after.moved === 0 && before.pairs >= 8 && before.moved >= 0.5 * before.pairs;
  });
}

function changes(x: Float64Array, from: number, to: number): { readonly pairs: number; readonly moved: number } {
  let pairs = 0;
  let moved = 0;
  let before = Number.NaN;
  for (let t = from; t < to; t++) {
    const value = x[t] as number;
    if (!Number.isFinite(value)) continue;
    if (Number.isFinite(before)) {
      pairs++;
      if (value !== before) moved++;
    }
    before = value;
  }
  return { pairs, moved };
}
