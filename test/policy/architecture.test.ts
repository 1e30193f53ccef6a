import { describe, expect, it } from "vitest";
import { filesUnder, foldersIn, textOf } from "./repository.ts";

/** Backticked names in the first column of the table under a heading. */
function inventory(heading: string): readonly string[] {
  const section = textOf("ARCHITECTURE.md").split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? "").sort();
}

const sources = filesUnder("src").filter((file) => file.endsWith(".ts"));
const NUMERIC = /^src\/core\/(panel|probability|linalg|regression|vcov|estimators|inference|checks)\//;

describe("ARCHITECTURE.md", () => {
  it("lists the rooms that exist, and no other", () => {
    const files = sources.filter((file) => /^src\/[^/]+$/.test(file)).map((file) => file.slice("src/".length));
    expect(inventory("Rooms")).toEqual([...foldersIn("src"), ...files].sort());
  });

  it("lists the rooms inside core", () => {
    const files = sources
      .filter((file) => /^src\/core\/[^/]+$/.test(file))
      .map((file) => file.slice("src/core/".length));
    expect(inventory("Inside core")).toEqual([...foldersIn("src/core"), ...files].sort());
  });
});

describe("files", () => {
  it("stay readable: none in src is longer than 400 lines", () => {
    const long = sources
      .map((file) => [file, textOf(file).split("\n").length] as const)
      .filter(([, lines]) => lines > 400);
    expect(long).toEqual([]);
  });

  it("in the numeric rooms of core say what they compute", () => {
    const numeric = sources.filter((file) => NUMERIC.test(file));
    expect(numeric.length).toBeGreaterThan(0);
    expect(numeric.filter((file) => !textOf(file).includes("/**"))).toEqual([]);
  });

  it("under core never import another way than static", () => {
    const dynamic = sources.filter(
      (file) => file.startsWith("src/core/") && /\bimport\(|\brequire\(/.test(textOf(file)),
    );
    expect(dynamic).toEqual([]);
  });

  it("under core read neither the clock nor chance", () => {
    const impure = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bprocess\.|\bglobalThis\b/;
    const offenders = sources.filter((file) => {
      const withoutComments = textOf(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      return file.startsWith("src/core/") && impure.test(withoutComments);
    });
    expect(offenders).toEqual([]);
  });
});
