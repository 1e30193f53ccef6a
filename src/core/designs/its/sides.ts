import { answer, refuse } from "../../outcome.ts";
import type { AlignRules } from "../../panel/align.ts";
import { countFinite } from "../../panel/panel.ts";

const NOT_COMPARED = "is not treated, and this design compares with earlier days instead of other units";
const ONLY_AFTER = "has data only after the deploy";
const ONLY_BEFORE = "has no data in the post window";

/** Treated units that are seen before and after the deploy; controls, if there are any, are left out by name. */
export const TREATED_ONLY: AlignRules = {
  needsPre: true,
  sides(cells, from, preEnd, postStart, steps) {
    const treated = cells.filter((cell) => cell.treated);
    const isSeen = (values: Float64Array, first: number, last: number): boolean =>
      countFinite(values, from + first, from + last) > 0;
    const kept = treated.filter(({ values }) => isSeen(values, 0, preEnd) && isSeen(values, postStart, steps));
    const excluded = cells
      .filter((cell) => !kept.includes(cell))
      .map(({ unit, treated: wasTreated, values }) => {
        const reason = !wasTreated ? NOT_COMPARED : isSeen(values, 0, preEnd) ? ONLY_BEFORE : ONLY_AFTER;
        return { unit, reason };
      });
    if (kept.length > 0) return answer({ kept, judged: treated, excluded });
    const facts = { excluded: excluded.map(({ unit, reason }) => ({ unit, reason })) };
    return treated.length === 0
      ? refuse(
          "NO_TREATED_UNITS",
          "None of the units with data is treated.",
          "Check `units.treated` against the names that `validate` prints (for a panel: its column `group`, or --treated).",
          facts,
        )
      : refuse(
          "UNITS_ONLY_ON_ONE_SIDE",
          "No treated unit has data both before and after the deploy.",
          "If the deploy replaces units (pods), choose a unit that stays: zone, shard, node pool, track or StatefulSet ordinal.",
          facts,
        );
  },
};
