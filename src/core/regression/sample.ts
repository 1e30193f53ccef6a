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

/** Rows that can be used: nothing missing, weight positive, and (if asked) no singleton levels. */
export function usableRows(model: Model): Int32Array {
  const rows: number[] = [];
  for (let i = 0; i < model.outcome.length; i++) {
    if (Number.isNaN(model.outcome[i] ?? Number.NaN)) continue;
    if (model.weights && !((model.weights[i] ?? 0) > 0)) continue;
    if (model.columns.some((column) => Number.isNaN(column.values[i] ?? Number.NaN))) continue;
    rows.push(i);
  }
  const usable = Int32Array.from(rows);
  return model.singletons === "remove" ? withoutSingletons(usable, model.effects) : usable;
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

export function pick(values: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
}

export function pickEffects(effects: readonly Grouping[], rows: Int32Array): Grouping[] {
  return effects.map((effect) => selectRows(effect, rows));
}
