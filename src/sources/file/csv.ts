import { Buffer } from "node:buffer";
import type { DeployImpactError } from "../../core/errors.ts";
import { readPlainDecimal } from "../decimal.ts";
import { readPlainUtc } from "./byte-values.ts";
import type { RowCells, RowSink, SinkFactory, TableSummary } from "./cells.ts";
import { quoteCell, tableError } from "./errors.ts";
import { TextPool } from "./text-pool.ts";
import { isEpochSeconds, readNumberText, readTimeText } from "./values.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;

/** A longer row is a quote that was never closed. */
const LONGEST_ROW_BYTES = 2 ** 20;

/**
 * Reads CSV or TSV (RFC 4180, any line ends) from bytes as they arrive. Memory does not grow with the file: a row is
 * a list of byte positions, and numbers and times are read from the bytes themselves.
 */
export class CsvReader implements RowCells {
  readonly #file: string;
  readonly #makeSink: SinkFactory;
  readonly #pool = new TextPool();
  #bytes: Uint8Array = new Uint8Array(0);
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  /** 1 where the field holds doubled quotes. */
  #escaped = new Uint8Array(64);
  /** Number of the last text of each column. */
  readonly #lastIds: number[] = [];
  #fields = 0;
  #rowStart = 0;
  #delimiter = COMMA;
  /** Line on which the current row starts, from 1. */
  #line = 1;
  /** Line breaks inside the current row. */
  #innerLines = 0;
  #columns: readonly string[] | null = null;
  #sink: RowSink | null = null;
  #rows = 0;

  constructor(file: string, makeSink: SinkFactory) {
    this.#file = file;
    this.#makeSink = makeSink;
  }

