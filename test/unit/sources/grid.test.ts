import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alignedGrid, countSteps, type StepGrid, splitGrid } from "../../../src/sources/grid.ts";

function stamps(grid: StepGrid): number[] {
  return Array.from({ length: countSteps(grid) }, (_, index) => grid.start + index * grid.step);
}

describe("the grid of a range query", () => {
  test("keeps instants that already are multiples of the step", () => {
    expect(alignedGrid(1_767_571_200, 1_767_571_500, 60)).toEqual({
      start: 1_767_571_200,
      end: 1_767_571_500,
      step: 60,
    });
  });

  test("has one multiple of the step in each step of a window that starts elsewhere", () => {
    const grid = alignedGrid(1007, 1007 + 9 * 60, 60);
    expect(grid).toEqual({ start: 1020, end: 1560, step: 60 });
  });

  test("is null for a window that ends before it starts", () => {
    expect(alignedGrid(2000, 1000, 60)).toBeNull();
  });

  test("holds as many steps as were asked for, each inside its own", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(1, 5, 15, 60, 300, 0.5, 0.25),
        (from, steps, step) => {
          const grid = alignedGrid(from, from + steps * step, step);
          if (grid === null) throw new Error("there are steps");
          expect(countSteps(grid)).toBe(steps + 1);
          expect(grid.start).toBeGreaterThanOrEqual(from);
          expect(grid.start).toBeLessThan(from + step);
        },
      ),
    );
  });

  test("splits into parts that hold every step once and none too many", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 700 }), (points, most) => {
        const grid = { start: 600, end: 600 + (points - 1) * 30, step: 30 };
        const parts = splitGrid(grid, most);
        expect(parts.flatMap(stamps)).toEqual(stamps(grid));
        expect(Math.max(...parts.map(countSteps))).toBeLessThanOrEqual(most);
      }),
    );
  });
});
