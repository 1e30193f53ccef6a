import { answer, type Outcome, refuse } from "../outcome.ts";
import type { UnitCells } from "./unit-cells.ts";

/** Units that can be compared, and those that cannot with the reason. */
export interface Sides {
  readonly kept: readonly UnitCells[];
  /** Units whose gaps the data are judged by; left out: all. */
  readonly judged?: readonly UnitCells[];
  readonly excluded: readonly { readonly unit: string; readonly reason: string }[];
}

const ONLY_AFTER = "has data only after the deploy";
const ONLY_BEFORE = "has no data in the post window";

/** Both groups must hold at least one unit that is seen before and after the deploy. */
export function checkSides(
  cells: readonly UnitCells[],
  from: number,
  preEnd: number,
  postStart: number,
  steps: number,
): Outcome<Sides> {
  const { kept, excluded, present } = sortUnits(cells, from, preEnd, postStart, steps);
  const missing = missingSide(kept, present, excluded);
  return missing ?? answer({ kept, excluded });
}

/** As for waves: later units are the controls of earlier ones, so that units without the deploy are welcome but not needed. */
export function treatedSides(
  cells: readonly UnitCells[],
  from: number,
  preEnd: number,
  postStart: number,
  steps: number,
): Outcome<Sides> {
  const { kept, excluded, present } = sortUnits(cells, from, preEnd, postStart, steps);
  const missing = missingSide(kept, { ...present, control: Math.max(1, present.control) }, excluded, [true]);
  return missing ?? answer({ kept, excluded });
}

interface Sorted {
  readonly kept: UnitCells[];
  readonly excluded: { unit: string; reason: string }[];
  readonly present: { treated: number; control: number };
}

function sortUnits(
  cells: readonly UnitCells[],
  from: number,
  preEnd: number,
  postStart: number,
  steps: number,
): Sorted {
  const kept: UnitCells[] = [];
  const excluded: { unit: string; reason: string }[] = [];
  const present = { treated: 0, control: 0 };
  for (const cell of cells) {
    const before = hasFinite(cell.values, from, from + preEnd);
    const after = hasFinite(cell.values, from + postStart, from + steps);
    if (before || after) present[cell.treated ? "treated" : "control"]++;
    if (before && after) kept.push(cell);
    else
      excluded.push({
        unit: cell.unit,
        reason: before ? ONLY_BEFORE : after ? ONLY_AFTER : "has no data in either window",
      });
  }
  return { kept, excluded, present };
}

function missingSide(
  kept: readonly UnitCells[],
  present: { readonly treated: number; readonly control: number },
  excluded: readonly { readonly unit: string; readonly reason: string }[],
  needed: readonly boolean[] = [true, false],
): Outcome<never> | null {
  const facts = { excluded: excluded.map(({ unit, reason }) => ({ unit, reason })) };
  if (present.treated === 0) {
    return refuse(
      "NO_TREATED_UNITS",
      "None of the units with data is treated.",
      "Check `units.treated` against the names that `validate` prints (for a panel: its column `group`, or --treated).",
      facts,
    );
  }
  if (present.control === 0) {
    return refuse(
      "NO_CONTROL_UNITS",
      "None of the units with data is a control, so nothing tells the deploy from the time of day.",
      "Name at least one unit that did not get the deploy in `units.control` (for a panel: in its column `group`).",
      facts,
    );
  }
  for (const treated of needed) {
    if (kept.some((cell) => cell.treated === treated)) continue;
    const side = treated ? "treated" : "control";
    return refuse(
      "UNITS_ONLY_ON_ONE_SIDE",
      `No ${side} unit has data both before and after the deploy.`,
      "If the deploy replaces units (pods), choose a unit that stays: zone, shard, node pool, track or StatefulSet ordinal.",
      facts,
    );
  }
  return null;
}

function hasFinite(x: Float64Array, from: number, to: number): boolean {
  for (let t = from; t < to; t++) if (Number.isFinite(x[t] as number)) return true;
  return false;
}
