import { describe, expect, test } from "vitest";
import { failureCode } from "../../../../src/core/checks/battery.ts";
import { configDrift } from "../../../../src/core/checks/config-drift.ts";
import { coverage } from "../../../../src/core/checks/coverage.ts";
import { exposure } from "../../../../src/core/checks/exposure.ts";
import { overlap } from "../../../../src/core/checks/overlap.ts";
import type { Quality } from "../../../../src/core/panel/quality.ts";
import { DEPLOYED_AT, madeRows, panelOf, STEP } from "../generated.ts";
import { contextOf, present } from "./context.ts";

const SHAPE = { treated: 2, controls: 4, pre: 60, post: 20, settle: 5, phi: 0.3, effect: 2 };
const panel = panelOf(madeRows(1, SHAPE), SHAPE);

describe("coverage", () => {
  const judged = (quality: Partial<Quality>) => present(coverage.run(contextOf(panel, { quality })));

  test("complete data pass; the check is required", () => {
    expect(judged({})).toMatchObject({ passed: true, required: true, threshold: 0.2, statistic: 0 });
  });

  test.each<[string, Partial<Quality>, Partial<Quality>]>([
    [
      "missing-post",
      { missingTreatedPost: 0.21, missingControlPost: 0.21 },
      { missingTreatedPost: 0.2, missingControlPost: 0.2 },
    ],
    [
      "missing-difference",
      { missingTreatedPost: 0.15, missingControlPost: 0.04 },
      { missingTreatedPost: 0.15, missingControlPost: 0.05 },
    ],
    [
      "missing-pre",
      { missingControlPre: 0.51, missingControlPost: 0.51 },
      { missingControlPre: 0.5, missingControlPost: 0.5 },
    ],
    ["late", { lateSteps: 6 }, { lateSteps: 5 }],
    ["step", { spacing: 1.6 * STEP }, { spacing: 1.5 * STEP }],
  ])("%s: one fails, at the threshold it passes", (problem, bad, good) => {
    expect(judged(bad)).toMatchObject({ passed: false, facts: { problems: [problem] } });
    expect(judged(good)).toMatchObject({ passed: true, facts: { problems: [] } });
  });

  test("a difference that was there before the deploy is not held against the treated", () => {
    const quality = { missingTreatedPre: 0.15, missingTreatedPost: 0.15 };
    expect(judged(quality).passed).toBe(true);
  });

  test("late data have their own code", () => {
    expect(failureCode(judged({ lateSteps: 10 }))).toBe("LATE_DATA");
    expect(failureCode(judged({ missingTreatedPost: 0.5 }))).toBe("COVERAGE");
    expect(failureCode(judged({}))).toBeNull();
  });

  test("rows that contradict each other under one name are several series, not a repair", () => {
    const contradicted = judged({ duplicates: 60, conflicts: 60, rows: 1000 });
    expect(contradicted.passed).toBe(false);
    expect(failureCode(contradicted)).toBe("DUPLICATE_ROWS");
    expect(judged({ duplicates: 400, conflicts: 40, rows: 1000 }).passed).toBe(true);
  });

  test("what was repaired is listed and does not fail", () => {
    const check = judged({ duplicates: 7, resets: 2, infinite: 1, deadUnits: ["c01"], frozenUnits: ["c02"] });
    expect(check.passed).toBe(true);
    expect(check.facts).toMatchObject({
      duplicates: 7,
      resets: 2,
      infinite: 1,
      deadUnits: ["c01"],
      frozenUnits: ["c02"],
    });
  });
});

describe("overlap", () => {
  const other = (at: number) => ({ id: "7", environment: "prod", sha: "abc", deployedAt: DEPLOYED_AT + at });
  const judged = (...at: number[]) =>
    present(overlap.run(contextOf(panel, { plan: { otherDeployments: at.map(other), window: { settle: 300 } } })));

  test("nobody looked: the check does not apply", () => {
    expect(overlap.run(contextOf(panel, { plan: { otherDeployments: null } }))).toBeNull();
  });

  test("none, or before the deploy only: passes, and the earlier one is listed", () => {
    expect(judged()).toMatchObject({ passed: true, required: true, facts: { inPost: [], inPre: [] } });
    expect(judged(-600)).toMatchObject({
      passed: true,
      facts: { inPre: [{ id: "7", sha: "abc", at: "2025-12-31T23:50:00.000Z" }] },
    });
  });

  test.each([
    ["at the deploy itself", 0, false],
    ["inside settle", 100, false],
    ["in the last post second", 25 * STEP - 1, false],
    ["after the post window", 25 * STEP, true],
    ["before the data", -61 * STEP, true],
  ])("%s", (_, at, passed) => {
    expect(judged(at).passed).toBe(passed);
  });
});

