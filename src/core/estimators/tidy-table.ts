import type { TextColumn, TidyData } from "./contract.ts";

/** Columns of a table as a program has them; all of one length. NaN is a missing number. */
export interface TidyColumns {
  readonly outcome: ArrayLike<number>;
  readonly unit?: readonly string[];
  readonly time?: ArrayLike<number>;
  /** 1 where the row is treated, else 0. */
  readonly treatment?: ArrayLike<number>;
  /** First treated period of the row's unit; 0, NaN or Infinity: never. */
  readonly firstTreated?: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
  readonly covariates?: Readonly<Record<string, ArrayLike<number>>>;
  readonly cluster?: readonly string[];
  readonly furtherClusters?: Readonly<Record<string, readonly string[]>>;
  /** Columns of names that settings refer to, such as further fixed effects. */
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  /** Columns of numbers that settings refer to. */
  readonly numbers?: Readonly<Record<string, ArrayLike<number>>>;
}

/** A tidy table from columns; the columns are copied. Throws RangeError when their lengths differ. */
export function tidyTable(columns: TidyColumns): TidyData {
  const { unit, time, treatment, firstTreated, weights, cluster } = columns;
  const outcome = Float64Array.from(columns.outcome);
  const texts = (record: TidyColumns["texts"]): TextColumn[] =>
    Object.entries(record ?? {}).map(([name, values]) => ({ name, values: [...values] }));
  const numbers = (record: TidyColumns["numbers"]) =>
    Object.entries(record ?? {}).map(([name, values]) => ({ name, values: Float64Array.from(values) }));
  const table: TidyData = {
    rows: outcome.length,
    unit: unit === undefined ? null : [...unit],
    time: time === undefined ? null : Float64Array.from(time),
    outcome,
    treatment: treatment === undefined ? null : Float64Array.from(treatment),
    firstTreated: firstTreated === undefined ? null : Float64Array.from(firstTreated),
    weights: weights === undefined ? null : Float64Array.from(weights),
    covariates: numbers(columns.covariates),
    cluster: cluster === undefined ? null : [...cluster],
    furtherClusters: texts(columns.furtherClusters),
    texts: texts(columns.texts),
    numbers: numbers(columns.numbers),
  };
  checkLengths(table);
  return table;
}

function checkLengths(table: TidyData): void {
  const { rows, unit, time, treatment, firstTreated, weights, cluster } = table;
  const plain = Object.entries({ unit, time, treatment, firstTreated, weights, cluster });
  const named = [table.covariates, table.furtherClusters, table.texts, table.numbers].flatMap((list) =>
    (list ?? []).map(({ name, values }): [string, ArrayLike<unknown>] => [name, values]),
  );
  for (const [name, values] of [...plain, ...named]) {
    if (values !== null && values.length !== rows) {
      throw new RangeError(`the column ${name} has ${values.length} rows, the outcome has ${rows}`);
    }
  }
}
