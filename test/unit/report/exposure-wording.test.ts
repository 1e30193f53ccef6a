import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../../src/core/outcome.ts";
import { CHECK_WORDING } from "../../../src/report/wording/checks.ts";

const TONGUE = {
  effect: (raw: number) => `${raw > 0 ? "+" : ""}${raw} ms`,
  size: () => null,
  unit: (name: string) => name,
};

function sentence(facts: Readonly<Record<string, JsonValue>>): string {
  return CHECK_WORDING.exposure.passed(
    {
      id: "exposure",
      passed: true,
      required: true,
      statistic: 0.7,
      pValue: null,
      threshold: 0.5,
      facts: { treatedShare: 0.8, controlShare: 0.1, itt: 7, ...facts },
    },
    TONGUE,
  );
}

describe("the exposure check", () => {
  test("names both effects and the interval of the second", () => {
    const text = sentence({ effectPerExposed: 10, perExposedLow: 2, perExposedHigh: 21, perExposedMethod: "fieller" });
    expect(text).toContain("intention to treat (all treated units, the effect of this report) +7 ms");
    expect(text).toContain("per exposed +10 ms (+2 ms to +21 ms)");
  });

  test("says why there is no interval", () => {
    const unbounded = { effectPerExposed: 10, perExposedLow: null, perExposedHigh: null };
    expect(sentence({ ...unbounded, perExposedMethod: "fieller" })).toContain("the units differ too much");
    expect(sentence({ ...unbounded, perExposedMethod: "scaled" })).toContain("(no interval)");
  });

  test("is silent about a second effect when everybody assigned was exposed", () => {
    expect(sentence({ effectPerExposed: null })).not.toMatch(/intention|per exposed/);
  });
});
