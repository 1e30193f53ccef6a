import type { SplitUnits } from "../../estimators/split/model.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Aligned, type AlignRules, alignPanel } from "../../panel/align.ts";
import { countFinite, meanBetween, type Panel, unitValues, unitWeights } from "../../panel/panel.ts";
import type { Sides } from "../../panel/sides.ts";
import type { UnitCells } from "../../panel/unit-cells.ts";
import type { AnalysisPlan } from "../../plan.ts";
import { groupBy } from "../../regression/effects.ts";
import type { DesignQuestion } from "../design.ts";

/** A unit without weights that was seen in less of the post window says more about its hours than about the deploy. */
const LEAST_SEEN = 0.5;

/** Units that were running side by side after the deploy. */
export interface SplitSample {
  readonly aligned: Aligned;
  /** Every unit was also seen before the deploy. */
  readonly hasHistory: boolean;
  /** unit -> cluster of the plan, in the order of the panel; null: units were chosen one by one. */
  readonly clusters: readonly string[] | null;
}

/** The panel of a split: gaps before the deploy do not count unless every unit has a past. */
export function splitSample({ plan, sli, input }: DesignQuestion): Outcome<SplitSample> {
  const aligned = alignPanel(plan, sli, input, SIDE_BY_SIDE);
  if (!aligned.ok) return aligned;
  const { panel, quality } = aligned.value;
  const hasHistory =
    panel.preEnd > 0 && panel.units.every((_, u) => countFinite(unitValues(panel, u), 0, panel.preEnd) > 0);
  const named = Object.keys(plan.clusters).length > 0;
  return answer({
    aligned: hasHistory
      ? aligned.value
      : {
          panel,
          quality: { ...quality, missingTreatedPre: null, missingControlPre: null },
          preShortenedTo: null,
        },
    hasHistory,
    clusters: named ? panel.units.map((unit) => plan.clusters[unit] ?? unit) : null,
  });
}

/** Both sides after the deploy; units from before are only looked at where every one has a past. */
const SIDE_BY_SIDE: AlignRules = { needsPre: false, sides: sideBySide };

function sideBySide(
  cells: readonly UnitCells[],
  from: number,
  preEnd: number,
  postStart: number,
  steps: number,
): Outcome<Sides> {
  const seen = cells.map((cell) => countFinite(cell.values, from + postStart, from + steps));
  const judged = cells.filter((_, u) => (seen[u] ?? 0) > 0);
  const needed = LEAST_SEEN * (steps - postStart);
  const isEnough = (u: number): boolean => {
    const count = seen[u] ?? 0;
    return count > 0 && (cells[u]?.weights != null || count >= needed);
  };
  const kept = cells.filter((_, u) => isEnough(u));
  const excluded = cells.flatMap(({ unit, values }, u) => {
    if (isEnough(u)) return [];
    if ((seen[u] ?? 0) > 0) return [{ unit, reason: "was seen in less than half of the post window" }];
    const before = countFinite(values, from, from + preEnd) > 0;
    return [{ unit, reason: before ? "has no data in the post window" : "has no data in either window" }];
  });
  const missing = missingSide(cells, kept, excluded);
  return missing ?? answer({ kept, judged, excluded });
}

function missingSide(
  cells: readonly UnitCells[],
  kept: readonly UnitCells[],
  excluded: Sides["excluded"],
): Outcome<never> | null {
  const facts = { excluded: excluded.map(({ unit, reason }) => ({ unit, reason })) };
  for (const treated of [true, false]) {
    if (kept.some((cell) => cell.treated === treated)) continue;
    const side = treated ? "treated" : "control";
    const isKnown = cells.some((cell) => cell.treated === treated);
    return refuse(
      isKnown ? "UNITS_ONLY_ON_ONE_SIDE" : treated ? "NO_TREATED_UNITS" : "NO_CONTROL_UNITS",
      isKnown
        ? `No ${side} unit was running through the post window, so nothing can be compared side by side.`
        : `None of the units with data is ${treated ? "treated" : "a control"}.`,
      treated
        ? "Check `units.treated` against the names that `validate` prints."
        : "Keep some units on the old version until the post window ends, or choose a unit that outlives the deploy.",
      facts,
    );
  }
  return null;
}

/** One value per unit over a range of steps; units that were not seen in it are left out, with their positions. */
export function unitsBetween(
  { aligned, clusters }: SplitSample,
  from: number,
  to: number,
): { readonly units: SplitUnits; readonly kept: readonly number[] } {
  const { panel } = aligned;
  const means = panel.units.map((_, u) => meanBetween(unitValues(panel, u), from, to, unitWeights(panel, u)));
  const kept = means.flatMap((mean, u) => (Number.isFinite(mean) ? [u] : []));
  const units: SplitUnits = {
    names: kept.map((u) => panel.units[u] as string),
    treated: kept.map((u) => panel.treated[u] === true),
    values: Float64Array.from(kept, (u) => means[u] as number),
    weights: panel.weights === null ? null : Float64Array.from(kept, (u) => massBetween(panel, u, from, to)),
    covariates: [],
    strata: null,
    strataNames: [],
    clusters:
      clusters === null
        ? null
        : groupBy(
            "cluster",
            kept.map((u) => clusters[u] as string),
          ),
  };
  return { units, kept };
}

/** Sum of the weights of the cells that were seen. */
function massBetween(panel: Panel, unit: number, from: number, to: number): number {
  const values = unitValues(panel, unit);
  const weights = unitWeights(panel, unit);
  let total = 0;
  for (let t = from; t < to; t++) if (Number.isFinite(values[t] as number)) total += weights?.[t] ?? 1;
  return total;
}

/** Means of every unit before the deploy, as a covariate of the units after it. */
export function withHistory(sample: SplitSample, units: SplitUnits, kept: readonly number[]): SplitUnits {
  const { panel } = sample.aligned;
  const values = Float64Array.from(kept, (u) =>
    meanBetween(unitValues(panel, u), 0, panel.preEnd, unitWeights(panel, u)),
  );
  return { ...units, covariates: [{ name: "mean before", values }] };
}

/** Chance chose the treated units, so that nothing was different before. */
export function isRandomised(plan: AnalysisPlan): boolean {
  return plan.split?.assignment === "random";
}