  push(chunk: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#bytes = this.#bytes.subarray(this.#readRows(false));
    if (this.#bytes.length > LONGEST_ROW_BYTES) {
      throw this.#error(
        `the row does not end within ${LONGEST_ROW_BYTES / 2 ** 20} MiB`,
        "Close the quote that this row opens.",
      );
    }
  }

  end(): TableSummary {
    this.#readRows(true);
    if (this.#columns !== null) return { rows: this.#rows, columns: this.#columns };
    throw this.#error(
      "the file is empty, not even a header is there",
      "Start the file with a header such as time,unit,group,value.",
    );
  }

  textId(column: number): number {
    const [start, end] = [this.#starts[column] ?? 0, this.#ends[column] ?? 0];
    if (this.#escaped[column] === 1) return this.#pool.internText(this.#text(column));
    // Most files repeat the text of the row before.
    const previous = this.#lastIds[column] ?? -1;
    if (previous >= 0 && this.#pool.holds(previous, this.#bytes, start, end)) return previous;
    try {
      const id = this.#pool.intern(this.#bytes, start, end);
      this.#lastIds[column] = id;
      return id;
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw this.malformed("the text is not UTF-8", "Save the file as UTF-8.", column);
    }
  }

  number(column: number): number {
    const value = readPlainDecimal(this.#bytes, this.#starts[column] ?? 0, this.#ends[column] ?? 0);
    return Number.isNaN(value) ? this.#unusualNumber(column) : value;
  }

  time(column: number): number {
    const [start, end] = [this.#starts[column] ?? 0, this.#ends[column] ?? 0];
    const seconds = readPlainUtc(this.#bytes, start, end);
    if (!Number.isNaN(seconds)) return seconds;
    const epoch = readPlainDecimal(this.#bytes, start, end);
    if (isEpochSeconds(epoch)) return epoch;
    const text = this.#text(column);
    const reading = readTimeText(text);
    if (reading.ok) return reading.seconds;
    const problem = `the ${this.#name(column)} ${quoteCell(text)} ${reading.problem}`;
    throw tableError("BAD_TIME", this.#place(column), problem, reading.hint);
  }

  malformed(problem: string, hint: string, column: number): Error {
    return tableError("FILE_MALFORMED", this.#place(column), problem, hint);
  }

  #unusualNumber(column: number): number {
    const text = this.#text(column);
    const value = readNumberText(text);
    if (value !== null) return value;
    const hint = text.includes(",")
      ? "Write decimals with a point and without separators."
      : "Write a number, or leave the cell empty.";
    throw this.malformed(`the ${this.#name(column)} ${quoteCell(text)} is not a number`, hint, column);
  }

  #text(column: number): string {
    const raw = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const text = raw.toString("utf8", this.#starts[column] ?? 0, this.#ends[column] ?? 0);
    return this.#escaped[column] === 1 ? text.replaceAll('""', '"') : text;
  }

  #name(column: number): string {
    return this.#columns?.[column] ?? "cell";
  }

  #place(column?: number): { file: string; unit: "line"; row: number; column?: number } {
    const place = { file: this.#file, unit: "line", row: this.#line } as const;
    return column === undefined ? place : { ...place, column: (this.#starts[column] ?? 0) - this.#rowStart + 1 };
  }

  #error(problem: string, hint: string): DeployImpactError {
    return tableError("FILE_MALFORMED", this.#place(), problem, hint);
  }

  /** Reads the complete rows; returns where the first incomplete one starts. */
  #readRows(isLast: boolean): number {
    let at = 0;
    while (at < this.#bytes.length) {
      const next = this.#scanRow(at, isLast);
      if (next < 0) return at;
      this.#takeRow();
      this.#line += 1 + this.#innerLines;
      at = next;
    }
    return at;
  }

  /** Finds the fields of the row at `from`; returns where the next one starts, or -1 when the row is not complete. */
  #scanRow(from: number, isLast: boolean): number {
    const bytes = this.#bytes;
    const length = bytes.length;
    if (this.#columns === null && !isLast && bytes.indexOf(LINE_FEED, from) < 0) return -1;
    if (this.#columns === null) this.#delimiter = findDelimiter(bytes, from);
    const delimiter = this.#delimiter;
    this.#rowStart = from;
    this.#fields = 0;
    this.#innerLines = 0;
    let at = from;
    for (;;) {
      while (bytes[at] === SPACE) at += 1;
      const quoted = bytes[at] === QUOTE;
      const start = at;
      if (quoted) {
        at = this.#scanQuoted(at, isLast);
        if (at < 0) return -1;
      }
      while (at < length && bytes[at] !== delimiter && bytes[at] !== LINE_FEED) at += 1;
      if (at >= length && !isLast) return -1;
      this.#closeField(start, at, quoted);
      if (at >= length) return length;
      at += 1;
      if (bytes[at - 1] === LINE_FEED) return at;
    }
  }

  /** From an opening quote to the position after its closing one; -1 when that has not arrived yet. */
  #scanQuoted(open: number, isLast: boolean): number {
    const bytes = this.#bytes;
    let at = open + 1;
    for (;;) {
      while (at < bytes.length && bytes[at] !== QUOTE) {
        if (bytes[at] === LINE_FEED) this.#innerLines += 1;
        at += 1;
      }
      if (at + 1 >= bytes.length && !isLast) return -1;
      if (at >= bytes.length)
        throw this.#error(
          "a quote is opened and never closed",
          'Close it, or write "" for a quote inside a quoted cell.',
        );
      if (bytes[at + 1] !== QUOTE) return at + 1;
      at += 2;
    }
  }

  #closeField(from: number, to: number, quoted: boolean): void {
    const bytes = this.#bytes;
    let start = from;
    let end = to;
    if (end > start && bytes[end - 1] === CARRIAGE_RETURN) end -= 1;
    while (end > start && bytes[end - 1] === SPACE) end -= 1;
    let escaped = 0;
    if (quoted) {
      if (end - start < 2 || bytes[end - 1] !== QUOTE) {
        throw this.#error(
          `text follows the closing quote in field ${this.#fields + 1}`,
          'Write "" for a quote inside a quoted cell.',
        );
      }
      start += 1;
      end -= 1;
      const quote = bytes.subarray(start, end).indexOf(QUOTE);
      escaped = quote < 0 ? 0 : 1;
    }
    if (this.#fields >= this.#starts.length) this.#growFields();
    this.#starts[this.#fields] = start;
    this.#ends[this.#fields] = end;
    this.#escaped[this.#fields] = escaped;
    this.#fields += 1;
  }

  #growFields(): void {
    const size = 2 * this.#starts.length;
    const [starts, ends, escaped] = [new Int32Array(size), new Int32Array(size), new Uint8Array(size)];
    starts.set(this.#starts);
    ends.set(this.#ends);
    escaped.set(this.#escaped);
    [this.#starts, this.#ends, this.#escaped] = [starts, ends, escaped];
  }

  #takeRow(): void {
    const isBlank = this.#fields === 1 && this.#starts[0] === this.#ends[0] && this.#bytes[this.#rowStart] !== QUOTE;
    if (isBlank) return;
    if (this.#columns === null || this.#sink === null) {
      this.#takeHeader();
      return;
    }
    if (this.#fields !== this.#columns.length) {
      throw this.#error(
        `the row has ${count(this.#fields, "field")}, the header has ${this.#columns.length}`,
        "Give every row as many fields as the header, and quote fields that hold the separator.",
      );
    }
    this.#rows += 1;
    this.#sink.row(this);
  }

  #takeHeader(): void {
    const columns = Array.from({ length: this.#fields }, (_, column) => this.#text(column));
    // A file without a header fails here, by its missing columns.
    const sink = this.#makeSink(columns, this.#pool);
    const twice = columns.find((name, index) => name !== "" && columns.indexOf(name) !== index);
    if (twice !== undefined) {
      throw this.#error(
        `the header names the column ${quoteCell(twice)} twice`,
        "Give every column a name of its own.",
      );
    }
    this.#columns = columns;
    this.#sink = sink;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A header with a tab and no comma is TSV. */
function findDelimiter(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(LINE_FEED, from);
  const header = bytes.subarray(from, end < 0 ? bytes.length : end);
  return header.includes(TAB) && !header.includes(COMMA) ? TAB : COMMA;
}
