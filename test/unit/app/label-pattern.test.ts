import { describe, expect, test } from "vitest";
import { labelPattern } from "../../../src/app/label-pattern.ts";

describe("a pattern for labels", () => {
  test("fits whole values, and says the same of a value every time", () => {
    const fits = labelPattern("eu-[12]|us-.");
    const values = ["eu-1", "eu-3", "eu-11", "xeu-1", "us-9", "", "us-🚀"];
    const said = [true, false, false, false, true, false, true];
    expect(values.map(fits)).toEqual(said);
    expect(values.map(fits)).toEqual(said);
  });

  test("that takes time without end is an error that names it, and does not stop the process", () => {
    const fits = labelPattern("(a+)+b", 50);
    expect(fits("aab")).toBe(true);
    expect(() => fits("a".repeat(60))).toThrow(/"\(a\+\)\+b" takes too long/);
  });

  test("that takes few steps is fast, also for thousands of units", () => {
    const fits = labelPattern("(?:eu|us)-[a-z.]+-[0-9]+\\.x", 1);
    const values = Array.from({ length: 50_000 }, (_, index) => `eu-pod-${index}.x`);
    expect(values.every(fits)).toBe(true);
  });

  test("whose values are all slow shares one limit among them", () => {
    const fits = labelPattern("(a+)+b", 50);
    const slow = Array.from({ length: 200 }, (_, index) => `${"a".repeat(22)}${index}`);
    expect(() => slow.map(fits)).toThrow("takes too long");
  });
});
