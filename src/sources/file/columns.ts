import type { RowCells, RowSink, SinkFactory } from "./cells.ts";
import { quoteCell } from "./errors.ts";
import type { TableInput } from "./open.ts";
import { readTable } from "./table.ts";
import type { TextPool } from "./text-pool.ts";
import { daysFromCivil, readNumberText, readTimeText } from "./values.ts";

/**
 * How the cells of a column are read. number: NaN where there is none. period: a number, or a time or day as epoch
 * seconds; NaN for an empty cell and for `never`. name: a text that is not empty.
 */
export type ColumnKind = "name" | "number" | "period";

export interface WantedColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** Columns of a table as they were asked for. */
export interface ColumnTable {
  readonly rows: number;
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly numbers: ReadonlyMap<string, Float64Array>;
  readonly periods: ReadonlyMap<string, Float64Array>;
}

/** Reads some columns of any table; `choose` sees the header and may throw MISSING_COLUMN. */
export async function readColumns(
  input: TableInput,
  choose: (columns: readonly string[]) => readonly WantedColumn[],
): Promise<ColumnTable> {
  const state: { sink: ColumnSink | null } = { sink: null };
  const makeSink: SinkFactory = (columns, pool) => {
    state.sink = new ColumnSink(choose(columns), columns, pool);
    return state.sink;
  };
  const { rows } = await readTable(input, makeSink);
  return state.sink?.finish(rows) ?? { rows, names: new Map(), numbers: new Map(), periods: new Map() };
}

interface OpenColumn extends WantedColumn {
  readonly position: number;
  readonly cells: GrowingNumbers;
}

class ColumnSink implements RowSink {
  readonly needs: readonly number[];
  readonly #columns: readonly OpenColumn[];
  readonly #pool: TextPool;
  /** Periods repeat in every unit: each text is read once. */
  readonly #periods = new Map<number, number>();

  constructor(wanted: readonly WantedColumn[], columns: readonly string[], pool: TextPool) {
    this.#pool = pool;
    this.#columns = wanted.map((column) => ({
      ...column,
      position: columns.indexOf(column.name),
      cells: new GrowingNumbers(),
    }));
    this.needs = [...new Set(this.#columns.map(({ position }) => position))];
  }

  row(cells: RowCells): void {
    for (const { kind, position, cells: target } of this.#columns) {
      if (kind === "number") target.append(cells.number(position));
      else target.append(kind === "name" ? this.#name(cells, position) : this.#period(cells, position));
    }
  }

  finish(rows: number): ColumnTable {
    const of = (kind: ColumnKind): [string, Float64Array][] =>
      this.#columns.filter((column) => column.kind === kind).map(({ name, cells }) => [name, cells.finish()]);
    const names = of("name").map(([name, ids]) => [name, Array.from(ids, (id) => this.#pool.text(id))] as const);
    return { rows, names: new Map(names), numbers: new Map(of("number")), periods: new Map(of("period")) };
  }

  /** Number of the text in the pool. */
  #name(cells: RowCells, position: number): number {
    const id = cells.textId(position);
    if (this.#pool.text(id) !== "") return id;
    throw cells.malformed(`the cell of the column ${quoteCell(this.#nameOf(position))} is empty`, "Fill it.", position);
  }

  #period(cells: RowCells, position: number): number {
    const id = cells.textId(position);
    const known = this.#periods.get(id);
    if (known !== undefined) return known;
    const text = this.#pool.text(id);
    const period = readPeriod(text);
    if (period === null) {
      throw cells.malformed(
        `the ${this.#nameOf(position)} ${quoteCell(text)} is neither a number nor a time`,
        "Write numbers, days such as 2026-01-31, or times with their zone such as 2026-01-31T13:05:00Z.",
        position,
      );
    }
    this.#periods.set(id, period);
    return period;
  }

  #nameOf(position: number): string {
    return this.#columns.find((column) => column.position === position)?.name ?? "";
  }
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

/** null: it is no period. */
function readPeriod(text: string): number | null {
  const number = readNumberText(text);
  if (number !== null) return number;
  if (text.trim().toLowerCase() === "never") return Number.NaN;
  const [, year, month, day] = DAY.exec(text.trim()) ?? [];
  if (year !== undefined) {
    const days = daysFromCivil(Number(year), Number(month), Number(day));
    return days === null ? null : days * 86_400;
  }
  const time = readTimeText(text);
  return time.ok ? time.seconds : null;
}

/** Numbers of one column while their count is not known yet. */
class GrowingNumbers {
  #values = new Float64Array(256);
  #length = 0;

  append(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(Math.ceil(this.#length * 1.5));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  finish(): Float64Array {
    const values = this.#values.slice(0, this.#length);
    this.#values = new Float64Array(0);
    return values;
  }
}
