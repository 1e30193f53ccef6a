import { describe, expect, test } from "vitest";
import { type TreatedChange, treatedSpread } from "../../../../src/core/estimators/did-treated-spread.ts";

const unit = (change: number, variance = 1, level = 10): TreatedChange => ({ change, variance, level, share: 1 / 4 });

describe("the spread of the treated units", () => {
  test("is DerSimonian and Laird's between-study variance where all units are equally sharp", () => {
    // Q = 20 about the mean 2, tau^2 = (20 - 3) / (4 - 4 / 4) = 17/3; S^2 - 1 = 20/3 - 1 says the same.
    const { variance, dof } = treatedSpread([unit(-1), unit(1), unit(3), unit(5)], "additive", "own");
    expect(variance).toBeCloseTo((17 / 3) * 4 * (1 / 16), 12);
    expect(dof).toBe(3);
  });

  test("sees a noisy unit that shifts in proportion to its noise", () => {
    const units = [unit(0.1, 0.01), unit(-0.1, 0.01), unit(0, 0.01), unit(30, 100)];
    const mean = 30 / 4;
    const s2 = (0.1 - mean) ** 2 + (-0.1 - mean) ** 2 + mean ** 2 + (30 - mean) ** 2;
    const { variance } = treatedSpread(units, "additive", "own");
    expect(variance).toBeCloseTo((s2 / 3 - 100.03 / 4) / 4, 10);
  });

  test("adds nothing while the units agree as well as their past predicts", () => {
    expect(treatedSpread([unit(0.5), unit(1), unit(1.5)], "additive", "own").variance).toBe(0);
  });

  test("with fewer than three units cannot be told", () => {
    expect(treatedSpread([unit(-9), unit(9)], "additive", "own").variance).toBe(0);
    expect(treatedSpread([unit(-9), unit(9), unit(1, 0)], "additive", "own").variance).toBe(0);
  });

  test("a change by one factor is an effect and no spread, unless the additive scale was asked for", () => {
    const units = [1, 10, 100].map((level) => ({ change: 0.2 * level, variance: 0.01 * level, level, share: 1 / 3 }));
    expect(treatedSpread(units, "multiplicative", "own").variance).toBe(0);
    expect(treatedSpread(units, "additive", "either").variance).toBe(0);
    expect(treatedSpread(units, "additive", "own").variance).toBeGreaterThan(1);
  });

  test("an equal change of unequal units is no spread on the additive scale", () => {
    const units = [1, 10, 100].map((level) => ({ change: 3, variance: 0.01, level, share: 1 / 3 }));
    expect(treatedSpread(units, "additive", "own").variance).toBe(0);
    expect(treatedSpread(units, "multiplicative", "either").variance).toBe(0);
    expect(treatedSpread(units, "multiplicative", "own").variance).toBeGreaterThan(1);
  });
});
