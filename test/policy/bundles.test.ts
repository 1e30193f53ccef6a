import { statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { filesUnder, linesMatching, ROOT, textOf } from "./repository.ts";

const MEGABYTE = 1_000_000;
const scripts = filesUnder("dist").filter((file) => file.endsWith(".js"));

/** Everything that loading a bundle loads: the file and what it imports statically, transitively. */
function staticClosure(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const specifier of staticImports(file)) {
    if (specifier.startsWith(".")) staticClosure(path.posix.join(path.posix.dirname(file), specifier), seen);
  }
  return seen;
}

function staticImports(file: string): readonly string[] {
  const statement = /^(?:import|export)\b[^;]*?\bfrom "([^"]+)";|^import "([^"]+)";/gm;
  return [...textOf(file).matchAll(statement)].map((match) => match[1] ?? match[2] ?? "");
}

describe("the bundles", () => {
  it("need nothing but Node", () => {
    const foreign = scripts.flatMap((file) =>
      staticImports(file).filter((specifier) => !specifier.startsWith("node:") && !specifier.startsWith(".")),
    );
    expect(foreign).toEqual([]);
  });

  it("load less than 1.5 MB for the Action", () => {
    const size = [...staticClosure("dist/action.js")].reduce(
      (sum, file) => sum + statSync(path.join(ROOT, file)).size,
      0,
    );
    expect(size).toBeGreaterThan(MEGABYTE / 10);
    expect(size).toBeLessThan(1.5 * MEGABYTE);
  });

  it("hold nothing of the bot or of databases", () => {
    expect(
      linesMatching(scripts, /^\/\/ node_modules\/(probot|pg-boss|@electric-sql|pg|@duckdb|jsdom|mermaid)\b/),
    ).toEqual([]);
  });

  it("hold no path outside the repository and no source map", () => {
    expect(linesMatching(scripts, /^\/\/ (\.\.|\/)|^\/\/# sourceMappingURL/)).toEqual([]);
    expect(filesUnder("dist").filter((file) => file.endsWith(".map"))).toEqual([]);
  });

  it("make the command line executable", () => {
    expect(textOf("dist/cli.js").startsWith("#!/usr/bin/env node\n")).toBe(true);
    expect(statSync(path.join(ROOT, "dist/cli.js")).mode & 0o111).not.toBe(0);
  });

  it("come with the licences of what they contain", () => {
    const bundled = new Set(
      scripts.flatMap((file) =>
        [...textOf(file).matchAll(/^\/\/ node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//gm)].map((match) => match[1] ?? ""),
      ),
    );
    expect(bundled.size).toBeGreaterThan(0);
    const licenses = textOf("dist/licenses.txt");
    expect([...bundled].filter((name) => !licenses.includes(`\n${name} `))).toEqual([]);
  });
});
