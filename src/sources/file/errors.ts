import { DeployImpactError, type ErrorCode } from "../../core/errors.ts";
import { nearestName } from "../nearest.ts";

/** A place in a table; `row` counts lines of a text file and rows of a Parquet file, from 1. */
export interface TablePlace {
  readonly file: string;
  readonly unit: "line" | "row";
  readonly row: number;
  /** Position of the first character of the cell in its line, from 1. */
  readonly column?: number;
}

export function tableError(
  code: Extract<ErrorCode, "FILE_MALFORMED" | "BAD_TIME">,
  place: TablePlace,
  problem: string,
  hint: string,
): DeployImpactError {
  const column = place.column === undefined ? "" : `, column ${place.column}`;
  const position = {
    file: place.file,
    line: place.row,
    ...(place.column === undefined ? {} : { column: place.column }),
  };
  return new DeployImpactError(code, `${place.file}, ${place.unit} ${place.row}${column}: ${problem}.`, {
    hint,
    position,
  });
}

/** Longest cell that is repeated in an error. */
const SHOWN_CHARACTERS = 60;

/** A cell's text for an error: on one line, bounded. */
export function quoteCell(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(shown);
}

export function missingColumn(
  file: string,
  missing: string,
  columns: readonly string[],
  needs: string,
): DeployImpactError {
  const meant = nearestName(missing, columns);
  const there = columns.length === 0 ? "no columns" : `the columns ${columns.slice(0, 20).map(quoteCell).join(", ")}`;
  const separator = columns.length === 1 && columns[0]?.includes(";") === true;
  return new DeployImpactError("MISSING_COLUMN", `${file} has no column \`${missing}\`; it has ${there}.`, {
    hint: separator
      ? "Separate the columns by commas or tabs, not by semicolons."
      : meant === null
        ? needs
        : `Rename the column ${quoteCell(meant)} to \`${missing}\`. ${needs}`,
    position: { file, line: 1 },
  });
}
