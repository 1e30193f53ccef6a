import type { RowCells, RowSink } from "./cells.ts";
import type { TableInput } from "./open.ts";
import { readTable } from "./table.ts";
import type { TextPool } from "./text-pool.ts";

/** The named columns of every row as text, in the order of the rows; a column that is missing is left out. */
export async function readTexts<T extends string>(
  input: TableInput,
  wanted: readonly T[],
  check: (columns: readonly string[]) => void,
): Promise<Partial<Record<T, string>>[]> {
  const rows: Partial<Record<T, string>>[] = [];
  await readTable(input, (columns, pool) => {
    check(columns);
    return new TextSink(wanted, columns, pool, rows);
  });
  return rows;
}

class TextSink<T extends string> implements RowSink {
  readonly needs: readonly number[];
  readonly #columns: readonly (readonly [T, number])[];
  readonly #pool: TextPool;
  readonly #rows: Partial<Record<T, string>>[];

  constructor(wanted: readonly T[], columns: readonly string[], pool: TextPool, rows: Partial<Record<T, string>>[]) {
    this.#columns = wanted.flatMap((name) => {
      const position = columns.indexOf(name);
      return position < 0 ? [] : [[name, position] as const];
    });
    this.#pool = pool;
    this.#rows = rows;
    this.needs = this.#columns.map(([, position]) => position);
  }

  row(cells: RowCells): void {
    const row: Partial<Record<T, string>> = {};
    for (const [name, position] of this.#columns) row[name] = this.#pool.text(cells.textId(position));
    this.#rows.push(row);
  }
}
