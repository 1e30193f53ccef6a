import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allMetrics,
  clock,
  duration,
  fixed,
  instant,
  intervalDecimals,
  listing,
  moreTime,
  pValue,
  sentence,
  signed,
  significant,
  span,
} from "../../../src/report/format.ts";

describe("numbers", () => {
  test.each([
    [12.44, 1, "12.4"],
    [-0.04, 1, "0.0"],
    [12_345.678, 1, "12,345.7"],
    [1234.5, 0, "1235"],
    [-98_765_432, 0, "-98,765,432"],
    [Number.NaN, 1, "not a number"],
    [Number.POSITIVE_INFINITY, 1, "infinite"],
  ])("%s with %s decimals is %s", (value, decimals, text) => {
    expect(fixed(value, decimals)).toBe(text);
  });

  test("a change carries its sign, and zero has none", () => {
    expect([signed(12.4, 1), signed(-12.4, 1), signed(0.04, 1), signed(-0.04, 1)]).toEqual([
      "+12.4",
      "-12.4",
      "0.0",
      "0.0",
    ]);
  });

  test("a number on its own has as many digits as it deserves", () => {
    expect([
      significant(0.0666667, 2),
      significant(5),
      significant(0),
      significant(0.00012345),
      significant(1_234_567),
    ]).toEqual(["0.067", "5", "0", "0.000123", "1,234,567"]);
  });

  test("no exponent between a millionth and a trillion", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.boolean(), (size, negative) => {
        const value = negative ? -size : size;
        expect(significant(value)).not.toMatch(/e/);
        expect(fixed(value, 3)).not.toMatch(/e/);
      }),
    );
  });

  test("p-values never claim zero", () => {
    expect([pValue(0.41), pValue(0.0004), pValue(0), pValue(0.0667)]).toEqual([
      "p = 0.41",
      "p < 0.001",
      "p < 0.001",
      "p = 0.067",
    ]);
  });
});

describe("decimals of an interval", () => {
  test("two digits of the half width", () => {
    expect(intervalDecimals(7.9, 17, [0, 5])).toBe(1);
    expect(intervalDecimals(-0.1, 0.14, [0, 0.5])).toBe(2);
    expect(intervalDecimals(12, 58, [0])).toBe(0);
  });

  test("a bound is never printed as the zero or the margin that it is not", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.04, noNaN: true }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        (low, high) => {
          const decimals = intervalDecimals(low, high, [0]);
          expect(Number(low.toFixed(decimals))).toBeGreaterThan(0);
        },
      ),
    );
    expect((5.004).toFixed(intervalDecimals(5.004, 14, [0, 5]))).toBe("5.004");
  });
});

describe("time", () => {
  test.each([
    [45, "45 seconds"],
    [60, "1 minute"],
    [90, "90 seconds"],
    [2400, "40 minutes"],
    [6000, "1 hour 40 minutes"],
    [86_400, "1 day"],
    [97_200, "1 day 3 hours"],
    [0, "0 seconds"],
  ])("%s seconds are %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  test("waiting is rounded up", () => {
    expect([61, 2400, 2401, 5400, 4 * 3600 + 1, 5 * 86_400].map(moreTime)).toEqual([
      "2 more minutes",
      "40 more minutes",
      "45 more minutes",
      "90 more minutes",
      "5 more hours",
      "5 more days",
    ]);
  });

  test("instants are UTC whatever the machine's zone is", () => {
    const at = Date.UTC(2026, 10, 20, 13, 5, 0) / 1000;
    expect([instant(at), clock(at), instant(at + 7)]).toEqual([
      "2026-11-20 13:05 UTC",
      "13:05 UTC",
      "2026-11-20 13:05:07 UTC",
    ]);
    expect(span(at, at + 3600)).toBe("2026-11-20 13:05 to 14:05");
    expect(span(at - 7200, at - 3600, "2026-11-20")).toBe("11:05 to 12:05");
    expect(span(at - 86_400, at)).toBe("2026-11-19 13:05 to 2026-11-20 13:05");
    expect(instant(Number.NaN)).toBe("unknown date unknown time UTC");
  });
});

test("two metrics are both, more are all", () => {
  expect([allMetrics(2), allMetrics(3)]).toEqual(["both metrics", "all 3 metrics"]);
});

test("lists name a few and count the rest", () => {
  expect([listing([]), listing(["a"]), listing(["a", "b", "c"]), listing(["a", "b", "c", "d"], 2)]).toEqual([
    "",
    "a",
    "a, b and c",
    "a, b and 2 more",
  ]);
});

test("sentences end once", () => {
  expect([sentence("a"), sentence("a."), sentence("a?"), sentence(" ")]).toEqual(["a.", "a.", "a?", ""]);
});
