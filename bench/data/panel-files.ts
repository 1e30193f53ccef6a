import { writeFile } from "node:fs/promises";
import type { PanelColumns } from "./panel-table.ts";

/** The columns as raw little-endian numbers, one file each, for programs of other languages: FILE.unit, FILE.time, ... */
export async function writePanelFiles(file: string, columns: PanelColumns): Promise<void> {
  const { unit, time, outcome, treatment } = columns;
  for (const [name, values] of Object.entries({ unit, time, outcome, treatment })) {
    await writeFile(`${file}.${name}`, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}
