import { expect, test } from "vitest";
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
