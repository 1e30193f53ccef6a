import { statSync } from "node:fs";
import { isBuiltin } from "node:module";
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
  const statement = /(?:^|[;\n}])(?:import|export)(?:[\w$\s{},*]*?\bfrom)?\s*"([^"\n]+)"/g;
  return [...textOf(file).matchAll(statement)].map((match) => match[1] ?? "");
}

/** The build writes one heading per package whose code is in dist/. */
function bundledPackages(): readonly string[] {
  return [...textOf("dist/licenses.txt").matchAll(/^(\S+) \d+\.\d+\.\S* \(.+\)$/gm)].map((match) => match[1] ?? "");
}

/** What the bot runs on, from node_modules; neither the Action nor the command line carries it. */
const BOT_PACKAGES = ["@electric-sql/pglite", "octokit", "pg", "pg-boss", "pino", "probot"];

describe("the bundles", () => {
  it("need nothing but Node", () => {
    const foreign = scripts.flatMap((file) =>
      staticImports(file).filter((specifier) => !isBuiltin(specifier) && !specifier.startsWith(".")),
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
    const bundled = bundledPackages();
    expect(bundled).toContain("zod");
    expect(
      bundled.filter((name) => /^(probot|pg-boss|@electric-sql\/.*|pg|pino|@duckdb\/.*|jsdom|mermaid)$/.test(name)),
    ).toEqual([]);
  });

  it("hold no source map", () => {
    expect(linesMatching(scripts, /^\/\/# sourceMappingURL/)).toEqual([]);
    expect(filesUnder("dist").filter((file) => file.endsWith(".map"))).toEqual([]);
  });

  it("make the command line executable", () => {
    expect(textOf("dist/cli.js").startsWith("#!/usr/bin/env node\n")).toBe(true);
    expect(statSync(path.join(ROOT, "dist/cli.js")).mode & 0o111).not.toBe(0);
  });

  it("come with the licences of what they contain", () => {
    const { dependencies } = JSON.parse(textOf("package.json")) as { dependencies: Readonly<Record<string, string>> };
    const bundled = bundledPackages();
    expect(Object.keys(dependencies).filter((name) => !bundled.includes(name))).toEqual(BOT_PACKAGES);
    expect(textOf("dist/licenses.txt")).not.toContain("ships no licence text");
  });
});
