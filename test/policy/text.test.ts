import { describe, expect, it } from "vitest";
import { filesUnder, linesMatching } from "./repository.ts";

const THIS_FILE = "test/policy/text.test.ts";
const BINARY_OR_DATA = /\.(png|csv|parquet|gz|jsonl)$/;
const all = filesUnder(".").filter(
  (file) =>
    file !== THIS_FILE && !file.startsWith("dist/") && file !== "package-lock.json" && !BINARY_OR_DATA.test(file),
);
const code = all.filter((file) => /\.(ts|mjs|cjs|js)$/.test(file));
const source = code.filter((file) => file.startsWith("src/"));
const tests = code.filter((file) => file.startsWith("test/"));

describe("no file", () => {
  it("knows a path of somebody's machine", () => {
    expect(linesMatching([...all, ...filesUnder("dist")], /(?<![\w.@:/-])\/(work|root|home|Users)\/\w/)).toEqual([]);
  });

  it("names a package registry or mirror", () => {
    expect(linesMatching(all, /registry\.(npmjs|yarnpkg)|artifactory|verdaccio|npm\.pkg\./i)).toEqual([]);
    expect(linesMatching(["package-lock.json"], /"resolved": "http/)).toEqual([]);
  });

  it("holds unfinished work", () => {
    expect(linesMatching(code, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it("switches a rule of the compiler off", () => {
    expect(linesMatching(code, /@ts-(ignore|nocheck|expect-error)|\bas any\b/)).toEqual([]);
  });

  it("switches a lint rule off without saying why", () => {
    const ignores = linesMatching(code, /biome-ignore|oxlint-disable|eslint-disable/);
    expect(ignores.filter((line) => !/biome-ignore lint\/\w+\/\w+: \S+ \S+/.test(line))).toEqual([]);
  });
});

describe("source", () => {
  it("names GitHub's public host only as the last default", () => {
    const literal = linesMatching(source, /github\.com/);
    expect(literal.filter((line) => !line.startsWith("src/github/"))).toEqual([]);
    // One for the server, one for the API; everything else comes from the runner's environment.
    expect(literal.length).toBeLessThanOrEqual(2);
  });

  it("has no folder or file whose name says nothing", () => {
    expect(source.filter((file) => /(^|[/-])(utils?|helpers?|commons?|managers?|misc)(\.|-|\/)/i.test(file))).toEqual(
      [],
    );
  });

  it("has no enum, no default export and no non-null assertion", () => {
    expect(linesMatching(source, /^\s*(export )?(const )?enum \w|^export default /)).toEqual([]);
  });
});

describe("tests", () => {
  it("are all run: none is focused, skipped or planned", () => {
    // skipIf and runIf stay allowed: they name the program that is missing.
    expect(linesMatching(tests, /\b(it|test|describe|suite)\.(only|skip|todo|fails)\b|\b[fx](it|describe)\(/)).toEqual(
      [],
    );
  });
});
