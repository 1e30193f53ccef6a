import { describe, expect, test } from "vitest";
import { analyze } from "../../../src/core/analyze.ts";
import type { Series, SeriesComponent } from "../../../src/core/panel/series.ts";
import type { SliPlan } from "../../../src/core/plan.ts";
import type { SliResult } from "../../../src/core/result.ts";
import { DEPLOYED_AT, LATENCY, planWith, STEP } from "./generated.ts";

/** Two treated and three control units with 1,000 requests a step and hardly any error. */
const PRE = 120;
const POST = 30;
const UNITS = ["t1", "t2", "c1", "c2", "c3"];

function series(unit: string, component: SeriesComponent, value: (t: number) => number): Series {
  const steps = PRE + POST;
  return {
    unit,
    group: unit.startsWith("t") ? "treated" : "control",
    component,
    times: Float64Array.from({ length: steps }, (_, t) => DEPLOYED_AT + (t - PRE) * STEP),
    values: Float64Array.from({ length: steps }, (_, t) => value(t)),
  };
}

function judged(all: readonly Series[], changes: Partial<SliPlan>): SliResult {
  const sli: SliPlan = { ...LATENCY, id: "errors", ...changes };
  const [result] = analyze([
    { plan: planWith({ slis: [sli] }), inputs: [{ sli: "errors", series: all, warnings: [] }] },
  ]).slis;
  if (result === undefined) throw new Error("no result");
  return result;
}

const ratio = (errors: (unit: string, t: number) => number, margin = 0.001): SliResult =>
  judged(
    UNITS.flatMap((unit) => [
      series(unit, "numerator", (t) => errors(unit, t)),
      series(unit, "denominator", () => 1000),
    ]),
    { kind: "ratio", margin: { type: "absolute", value: margin, text: "0.1pp" } },
  );

describe("an error ratio without any error", () => {
  test("is an answer with an exact interval, not a refusal: a margin of 0.1 pp is ruled out", () => {
    const sli = ratio(() => 0);
    expect(sli.verdict).toBe("no-impact");
    expect(sli.estimate).toMatchObject({ att: 0, pValue: 1 });
    expect(sli.inference?.method).toBe("exact-poisson");
    // Garwood's upper limit of 0 events is -ln(0.025) over 60,000 requests (treated, after); the other three cells add.
    const upper = (requests: number): number => -Math.log(0.025) / requests;
    const half = Math.hypot(upper(60_000), upper(3 * 120_000));
    expect(sli.estimate?.confHigh).toBeCloseTo(half, 10);
    expect(sli.estimate?.confLow).toBeCloseTo(-Math.hypot(upper(240_000), upper(90_000)), 10);
  });

  test("stays open when the traffic is too thin for the margin, and says so", () => {
    const sli = ratio(() => 0, 0.00001);
    expect(sli.verdict).toBe("inconclusive");
    expect(sli.reasonCodes).toContain("NOT_POWERED");
  });

  test("five errors after the deploy give a finite interval above 0", () => {
    const sli = ratio((unit, t) => (unit === "t1" && t >= PRE && t < PRE + 5 ? 1 : 0), 0);
    expect(sli.verdict).toBe("regression");
    expect(sli.estimate?.confLow).toBeGreaterThan(0);
    expect(sli.estimate?.confHigh).toBeLessThan(1e-3);
    expect(sli.estimate?.att).toBeCloseTo(5 / 60_000, 12);
  });

  test("one error after the deploy proves nothing", () => {
    const sli = ratio((unit, t) => (unit === "t1" && t === PRE ? 1 : 0), 0);
    expect(sli.verdict).toBe("inconclusive");
    expect(sli.estimate?.confLow).toBeLessThan(0);
  });
});

describe("a numerator that the source calls not-a-number", () => {
  test("is a missing ratio, while an absent point with traffic is a ratio of 0", () => {
    const noisy = (unit: string, t: number): number => 10 + ((unit.length * 7 + t * 13) % 5);
    const withNaN = ratio((unit, t) => (unit === "t1" && t === PRE + 3 ? Number.NaN : noisy(unit, t)));
    const coverage = withNaN.checks.find((check) => check.id === "coverage");
    expect(coverage?.facts.missingTreatedPost).toBeCloseTo(1 / (2 * POST), 12);
  });
});

describe("a count without any event", () => {
  test("gets an exact interval as well", () => {
    const sli = judged(
      UNITS.map((unit) => series(unit, "value", () => 0)),
      { kind: "count", margin: { type: "absolute", value: 0.1, text: "0.1" } },
    );
    expect(sli.verdict).toBe("no-impact");
    expect(sli.estimate?.confHigh).toBeGreaterThan(0);
  });

  test("but a gauge that never moves is refused", () => {
    const sli = judged(
      UNITS.map((unit) => series(unit, "value", () => 7)),
      { kind: "gauge" },
    );
    expect(sli).toMatchObject({ verdict: "invalid", reasonCodes: ["NO_VARIATION"], estimate: null });
  });
});

test("a counter that is scraped more slowly than the step says which step to set", () => {
  const slow = UNITS.map((unit) => {
    const whole = series(unit, "value", (t) => 5 * t);
    const kept = Array.from(whole.times.keys()).filter((t) => t % 5 === 0);
    return {
      ...whole,
      times: Float64Array.from(kept, (t) => whole.times[t] ?? 0),
      values: Float64Array.from(kept, (t) => whole.values[t] ?? 0),
    };
  });
  const [reason] = judged(slow, { kind: "counter" }).reasons;
  expect(reason?.code).toBe("NO_DATA");
  expect(reason?.hint).toContain("300 s apart");
});
