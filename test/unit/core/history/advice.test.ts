import { describe, expect, it } from "vitest";
import { pairedGain, windowsNeeded } from "../../../../src/core/history/advice.ts";
import type { Fake } from "../../../../src/core/history/fake.ts";
import { clopperPearson } from "../../../../src/core/probability/binomial.ts";
import { noise } from "../generated.ts";

function fakes(effects: readonly number[]): Fake[] {
  return effects.map((att, i) => ({
    deployedAt: i,
    cluster: i,
    verdict: "no-impact",
    reasonCodes: [],
    slis: [
      {
        ...{ id: "latency", service: null, role: "guardrail", kind: "gauge", direction: "up", verdict: "no-impact" },
        ...{ reasonCodes: [], design: "did", att, confLow: null, confHigh: null, relativeAtt: null },
        ...{ halfWidth: none, mde: none, reach: none, margin: none, controlChanges: {} },
      },
    ],
  }));
}
const none = { absolute: null, relative: null };
const KEY = JSON.stringify([null, "latency"]);

describe("windows needed to show a rate", () => {
  it("are the fewest whose upper bound without any alarm is below it", () => {
    const n = windowsNeeded(0.05);
    expect(clopperPearson(0, n, 0.05).high).toBeLessThanOrEqual(0.05);
    expect(clopperPearson(0, n - 1, 0.05).high).toBeGreaterThan(0.05);
  });
});

describe("the gain of leaving a control out", () => {
  const { normal } = noise(5);
  const effects = Array.from({ length: 60 }, normal);

  it("is nothing when the false effects stay as they are", () => {
    expect(pairedGain(fakes(effects), fakes(effects), KEY)).toMatchObject({ ratio: 1, pValue: 1 });
  });

  it("is shown when they halve", () => {
    const gain = pairedGain(fakes(effects), fakes(effects.map((x) => x / 2)), KEY);
    expect(gain?.ratio).toBeCloseTo(0.25, 12);
    expect(gain?.pValue).toBeLessThan(0.001);
  });

  it("is not claimed from two windows", () => {
    expect(pairedGain(fakes([1, 2]), fakes([0, 0]), KEY)).toBeNull();
  });
});
