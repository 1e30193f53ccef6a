import { readFileSync } from "node:fs";
import { type Grouping, groupBy } from "../../../src/core/regression/effects.ts";

/** A reference CSV: comma, header, decimal point, empty cell = missing, no quotes. */
export interface Table {
  readonly rows: number;
  text(column: string): string[];
  numeric(column: string): Float64Array;
  grouping(column: string): Grouping;
}

export function readTable(file: string): Table {
  const [header = "", ...lines] = readFileSync(file, "utf8").trimEnd().split(/\r?\n/);
  const names = header.split(",");
  const cells = lines.map((line) => line.split(","));
  const text = (column: string): string[] => {
    const position = names.indexOf(column);
    if (position < 0) throw new RangeError(`no column ${column} in ${file}`);
    return cells.map((row) => row[position] ?? "");
  };
  return {
    rows: cells.length,
    text,
    numeric: (column) => Float64Array.from(text(column), (cell) => (cell === "" ? Number.NaN : Number(cell))),
    grouping: (column) => groupBy(column, text(column)),
  };
}
