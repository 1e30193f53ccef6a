import { readFile } from "node:fs/promises";
import path from "node:path";

const STATEMENT = /(?:^|[;\n}])(?:import|export)(?:[\w$\s{},*]*?\bfrom)?\s*"(\.[^"\n]+)"/g;

/** What loading a bundle loads: the file and everything it imports statically, transitively. */
export async function staticClosure(file: string, seen: Set<string> = new Set()): Promise<ReadonlySet<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, specifier] of (await readFile(file, "utf8")).matchAll(STATEMENT)) {
    if (specifier !== undefined) await staticClosure(path.join(path.dirname(file), specifier), seen);
  }
  return seen;
}
