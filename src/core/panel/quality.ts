import { countFinite, type Panel, unitValues } from "./panel.ts";

/** What is wrong with the data of one SLI, in numbers; `coverage` judges it. */
export interface Quality {
  /** Shares of missing cells, 0 to 1; null when there are no such cells. */
  readonly missingTreatedPre: number | null;
  readonly missingControlPre: number | null;
  readonly missingTreatedPost: number | null;
  readonly missingControlPost: number | null;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rows: number;
  readonly resets: number;
  readonly infinite: number;
  /** Units that report before the deploy and stop inside the post window. */
  readonly deadUnits: readonly string[];
  /** Units that repeat one value: all of the post window after moving before, or all the time while most others move. */
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

/**
 * Repeats its last value over the whole post window although it moved in at least half of the steps before; or never
 * moved although most units do in at least half of the steps. A constant zero is no news: nothing happened there.
 */
export function frozenUnits(panel: Panel): string[] {
  const moves = panel.units.map((_, u) => {
    const values = unitValues(panel, u);
    return { before: changes(values, 0, panel.preEnd), after: changes(values, panel.preEnd, panel.steps) };
  });
  const isLive = ({ pairs, moved }: Moves): boolean => pairs >= 8 && moved >= 0.5 * pairs;
  const mostMove = moves.filter(({ before }) => isLive(before)).length > panel.units.length / 2;
  return panel.units.filter((_, u) => {
    const { before, after } = moves[u] as { before: Moves; after: Moves };
    if (after.pairs < 4 || after.moved > 0) return false;
    if (isLive(before)) return true;
    return (
      mostMove &&
      before.pairs >= 8 &&
      before.moved === 0 &&
      unitValues(panel, u).some((x) => Number.isFinite(x) && x !== 0)
    );
  });
}

interface Moves {
  readonly pairs: number;
  readonly moved: number;
}

function changes(x: Float64Array, from: number, to: number): Moves {
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
