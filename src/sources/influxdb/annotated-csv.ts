/** One table of a Flux answer. */
export interface AnnotatedTable {
  readonly columns: readonly string[];
  /** True where a column is part of the group key. */
  readonly grouped: readonly boolean[];
  readonly records: readonly (readonly string[])[];
}

interface OpenTable {
  columns: readonly string[] | null;
  grouped: readonly boolean[];
  defaults: readonly string[];
  readonly records: string[][];
}

const TRUE = "true";

/** Annotated CSV with the annotations group and default; null: it is something else. */
export function readAnnotatedCsv(text: string): readonly AnnotatedTable[] | null {
  const tables: AnnotatedTable[] = [];
  let open: OpenTable = newTable();
  const close = (): void => {
    if (open.columns !== null) tables.push({ columns: open.columns, grouped: open.grouped, records: open.records });
    open = newTable();
  };
  for (const cells of readCsv(text)) {
    const [first = ""] = cells;
    const isEmpty = cells.length === 1 && first === "";
    // A table ends with an empty line, or where the annotations of the next one begin.
    if (isEmpty || (first.startsWith("#") && open.columns !== null)) close();
    if (isEmpty) continue;
    if (first === "#group") open.grouped = cells.map((cell) => cell === TRUE);
    else if (first === "#default") open.defaults = cells;
    else if (first.startsWith("#")) continue;
    else if (open.columns === null) open.columns = cells;
    else if (cells.length !== open.columns.length) return null;
    else open.records.push(cells.map((cell, index) => (cell === "" ? (open.defaults[index] ?? "") : cell)));
  }
  close();
  return tables.every((table) => table.columns.length > 1) ? tables : null;
}

function newTable(): OpenTable {
  return { columns: null, grouped: [], defaults: [], records: [] };
}

const CELL = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/y;

/** Rows of RFC 4180. */
function* readCsv(text: string): Generator<string[]> {
  let row: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length) {
    const match = CELL.exec(text);
    if (match === null) return;
    const [, cell = "", end = ""] = match;
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ",") continue;
    const last = CELL.lastIndex;
    yield row;
    CELL.lastIndex = last;
    row = [];
  }
}
