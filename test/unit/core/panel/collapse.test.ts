import { expect, test } from "vitest";
import { collapseClusters } from "../../../../src/core/panel/collapse.ts";
import { unitValues } from "../../../../src/core/panel/panel.ts";
import { panelOf } from "../generated.ts";

const rows = [
  [1, 2, 3, 10],
  [11, 12, 13, 20],
  [5, 5, 5, 5],
  [7, Number.NaN, 7, 7],
];
const panel = panelOf(rows, { treated: 2, pre: 3 });

test("without clusters nothing changes", () => {
  expect(collapseClusters(panel, {})).toEqual({ ok: true, value: panel });
});

test("units of one cluster become their mean and count once", () => {
  const outcome = collapseClusters(panel, { t1: "zone-a", t2: "zone-a", c01: "zone-b", c02: "zone-b" });
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  expect(outcome.value.units).toEqual(["zone-a", "zone-b"]);
  expect(outcome.value.treated).toEqual([true, false]);
  expect(Array.from(unitValues(outcome.value, 0))).toEqual([6, 7, 8, 15]);
});

test("a unit that is missing for a step does not move its cluster", () => {
  const outcome = collapseClusters(panel, { c01: "zone-b", c02: "zone-b" });
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  expect(outcome.value.units).toEqual(["t1", "t2", "zone-b"]);
  expect(Array.from(unitValues(outcome.value, 2))).toEqual([6, 6, 6, 6]);
});

test("a cluster on both sides is refused by name", () => {
  const outcome = collapseClusters(panel, { t1: "zone-a", c01: "zone-a" });
  expect(outcome.ok).toBe(false);
  if (!outcome.ok) {
    expect(outcome.refusal.code).toBe("NOT_ESTIMABLE");
    expect(outcome.refusal.message).toContain("zone-a");
  }
});
