import { expect, test } from "vitest";
import { byteLength, OUTPUT_LIMIT } from "../../../src/report/views/fit.ts";
import { renderOutputs } from "../../../src/report/views/outputs.ts";
import { ON_GITHUB } from "../../surfaces/contexts.ts";
import { DOCUMENTS } from "../../surfaces/documents.ts";

test("the outputs name the metric that made the verdict and its effect as printed", () => {
  const { result, ...outputs } = renderOutputs(DOCUMENTS.regression, ON_GITHUB, "failure");
  expect(outputs).toEqual({
    verdict: "regression",
    "reason-code": "",
    conclusion: "failure",
    effect: "+12.4%",
    "effect-low": "+7.9%",
    "effect-high": "+17.0%",
    metric: "p95-latency",
  });
  const parsed = JSON.parse(result);
  expect(parsed.slis.length).toBe(4);
  expect(parsed.slis[1]).not.toHaveProperty("series");
  expect(parsed.slis[1].eventStudy.length).toBe(8);
});

test("a refusal has a reason code and no effect, not a zero", () => {
  const outputs = renderOutputs(DOCUMENTS["invalid-refusal"], ON_GITHUB);
  expect(outputs).toMatchObject({
    verdict: "invalid",
    "reason-code": "NO_CONTROL_UNITS",
    conclusion: "",
    effect: "",
    "effect-low": "",
    "effect-high": "",
  });
});

test("in a monorepo the metric carries its service", () => {
  expect(renderOutputs(DOCUMENTS.monorepo, ON_GITHUB).metric).toBe("checkout/p95-latency");
});

test("hundreds of parts per metric fit, and a part that got worse stays", () => {
  const document = DOCUMENTS.regression;
  const part = (name: string, finding: "worse" | null) => ({
    name,
    treatedUnits: 3,
    controlUnits: 6,
    estimate: 0.123456789012,
    confLow: 0.012345678901,
    confHigh: 0.23456789012,
    simultaneousLow: -0.012345678901,
    simultaneousHigh: 0.34567890123,
    shrunk: { estimate: 0.1, confLow: 0.01, confHigh: 0.2 },
    pValue: 0.012345678901,
    pValueAdjusted: 1,
    pMarginAdjusted: 1,
    finding,
    failedChecks: [],
  });
  const names = Array.from({ length: 500 }, (_, i) => `/endpoint/with/a/long/name/${i}`);
  const subgroups = {
    by: "endpoint",
    scale: "relative" as const,
    estimates: names.map((name, i) => part(name, i === 480 ? "worse" : null)),
    omitted: [],
    heterogeneity: null,
    correlation: 0,
    refused: null,
  };
  const slis = Array.from({ length: 6 }, (_, i) => ({ ...document.slis[0], id: `metric-${i}`, subgroups }));
  const { result } = renderOutputs({ ...document, slis: slis as unknown as typeof document.slis }, ON_GITHUB);
  expect(byteLength(result)).toBeLessThanOrEqual(OUTPUT_LIMIT);
  const [first] = JSON.parse(result).slis;
  expect(first.subgroups.estimates.map(({ finding }: { finding: string | null }) => finding)).toContain("worse");
  expect(first.subgroups.estimates.length).toBeLessThan(50);
});
