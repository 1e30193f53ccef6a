import { createHash, type Hash } from "node:crypto";
import type { Series, SliSeries } from "../core/panel/series.ts";
import type { ColumnTable } from "../sources/file/columns.ts";

/**
 * SHA-256 of everything that was measured, the same on every machine: SLIs in the order of the plan, series by unit,
 * component and bucket, numbers as little-endian doubles with one NaN.
 */
export function dataHash(services: readonly (readonly SliSeries[])[]): string {
  const hash = createHash("sha256");
  for (const inputs of services) {
    for (const { sli, series } of inputs) {
      label(hash, sli);
      for (const one of series.toSorted(bySeries)) addSeries(hash, one);
    }
  }
  return hash.digest("hex");
}

/** SHA-256 of the columns of a table, in the order of their names. */
export function tableHash(table: ColumnTable): string {
  const hash = createHash("sha256");
  for (const kind of ["names", "numbers", "periods"] as const) {
    const columns: [string, readonly string[] | Float64Array][] = [...table[kind]];
    for (const [name, values] of columns.sort(([a], [b]) => order(a, b))) {
      label(hash, `${kind} ${name}`);
      if (values instanceof Float64Array) numbers(hash, values);
      else texts(hash, values);
    }
  }
  return hash.digest("hex");
}

/** Names repeat: each counts by its number, in order of first appearance. */
function texts(hash: Hash, values: readonly string[]): void {
  const ids = new Map<string, number>();
  const column = Float64Array.from(values, (text) => {
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  });
  for (const text of ids.keys()) label(hash, text);
  numbers(hash, column);
}

function addSeries(hash: Hash, series: Series): void {
  label(hash, series.unit);
  label(hash, series.group ?? "");
  label(hash, series.component);
  // left out where there is none: results from before subgroups keep their hash
  if (series.subgroup !== undefined) label(hash, `subgroup ${series.subgroup}`);
  label(hash, String(series.le ?? ""));
  numbers(hash, series.times);
  numbers(hash, series.values);
  numbers(hash, series.weights ?? new Float64Array());
}

/** The length goes first, so that two texts cannot be cut in another place. */
function label(hash: Hash, text: string): void {
  hash.update(`${Buffer.byteLength(text)}:${text};`);
}

const CHUNK = 8192;

function numbers(hash: Hash, values: Float64Array): void {
  hash.update(`${values.length}#`);
  for (let start = 0; start < values.length; start += CHUNK) {
    const part = values.subarray(start, start + CHUNK);
    const bytes = new DataView(new ArrayBuffer(part.length * 8));
    for (const [index, value] of part.entries())
      bytes.setFloat64(index * 8, Number.isNaN(value) ? Number.NaN : value, true);
    hash.update(new Uint8Array(bytes.buffer));
  }
}

function bySeries(a: Series, b: Series): number {
  const byPart = order(a.unit, b.unit) || order(a.component, b.component) || order(a.subgroup ?? "", b.subgroup ?? "");
  return byPart || (a.le ?? 0) - (b.le ?? 0) || 0;
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
