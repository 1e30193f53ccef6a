import type { TextPool } from "./text-pool.ts";

/** The row that is being read; a cell is asked for by the position of its column. */
export interface RowCells {
  /** Number of the cell's text in the pool. */
  textId(column: number): number;
  /** NaN for an empty cell and for a text that says "not a number"; throws FILE_MALFORMED for anything else. */
  number(column: number): number;
  /** Epoch seconds; throws BAD_TIME. */
  time(column: number): number;
  /** The error for this row; `column` points at the cell. */
  malformed(problem: string, hint: string, column: number): Error;
}

/** Takes the rows of one table. */
export interface RowSink {
  /** Positions of the columns that `row` looks at. */
  readonly needs: readonly number[];
  row(cells: RowCells): void;
}

/** Made when the columns are known; throws MISSING_COLUMN when they do not suffice. */
export type SinkFactory = (columns: readonly string[], pool: TextPool) => RowSink;

export interface TableSummary {
  readonly rows: number;
  readonly columns: readonly string[];
}
