import { type Grouping, selectRows } from "./effects.ts";

export interface NamedColumn {
  readonly name: string;
  readonly values: Float64Array;
}

/** A linear model as asked for: outcome, columns, absorbed effects, analytic weights. NaN marks a missing value. */
export interface Model {
  readonly outcome: Float64Array;
  /** A column of ones must be given when there are no effects and an intercept is wanted. */
  readonly columns: readonly NamedColumn[];
  readonly effects: readonly Grouping[];
  readonly weights?: Float64Array;
  /** `remove` drops levels of an effect that occur once, repeatedly; they carry no information on the slopes. */
  readonly singletons: "keep" | "remove";
}

/** Rows that can be used: nothing missing, weight positive, and (if asked) no singleton levels. Ascending. */
export function usableRows(model: Model): Int32Array {
  const usable = completeRows(model);
  return model.singletons === "remove" ? withoutSingletons(usable, model.effects) : usable;
}

function completeRows({ outcome, weights, columns }: Model): Int32Array {
  // one after the other: a column may make its values when it is asked for them
  const numbers = [{ values: outcome }, ...columns].filter((column) => hasMissing(column.values));
  const isOut = weights?.some((weight) => !(weight > 0)) ?? false;
  const rows = new Int32Array(outcome.length);
  if (numbers.length === 0 && !isOut) {
    for (let i = 0; i < rows.length; i++) rows[i] = i;
    return rows;
  }
  const known = numbers.map(({ values }) => values);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    if (weights && !((weights[i] ?? 0) > 0)) continue;
    let isMissing = false;
    for (const values of known) isMissing ||= Number.isNaN(values[i] ?? Number.NaN);
    if (isMissing) continue;
    rows[count] = i;
    count++;
  }
  return rows.slice(0, count);
}

function hasMissing(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i] as number)) return true;
  return false;
}

function withoutSingletons(rows: Int32Array, effects: readonly Grouping[]): Int32Array {
  let current = rows;
  for (;;) {
    let kept = current;
    for (const effect of effects) {
      const counts = new Int32Array(effect.count);
      for (const row of kept) {
        const level = effect.levels[row] ?? 0;
        counts[level] = (counts[level] ?? 0) + 1;
      }
      kept = kept.filter((row) => (counts[effect.levels[row] ?? 0] ?? 0) > 1);
    }
    if (kept.length === current.length) return kept;
    current = kept;
  }
}

/** The values of the selected rows, which are ascending; the very column when all rows are selected. */
export function pick(values: Float64Array, rows: Int32Array): Float64Array {
  if (rows.length === values.length) return values;
  const result = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) result[i] = values[rows[i] ?? 0] ?? Number.NaN;
  return result;
}

export function pickEffects(effects: readonly Grouping[], rows: Int32Array): Grouping[] {
  return effects.map((effect) => selectRows(effect, rows));
}
