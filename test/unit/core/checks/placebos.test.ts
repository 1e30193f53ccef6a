import { describe, expect, test } from "vitest";
import { runChecks, SHARED_BUDGET } from "../../../../src/core/checks/battery.ts";
import { equalBins } from "../../../../src/core/checks/lead-bins.ts";
import { leaveOneOut } from "../../../../src/core/checks/leave-one-out.ts";
import { placeboInSpace } from "../../../../src/core/checks/placebo-in-space.ts";
import { placeboInTime } from "../../../../src/core/checks/placebo-in-time.ts";
import { preTrends } from "../../../../src/core/checks/pre-trends.ts";
import { spillover } from "../../../../src/core/checks/spillover.ts";
import type { CheckId, CheckResult } from "../../../../src/core/result.ts";
import { madeRows, panelOf } from "../generated.ts";
import { contextOf, present } from "./context.ts";

const SHAPE = { treated: 2, controls: 6, pre: 120, post: 12, phi: 0.3 };
const rowsOf = (seed: number): number[][] => madeRows(seed, SHAPE);
const context = (rows: number[][]) => contextOf(panelOf(rows, SHAPE));
const byId = (all: readonly CheckResult[], id: CheckId): CheckResult =>
  present(all.find((one) => one.id === id) ?? null);

/** The rows with something added. */
function plus(rows: number[][], add: (u: number, t: number) => number): number[][] {
  return rows.map((row, u) => row.map((value, t) => value + add(u, t)));
}

describe("pre-trends", () => {
  test("parallel units pass with a joint test on at most six bins", () => {
    const check = present(preTrends.run(context(rowsOf(1))));
    expect(check.required).toBe(true);
    expect(check.pValue ?? 0).toBeGreaterThan(0.02);
    expect(check.facts.bins).toBe(6);
    expect(check.facts.detectableDriftPerHour).toBeGreaterThan(0);
  });

  test("treated units that drift before the deploy fail, with the drift in units per hour", () => {
    const shape = { ...SHAPE, pre: 600 };
    const drifting = plus(madeRows(1, shape), (u, t) => (u < 2 ? t / 600 : 0));
    const check = byId(runChecks(contextOf(panelOf(drifting, shape))), "pre-trends");
    expect(check).toMatchObject({ passed: false, required: true, threshold: SHARED_BUDGET });
    expect(check.facts.driftPerHour).toBeGreaterThan(0.07);
    expect(check.facts.driftPerHour).toBeLessThan(0.13);
  });

  test("a drift that all units share passes", () => {
    const shared = plus(rowsOf(1), (_, t) => 0.5 * t);
    expect(byId(runChecks(context(shared)), "pre-trends").passed).toBe(true);
  });

  test("too little past for bins is not a pass: null with a reason", () => {
    const shape = { treated: 1, controls: 3, pre: 11, post: 4 };
    const check = present(preTrends.run(contextOf(panelOf(madeRows(2, shape), shape))));
    expect(check.passed).toBeNull();
    expect(check.facts.reason).toMatch(/too few steps/);
  });

  test("bins cover the window without gaps", () => {
    const bins = equalBins(0, 97, 6, 4);
    expect(bins.length).toBe(6);
    expect(bins[0]?.from).toBe(0);
    expect(bins.at(-1)?.to).toBe(97);
    for (let b = 1; b < bins.length; b++) expect(bins[b]?.from).toBe(bins[b - 1]?.to);
  });
});

describe("spillover", () => {
  test("quiet controls pass", () => {
    const check = byId(runChecks(context(rowsOf(3))), "spillover");
    expect(check).toMatchObject({ passed: true, required: true });
    expect(check.facts.controls).toBe(6);
  });

  test.each([25, 100, 1000])("one control that breaks by %d at the deploy fails and is named alone", (size) => {
    const broken = plus(rowsOf(3), (u, t) => (u === 4 && t >= 120 ? size : 0));
    const check = byId(runChecks(context(broken)), "spillover");
    expect(check.passed).toBe(false);
    expect(check.facts.worstUnit).toBe("c03");
    expect(check.facts.units).toEqual(["c03"]);
  });

  test("when most controls move apart the period is unusual, not some controls", () => {
    const apart = plus(rowsOf(3), (u, t) => (u >= 2 && t >= 120 ? 25 * (u - 4.5) : 0));
    expect(byId(runChecks(context(apart)), "spillover").passed).toBe(true);
  });

  test.each([1, 20, 1000])("a shock of %d that all units share never fails it", (size) => {
    for (let seed = 40; seed < 52; seed++) {
      const shocked = plus(rowsOf(seed), (_, t) => (t >= 120 ? size : 0));
      expect(byId(runChecks(context(shocked)), "spillover").passed).toBe(true);
    }
  });

  test("the same p whether or not a common shock hits", () => {
    const plain = present(spillover.run(context(rowsOf(5))));
    const shocked = present(spillover.run(context(plus(rowsOf(5), (_, t) => (t >= 120 ? 30 : 0)))));
    expect(shocked.pValue).toBeCloseTo(plain.pValue ?? Number.NaN, 9);
  });

  test("needs three controls", () => {
    const shape = { ...SHAPE, controls: 2 };
    expect(present(spillover.run(contextOf(panelOf(madeRows(6, shape), shape)))).passed).toBeNull();
  });
});

