import { Buffer } from "node:buffer";
import type { SinkFactory, TableSummary } from "./cells.ts";
import { CsvReader } from "./csv.ts";
import { inputName, openBytes, openText, peek, type TableInput } from "./open.ts";

/** Reads CSV, TSV (plain, gzip, zstd) or Parquet, told apart by content, and hands every row to the sink. */
export async function readTable(input: TableInput, makeSink: SinkFactory): Promise<TableSummary> {
  const name = inputName(input);
  const stored = await peek(openBytes(input));
  if (stored.magic === "parquet") {
    // Loaded only when needed: most panels are CSV.
    const { readParquet } = await import("./parquet.ts");
    return await readParquet(await collect(stored.bytes), name, makeSink);
  }
  const reader = new CsvReader(name, makeSink);
  for await (const chunk of await openText(stored, name)) reader.push(chunk);
  return reader.end();
}

/** Parquet keeps its directory at the end, so that it is read as a whole. */
async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}
