import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Actual, type CaseRunner, compareCase } from "./runners/compare.ts";
import { CASE_RUNNERS } from "./runners/index.ts";
import { object, readJson } from "./runners/json.ts";
import { readTable } from "./runners/table.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");

/** Cases whose input is here: those with a panel that may be shipped, and those that need none. */
const runnable = readdirSync(FIXTURES).filter((name) => {
  const expected = readJson(join(FIXTURES, name, "expected.json"));
  const { file } = object(expected.data);
  return (
    file === null ||
    String(file)
      .split(", ")
      .every((part) => existsSync(join(FIXTURES, name, part)))
  );
});

describe("numbers from R packages", () => {
  it.each(runnable)("%s", (name) => {
    const folder = join(FIXTURES, name);
    const expected = readJson(join(folder, "expected.json"));
    const runner = CASE_RUNNERS.find((candidate) => candidate.cases.includes(String(expected.case)));
    if (!runner) throw new Error(`no runner for ${name}`);
    const result = compareCase(runner, { expected, folder, panel: () => readTable(join(folder, "panel.csv")) });
    expect(result.misses).toEqual([]);
    expect(result.compared).toBeGreaterThan(0);
  });

  it("has a runner for every fixture, also where the panel is not shipped", () => {
    const known = CASE_RUNNERS.flatMap((runner) => runner.cases);
    expect(known).toEqual(expect.arrayContaining(readdirSync(FIXTURES)));
  });
});

describe("the comparison itself", () => {
  const runner = (actual: Actual): CaseRunner => ({
    cases: ["x"],
    rules: [{ path: /^loose$/, absolute: 0.5, relative: 0 }],
    relative: () => 1e-9,
    run: () => actual,
  });
  const compare = (expected: Parameters<typeof compareCase>[1]["expected"], actual: Actual) =>
    compareCase(runner(actual), {
      expected,
      folder: "",
      panel: () => {
        throw new Error("no panel");
      },
    }).misses.map((miss) => miss.path);

  it("reports a number nobody computed", () => {
    expect(compare({ case: "x", rows: [{ a: 1, b: 2 }] }, { rows: [{ a: 1 }] })).toEqual(["rows.0.b"]);
  });

  it("reports a number outside the tolerance, NaN and a number where none is defined", () => {
    expect(compare({ a: 1, b: 1, c: null }, { a: 1 + 1e-8, b: Number.NaN, c: 3 })).toEqual(["a", "b", "c"]);
  });

  it("uses a rule where there is one and reads infinities", () => {
    expect(compare({ loose: 1, far: "Infinity" }, { loose: 1.4, far: Number.POSITIVE_INFINITY })).toEqual([]);
    expect(compare({ loose: 1 }, { loose: 1.6 })).toEqual(["loose"]);
  });
});