describe("exposure", () => {
  const judged = (...shares: [unit: string, share: number][]) =>
    exposure.run(contextOf(panel, { plan: { exposure: shares.map(([unit, share]) => ({ unit, share })) } }));
  const att = contextOf(panel).effect?.att ?? Number.NaN;

  test("no version query: the check does not apply", () => {
    expect(exposure.run(contextOf(panel))).toBeNull();
  });

  test("complete exposure passes and needs no correction", () => {
    const check = present(judged(["t1", 1], ["t2", 0.96], ["c01", 0], ["c02", 0.04]));
    expect(check).toMatchObject({
      passed: true,
      required: true,
      facts: { effectPerExposed: null, unitsBelow: [], unitsAbove: [] },
    });
    expect(check.facts.itt).toBe(att);
  });

  test("partial exposure: intention to treat and effect per exposed (Wald), units named", () => {
    const check = present(judged(["t1", 1], ["t2", 0.6], ["c01", 0.2], ["c02", 0], ["stranger", 1]));
    expect(check.passed).toBe(true);
    expect(check.statistic).toBeCloseTo(0.8 - 0.1, 12);
    expect(check.facts.effectPerExposed).toBeCloseTo(att / 0.7, 12);
    const interval = contextOf(panel).effect?.interval(0.05);
    const excludesZero = (low: unknown, high: unknown): boolean => Number(low) * Number(high) > 0;
    expect(excludesZero(check.facts.perExposedLow, check.facts.perExposedHigh)).toBe(
      excludesZero(interval?.low, interval?.high),
    );
    expect(check.facts.perExposedMethod).toBe("fieller");
    expect(check.facts.unitsBelow).toEqual(["t2"]);
    expect(check.facts.unitsAbove).toEqual(["c01"]);
  });

  test("groups that hardly differ fail, and no Wald ratio is made up", () => {
    const check = present(judged(["t1", 0.7], ["t2", 0.7], ["c01", 0.25]));
    expect(check).toMatchObject({ passed: false, required: true, threshold: 0.5, facts: { effectPerExposed: null } });
    expect(failureCode(check)).toBe("EXPOSURE");
  });

  test("units of a cluster count together, as they do in the effect", () => {
    const clusters = { "pod-1": "t1", "pod-2": "t1", "pod-3": "t2", "pod-4": "c01" };
    const shares = Object.entries({ "pod-1": 1, "pod-2": 0.5, "pod-3": 1, "pod-4": 0 });
    const plan = { clusters, exposure: shares.map(([unit, share]) => ({ unit, share })) };
    const check = present(exposure.run(contextOf(panel, { plan })));
    expect(check).toMatchObject({ passed: true, facts: { controlShare: 0, unitsBelow: ["t1"] } });
    // (1 + 0.5) / 2 in one cluster, 1 in the other: three pods do not outvote one
    expect(check.facts.treatedShare).toBeCloseTo(0.875, 12);
  });

  test("for a ratio a unit's exposure counts by its traffic, as its effect does", () => {
    const traffic = panel.values.map((_, cell) => (panel.units[Math.floor(cell / panel.steps)] === "t1" ? 99 : 1));
    const plan = { exposure: [...panel.units].map((unit) => ({ unit, share: unit === "t1" ? 1 : 0 })) };
    const check = present(exposure.run({ ...contextOf(panel, { plan }), panel: { ...panel, weights: traffic } }));
    expect(check.passed).toBe(true);
    expect(check.facts.treatedShare).toBeCloseTo(0.99, 12);
  });

  test("no treated unit in the answer of the version query fails with the reason", () => {
    const check = present(judged(["c01", 0]));
    expect(check.passed).toBe(false);
    expect(check.facts.reason).toMatch(/none of the treated/);
  });
});

describe("config-drift", () => {
  const judged = (configChanged: boolean | null) => configDrift.run(contextOf(panel, { plan: { configChanged } }));

  test("is informational: false never makes a verdict invalid", () => {
    expect(judged(null)).toBeNull();
    expect(judged(false)).toMatchObject({ passed: true, required: false });
    expect(judged(true)).toMatchObject({ passed: false, required: false });
    expect(failureCode(present(judged(true)))).toBe("CONFIG_CHANGED");
  });
});
