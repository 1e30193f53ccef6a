import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type OutcomeModel, outcomeModel } from "./outcome-model.ts";
import type { Prepared } from "./sample.ts";

/** A prepared sample with its outcome and the four cells' weights. */
export interface Cells extends Prepared {
  readonly outcome: Float64Array;
  readonly post: Float64Array;
}

export function emptyCell(cells: Cells): Outcome<null> {
  for (const group of [1, 0]) {
    for (const period of [1, 0]) {
      if (cellWeights(cells, group, period).some((w) => w > 0)) continue;
      const who = group === 1 ? "treated" : "control";
      const when = period === 1 ? "after" : "before";
      return refuse(
        period === 1 ? "NO_POST_DATA" : "NO_PRE_DATA",
        `There is no row of the ${who} group ${when} the treatment.`,
        "Give rows of both groups before and after.",
        { group: who, period: when },
      );
    }
  }
  return answer(null);
}

/** Weights of one group in one period, zero elsewhere. */
function cellWeights(cells: Cells, group: number, period: number): Float64Array {
  return cells.weights.map((w, i) => (cells.treated[i] === group && cells.post[i] === period ? w : 0));
}

/** `weights` in one period, zero in the other. */
export function within(cells: Cells, weights: Float64Array, period: number): Float64Array {
  return weights.map((w, i) => (cells.post[i] === period ? w : 0));
}

export interface PeriodModels {
  readonly before: OutcomeModel;
  readonly after: OutcomeModel;
}

export function periodModels(cells: Cells, weights: Float64Array, group: string): Outcome<PeriodModels> {
  const before = outcomeModel(cells, cells.outcome, within(cells, weights, 0), `${group} rows before`);
  if (!before.ok) return before;
  const after = outcomeModel(cells, cells.outcome, within(cells, weights, 1), `${group} rows after`);
  if (!after.ok) return after;
  return answer({ before: before.value, after: after.value });
}

export function controlModels(cells: Cells): Outcome<PeriodModels> {
  const weights = cells.weights.map((w, i) => (cells.treated[i] === 1 ? 0 : w));
  return periodModels(cells, weights, "control");
}

/** Outcome less the controls' expectation in the row's own period. */
export function residuals(cells: Cells, models: PeriodModels): Float64Array {
  return cells.outcome.map(
    (y, i) => y - ((cells.post[i] === 1 ? models.after.fitted[i] : models.before.fitted[i]) ?? 0),
  );
}

export function treatedModels(cells: Cells): Outcome<PeriodModels> {
  return periodModels(cells, treatedRows(cells), "treated");
}

export function treatedRows(cells: Cells): Float64Array {
  return cells.weights.map((w, i) => (cells.treated[i] === 1 ? w : 0));
}
