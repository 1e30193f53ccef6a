import * as zlib from "node:zlib";
import { type DecodedArray, type FileMetaData, parquetMetadata, parquetRead, parquetSchema } from "hyparquet";
import { DeployImpactError } from "../../core/errors.ts";
import type { RowCells, RowSink, SinkFactory, TableSummary } from "./cells.ts";
import { quoteCell, tableError } from "./errors.ts";
import { TextPool } from "./text-pool.ts";
import { readEpoch, readNumberText, readTimeText } from "./values.ts";

/** Codecs beside Snappy, which the reader brings along. */
const COMPRESSORS = {
  GZIP: (bytes: Uint8Array): Uint8Array => zlib.gunzipSync(bytes),
  BROTLI: (bytes: Uint8Array): Uint8Array => zlib.brotliDecompressSync(bytes),
  ...zstdCodec(),
};

/** zstd came with Node 22.15 and 23.8. */
function zstdCodec(): { readonly ZSTD?: (bytes: Uint8Array) => Uint8Array } {
  const decompress: unknown = Reflect.get(zlib, "zstdDecompressSync");
  return typeof decompress === "function" ? { ZSTD: (bytes) => decompress(bytes) as Uint8Array } : {};
}

/** Reads one row group after the other, and of it only the columns that are needed. */
export async function readParquet(bytes: Uint8Array, name: string, makeSink: SinkFactory): Promise<TableSummary> {
  const pool = new TextPool();
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = understand(name, () => parquetMetadata(buffer));
  const columns = parquetSchema(metadata).children.map((child) => child.element.name);
  const sink = makeSink(columns, pool);
  const file = { byteLength: buffer.byteLength, slice: (start: number, end?: number) => buffer.slice(start, end) };
  let first = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const wanted = { file, metadata, columns, needs: sink.needs, first, rows };
    const cells = await readGroup(wanted, name);
    feed(sink, new ParquetCells(name, columns, pool, first, cells), rows);
    first += rows;
  }
  return { rows: first, columns };
}

function feed(sink: RowSink, cells: ParquetCells, rows: number): void {
  for (let row = 0; row < rows; row += 1) {
    cells.at = row;
    sink.row(cells);
  }
}

interface Wanted {
  readonly file: { readonly byteLength: number; readonly slice: (start: number, end?: number) => ArrayBuffer };
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  readonly needs: readonly number[];
  readonly first: number;
  readonly rows: number;
}

/** Values of the needed columns of one row group, by position of the column. */
async function readGroup(wanted: Wanted, name: string): Promise<unknown[][]> {
  const { file, metadata, columns, first, rows } = wanted;
  const cells: unknown[][] = columns.map(() => []);
  const names = wanted.needs.map((column) => columns[column] ?? "");
  const onChunk = (chunk: { columnName: string; columnData: DecodedArray; rowStart: number }): void => {
    const target = cells[columns.indexOf(chunk.columnName)] ?? [];
    const offset = chunk.rowStart - first;
    for (let row = 0; row < chunk.columnData.length; row += 1) target[offset + row] = chunk.columnData[row];
  };
  try {
    await parquetRead({
      file,
      metadata,
      columns: names,
      rowStart: first,
      rowEnd: first + rows,
      compressors: COMPRESSORS,
      onChunk,
    });
  } catch (cause) {
    throw damaged(name, cause);
  }
  return cells;
}

function understand<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function damaged(name: string, cause: unknown): DeployImpactError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DeployImpactError("FILE_MALFORMED", `${name} cannot be read as Parquet: ${reason.slice(0, 200)}.`, {
    hint: "Write the file again, with Snappy, gzip or no compression.",
    cause,
    position: { file: name },
  });
}

class ParquetCells implements RowCells {
  /** Row within the group. */
  at = 0;
  readonly #file: string;
  readonly #columns: readonly string[];
  readonly #pool: TextPool;
  /** Rows of the file before this group. */
  readonly #before: number;
  readonly #cells: readonly (readonly unknown[])[];
  readonly #ids = new Map<string, number>();

  constructor(
    file: string,
    columns: readonly string[],
    pool: TextPool,
    before: number,
    cells: readonly (readonly unknown[])[],
  ) {
    this.#file = file;
    this.#columns = columns;
    this.#pool = pool;
    this.#before = before;
    this.#cells = cells;
  }

  textId(column: number): number {
    const cell = this.#cell(column);
    const text = cellText(cell).trim();
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#pool.internText(text);
    this.#ids.set(text, id);
    return id;
  }

  number(column: number): number {
    const cell = this.#cell(column);
    if (typeof cell === "number") return cell;
    if (typeof cell === "bigint") return Number(cell);
    if (cell === null || cell === undefined) return Number.NaN;
    const value = typeof cell === "string" ? readNumberText(cell) : null;
    if (value !== null) return value;
    throw this.malformed(
      `the ${this.#name(column)} ${quoteCell(cellText(cell))} is not a number`,
      "Store the column as a number, with null where there is none.",
      column,
    );
  }

  time(column: number): number {
    const cell = this.#cell(column);
    if (cell instanceof Date) return cell.getTime() / 1000;
    const isNumber = typeof cell === "number" || typeof cell === "bigint";
    const reading = isNumber ? readEpoch(Number(cell)) : readTimeText(cellText(cell));
    if (reading.ok) return reading.seconds;
    const problem = `the ${this.#name(column)} ${quoteCell(cellText(cell))} ${reading.problem}`;
    throw tableError("BAD_TIME", this.#place(), problem, reading.hint);
  }

  malformed(problem: string, hint: string, _column: number): Error {
    return tableError("FILE_MALFORMED", this.#place(), problem, hint);
  }

  #cell(column: number): unknown {
    return this.#cells[column]?.[this.at];
  }

  #name(column: number): string {
    return this.#columns[column] ?? "cell";
  }

  #place(): { file: string; unit: "row"; row: number } {
    return { file: this.#file, unit: "row", row: this.#before + this.at + 1 };
  }
}

/** What a person would read in the cell; nested values as JSON, because "[object Object]" helps nobody. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell === "string") return cell;
  return JSON.stringify(cell, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
