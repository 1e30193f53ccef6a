import { expect, test } from "vitest";
import { scanOrder } from "../../../src/app/action-sweep.ts";

const DAY = 86_400;
const NOW = 1_795_000_000;

function commits(count: number): { readonly at: number; readonly index: number }[] {
  return Array.from({ length: count }, (_, index) => ({ at: NOW - index * 600, index }));
}

test("the newest commit is looked at first and every commit exactly once", () => {
  const order = scanOrder(commits(37), NOW);
  expect(order[0]?.index).toBe(0);
  expect(order.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 37 }, (_, index) => index),
  );
});

test.each([
  [15, 1800],
  [30, 1800],
  [100, 1800],
  [150, 1800],
  [288, 3600],
  [40, 3 * 3600],
  [20, 6 * 3600],
])(
  "with %i commits and a run every %i s, ten look-ups a run see every commit within the 14 days of an open check",
  (count, interval) => {
    const seen = new Set<number>();
    for (let now = NOW; now < NOW + 13 * DAY; now += interval) {
      for (const { index } of scanOrder(commits(count), now).slice(0, 10)) seen.add(index);
    }
    expect(seen.size).toBe(count);
  },
);

test("nothing deployed, nothing to look at", () => {
  expect(scanOrder([], NOW)).toEqual([]);
});
