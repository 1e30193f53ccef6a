import { describe, expect, it } from "vitest";
import { CHECKS, DATA_CHECKS } from "../../src/core/checks/index.ts";
import { DESIGN_ROUTES } from "../../src/core/designs/index.ts";
import { CHECK_IDS } from "../../src/core/result.ts";
import { VARIANCE_ESTIMATORS } from "../../src/core/vcov/index.ts";
import { filesUnder, textOf } from "./repository.ts";

/** Looks across SLIs, so `analyze` runs it and not the list. */
const ACROSS_SLIS = "placebo-outcome";

/** Names of the files of a folder whose text fits. */
function filesWith(folder: string, pattern: RegExp): readonly string[] {
  return filesUnder(folder)
    .filter((file) => !file.endsWith("/index.ts") && pattern.test(textOf(file)))
    .map((file) => file.slice(folder.length + 1, -".ts".length));
}

describe("a forgotten line in an index is red", () => {
  it("for checks", () => {
    const ofDesigns = Object.values(DESIGN_ROUTES).flatMap((route) => route.checks);
    const known = new Set([...DATA_CHECKS.map((check) => check.id), ...ofDesigns, ACROSS_SLIS]);
    expect([...known].sort()).toEqual([...CHECK_IDS].sort());
    expect(filesWith("src/core/checks", /export const \w+: Check\b/)).toEqual(CHECKS.map((check) => check.id).sort());
  });

  it("for designs", () => {
    const files = filesUnder("src/core/designs").filter((file) => /export const \w+: DesignRoute\b/.test(textOf(file)));
    const routes = Object.entries(DESIGN_ROUTES);
    expect(files).toHaveLength(routes.length);
    expect(routes.map(([name, route]) => [name, route.id])).toEqual(routes.map(([name]) => [name, name]));
  });

  it("for the pages of designs; `did` is the subject of the method itself", () => {
    const others = Object.keys(DESIGN_ROUTES).filter((name) => name !== "did");
    const pages = filesUnder("docs/designs").map((file) => file.slice("docs/designs/".length, -".md".length));
    expect([...pages].sort()).toEqual([...others].sort());
    const method = textOf("docs/method.md");
    expect(others.filter((name) => !method.includes(`| [\`${name}\`](designs/${name}.md) |`))).toEqual([]);
  });

  it("for variance estimators", () => {
    const files = filesWith("src/core/vcov", /export const \w+: VarianceEstimator\b/);
    expect(files.length).toBeGreaterThan(0);
    expect(files).toHaveLength(VARIANCE_ESTIMATORS.length);
    expect(new Set(VARIANCE_ESTIMATORS.map((estimator) => estimator.id)).size).toBe(files.length);
  });

  it("for benchmarks: each runs by its name and does nothing when it is only imported", () => {
    const listed = filesUnder("bench").filter((file) => /^bench\/[^/]+\.ts$/.test(file) && file !== "bench/run.ts");
    expect(listed.filter((file) => !/^export (async )?function bench\(\)/m.test(textOf(file)))).toEqual([]);
  });
});
