import { describe, expect, it } from "vitest";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { lookLevels } from "../../../../src/core/inference/sequential/look-levels.ts";
import { normalQuantile } from "../../../../src/core/probability/normal.ts";

const even = (looks: number): number[] => Array.from({ length: looks }, (_, k) => (k + 1) / looks);

describe("levels of planned looks", () => {
  it("one look has all of alpha", () => {
    expect(lookLevels([1], 0.05)).toEqual([{ alpha: 0.05, alphaSpent: 0.05 }]);
  });

  it.each([2, 3, 4, 8, 20])("%i looks spend alpha with the square of time, and all of it", (looks) => {
    const levels = lookLevels(even(looks), 0.05);
    levels.forEach(({ alphaSpent }, k) => {
      expect(alphaSpent).toBeCloseTo(0.05 * ((k + 1) / looks) ** 2, 12);
    });
    expect(levels[0]?.alpha).toBeCloseTo(0.05 / looks ** 2, 9);
  });

  it.each([2, 4, 8])("%i looks: every level lies between its share by Bonferroni and what is spent so far", (looks) => {
    let before = 0;
    for (const { alpha, alphaSpent } of lookLevels(even(looks), 0.05)) {
      expect(alpha).toBeGreaterThanOrEqual(alphaSpent - before - 1e-12);
      expect(alpha).toBeLessThanOrEqual(alphaSpent + 1e-12);
      before = alphaSpent;
    }
  });

  it("all looks at a drifting mean together miss the truth in alpha of simulated walks, per side and in all", () => {
    const looks = 4;
    const levels = lookLevels(even(looks), 0.1);
    const random = randomStream(5);
    const walks = 20_000;
    let [above, below] = [0, 0];
    for (let i = 0; i < walks; i++) {
      let sum = 0;
      const [up, down] = [[false], [false]];
      levels.forEach(({ alpha }, k) => {
        sum += normalQuantile(random.next() + 2 ** -54);
        const z = sum / Math.sqrt(k + 1);
        up[0] ||= z > -normalQuantile(alpha / 2);
        down[0] ||= -z > -normalQuantile(alpha / 2);
      });
      above += up[0] === true ? 1 : 0;
      below += down[0] === true ? 1 : 0;
    }
    // Four standard errors of a share of 5 %.
    const reach = 4 * Math.sqrt((0.05 * 0.95) / walks);
    expect(Math.abs(above / walks - 0.05)).toBeLessThan(reach);
    expect(Math.abs(below / walks - 0.05)).toBeLessThan(reach);
  });
});
