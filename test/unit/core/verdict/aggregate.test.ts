import { describe, expect, test } from "vitest";
import type { Role } from "../../../../src/core/plan.ts";
import type { ReasonCode } from "../../../../src/core/reasons.ts";
import type { Estimate, SliResult, Verdict } from "../../../../src/core/result.ts";
import { adjustMargins, aggregateCodes, aggregateVerdict } from "../../../../src/core/verdict/aggregate.ts";

const ESTIMATE: Estimate = {
  att: 1,
  stdError: 1,
  statistic: 1,
  pValue: 0.3,
  confLow: -1,
  confHigh: 3,
  level: 0.95,
  pMargin: 0.15,
  pMarginAdjusted: null,
};

function sli(role: Role, verdict: Verdict, more: { pMargin?: number | null; codes?: ReasonCode[] } = {}): SliResult {
  const pMargin = more.pMargin === undefined ? 0.5 : more.pMargin;
  return {
    id: `${role}-${verdict}`,
    service: null,
    role,
    kind: "gauge",
    direction: "up",
    verdict,
    reasonCodes: more.codes ?? [],
    reasons: [],
    design: "did",
    designReason: null,
    estimator: null,
    scale: "additive",
    inference: null,
    estimate: { ...ESTIMATE, pMargin },
    relative: null,
    margin: { absolute: 0, relative: null, text: "0" },
    mde: null,
    timeToDecide: null,
    baseline: { treatedPre: null, treatedPost: null, controlPre: null, controlPost: null, counterfactualPost: null },
    checks: [],
    eventStudy: [],
    unitChanges: [],
    units: { treated: [], control: [], excluded: [] },
  };
}

describe("verdict over SLIs", () => {
  test.each<[Verdict, [Role, Verdict][]]>([
    [
      "regression",
      [
        ["primary", "no-impact"],
        ["guardrail", "regression"],
        ["guardrail", "invalid"],
      ],
    ],
    [
      "invalid",
      [
        ["primary", "inconclusive"],
        ["guardrail", "invalid"],
      ],
    ],
    [
      "inconclusive",
      [
        ["primary", "improvement"],
        ["guardrail", "inconclusive"],
      ],
    ],
    [
      "improvement",
      [
        ["primary", "improvement"],
        ["guardrail", "no-impact"],
      ],
    ],
    [
      "no-impact",
      [
        ["primary", "no-impact"],
        ["guardrail", "improvement"],
      ],
    ],
    [
      "no-impact",
      [
        ["guardrail", "no-impact"],
        ["informational", "regression"],
        ["placebo", "invalid"],
      ],
    ],
    [
      "invalid",
      [
        ["informational", "no-impact"],
        ["placebo", "no-impact"],
      ],
    ],
    ["invalid", []],
  ])("%s", (verdict, members) => {
    const slis = members.map(([role, own]) => sli(role, own));
    expect(aggregateVerdict(slis)).toBe(verdict);
    expect(aggregateVerdict([...slis].reverse())).toBe(verdict);
  });

  test("only the codes of the SLIs that made it, each once", () => {
    const slis = [
      sli("primary", "inconclusive", { codes: ["NO_MARGIN", "MORE_TIME"] }),
      sli("guardrail", "inconclusive", { codes: ["MORE_TIME"] }),
      sli("guardrail", "no-impact", { codes: ["UNITS_DROPPED"] }),
      sli("informational", "inconclusive", { codes: ["ONE_CONTROL"] }),
    ];
    expect(aggregateCodes(slis, "inconclusive")).toEqual(["NO_MARGIN", "MORE_TIME"]);
  });
});

describe("Holm over what counts", () => {
  test("primary and guardrail form the family, others and missing estimates do not", () => {
    const slis = [
      sli("primary", "regression", { pMargin: 0.01 }),
      sli("informational", "regression", { pMargin: 0.001 }),
      sli("guardrail", "regression", { pMargin: 0.02 }),
      sli("guardrail", "invalid", { pMargin: null }),
      sli("placebo", "no-impact", { pMargin: 0.5 }),
      sli("guardrail", "no-impact", { pMargin: 0.9 }),
    ];
    expect(adjustMargins(slis)).toEqual([0.03, null, 0.04, null, null, 0.9]);
  });
});