describe("the budget that pre-trends and spillover share", () => {
  test("is Holm at 2 %: the smaller p must be below 1 %, then the other below 2 %", () => {
    for (let seed = 60; seed < 90; seed++) {
      const checks = runChecks(context(rowsOf(seed)));
      const pair = [byId(checks, "pre-trends"), byId(checks, "spillover")].sort(
        (a, b) => (a.pValue ?? 1) - (b.pValue ?? 1),
      );
      const [low, high] = [pair[0]?.pValue ?? 1, pair[1]?.pValue ?? 1];
      expect(pair[0]?.passed).toBe(2 * low > 0.02);
      expect(pair[1]?.passed).toBe(Math.max(2 * low, high) > 0.02);
    }
  });

  test("costs few good cases", () => {
    let failed = 0;
    for (let seed = 100; seed < 220; seed++) {
      const checks = runChecks(context(rowsOf(seed)));
      if (["pre-trends", "spillover"].some((id) => byId(checks, id as CheckId).passed === false)) failed++;
    }
    expect(failed / 120).toBeLessThanOrEqual(0.06);
  });
});

describe("placebo-in-time", () => {
  test("fake deploys do not overlap, the rank gives the p-value", () => {
    const check = present(placeboInTime.run(context(plus(rowsOf(7), (u, t) => (u < 2 && t >= 120 ? 10 : 0)))));
    const n = check.facts.placebos as number;
    expect(n).toBe(8);
    expect(check.facts.asLarge).toBe(0);
    expect(check.pValue).toBeCloseTo(1 / (1 + n), 12);
    expect(check.required).toBe(false);
    expect((check.facts.values as number[]).length).toBe(n);
  });

  test("treated units that move by more and more from window to window alarm far above alpha", () => {
    const jumping = plus(rowsOf(8), (u, t) => (u < 2 ? 3 * 2 ** Math.floor(t / 12) : 0));
    const check = present(placeboInTime.run(context(jumping)));
    expect(check).toMatchObject({ passed: false, required: false, threshold: 0.05 });
    expect(check.facts.alarms).toBeGreaterThanOrEqual(3);
  });

  test("no room before the deploy: null with a reason", () => {
    const shape = { ...SHAPE, pre: 20 };
    expect(present(placeboInTime.run(contextOf(panelOf(madeRows(9, shape), shape)))).passed).toBeNull();
  });
});

describe("placebo-in-space", () => {
  test("each control in turn; the smallest possible p is printed", () => {
    const check = present(placeboInSpace.run(context(plus(rowsOf(10), (u, t) => (u < 2 && t >= 120 ? 30 : 0)))));
    expect(check.passed).toBeNull();
    expect(check.facts).toMatchObject({ units: 6, controls: 6, asLarge: 0 });
    expect(check.facts.smallestP).toBeCloseTo(1 / 7, 12);
    expect(check.pValue).toBeCloseTo(1 / 7, 12);
  });

  test("one control cannot stand in for the treated", () => {
    const shape = { ...SHAPE, controls: 1 };
    expect(present(placeboInSpace.run(contextOf(panelOf(madeRows(11, shape), shape)))).facts.units).toBe(0);
  });
});

describe("leave-one-out", () => {
  test("names the unit that carries the result", () => {
    const carried = plus(rowsOf(12), (u, t) => (u === 1 && t >= 120 ? 40 : 0));
    const check = present(leaveOneOut.run(context(carried)));
    expect(check.passed).toBeNull();
    expect(check.facts.unitMin).toBe("t2");
    expect(check.facts.flips).toBe(true);
    expect(check.facts.flipUnits).toContain("t2");
  });

  test("a result that all units share does not flip", () => {
    const shared = plus(rowsOf(12), (u, t) => (u < 2 && t >= 120 ? 40 : 0));
    expect(present(leaveOneOut.run(context(shared))).facts.flips).toBe(false);
  });

  test("one unit on each side: nothing can be left out", () => {
    const shape = { ...SHAPE, treated: 1, controls: 1 };
    expect(present(leaveOneOut.run(contextOf(panelOf(madeRows(13, shape), shape)))).facts.unitsTried).toBe(0);
  });
});
