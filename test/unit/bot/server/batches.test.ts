import { expect, test } from "vitest";
import { inBatches } from "../../../../src/bot/server/batches.ts";

function gated() {
  const batches: (readonly number[])[] = [];
  const opens: (() => void)[] = [];
  const work = async (items: readonly number[]): Promise<readonly number[]> => {
    batches.push(items);
    await new Promise<void>((resolve) => opens.push(resolve));
    return items.map((item) => item * 10);
  };
  return { batches, open: () => opens.shift()?.(), work };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("what comes while a round is running is done together in the next one, up to the most", async () => {
  const { batches, open, work } = gated();
  const one = inBatches(work, 3);
  const all = Promise.all([1, 2, 3, 4, 5, 6].map(one));
  for (let round = 0; round < 3; round += 1) {
    await settle();
    open();
  }
  expect(await all).toEqual([10, 20, 30, 40, 50, 60]);
  expect(batches).toEqual([[1], [2, 3, 4], [5, 6]]);
  const later = one(7);
  await settle();
  open();
  expect(await later).toBe(70);
});

test("one that cannot be done does not take the others of its round down with it", async () => {
  const one = inBatches(async (items: readonly number[]) => {
    await settle();
    if (items.includes(3)) throw new Error("not 3");
    return items;
  }, 10);
  const results = await Promise.allSettled([1, 2, 3, 4].map(one));
  expect(results.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason)))).toEqual([
    1,
    2,
    "Error: not 3",
    4,
  ]);
});
