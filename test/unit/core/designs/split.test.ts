import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze } from "../../../../src/core/analyze.ts";
import { describeSli } from "../../../../src/core/describe.ts";
import { welchTest } from "../../../../src/core/inference/two-sample.ts";
import type { Series } from "../../../../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../../../../src/core/plan.ts";
import type { SliResult } from "../../../../src/core/result.ts";
import { DEPLOYED_AT, LATENCY, noise, type PlanChanges, planWith, STEP } from "../generated.ts";

interface Pods {
  readonly treated: number;
  readonly control: number;
  readonly seed?: number;
  readonly effect?: number;
  /** Steps before the deploy in which treated and control pods are seen. */
  readonly treatedPre?: number;
  readonly controlPre?: number;
  readonly post?: number;
  /** First step of the treated pods. */
  readonly from?: number;
  /** Last step of the control pods. */
  readonly controlUntil?: number;
  readonly spread?: number;
  readonly phi?: number;
  readonly weights?: (unit: number) => number;
  readonly value?: (unit: number, t: number) => number;
}

function podsOf(shape: Pods): Series[] {
  const { treated, control, effect = 0, treatedPre = 0, controlPre = 30, post = 30, spread = 1, phi = 0.5 } = shape;
  const { normal, path } = noise(shape.seed ?? 1);
  return Array.from({ length: treated + control }, (_, u): Series => {
    const isTreated = u < treated;
    const first = isTreated ? (shape.from ?? -treatedPre) : -controlPre;
    const last = isTreated ? post : (shape.controlUntil ?? post);
    const level = 50 + spread * normal();
    const own = path(Math.max(0, last - first), phi);
    const values = Float64Array.from(own, (e, i) => {
      const t = first + i;
      return shape.value?.(u, t) ?? level + 0.3 * e + (isTreated && t >= 0 ? effect : 0);
    });
    return {
      unit: `${isTreated ? "new" : "old"}-${String(u).padStart(2, "0")}`,
      group: isTreated ? "treated" : "control",
      component: "value",
      times: Float64Array.from(values, (_value, i) => DEPLOYED_AT + (first + i) * STEP),
      values,
      ...(shape.weights === undefined ? {} : { weights: values.map(() => shape.weights?.(u) ?? 1) }),
    };
  });
}

function judged(series: readonly Series[], changes: PlanChanges = {}, sli: Partial<SliPlan> = {}): SliResult {
  const asked = { ...LATENCY, ...sli };
  const plan: AnalysisPlan = planWith({ ...changes, slis: [asked] });
  const [found] = analyze([{ plan, inputs: [{ sli: asked.id, series, warnings: [] }] }]).slis;
  if (found === undefined) throw new Error("no SLI");
  return found;
}

function checkOf(found: SliResult, id: string) {
  return found.checks.find((check) => check.id === id);
}

describe("auto", () => {
  it("takes split when the treated units are new and controls run beside them, and says so", () => {
    const found = judged(podsOf({ treated: 5, control: 6, effect: 3 }));
    expect(found).toMatchObject({
      design: "split",
      designReason:
        "treated units exist only after the deploy (pods replaced?), and control units ran at the same time",
      estimator: "mean-difference",
      verdict: "regression",
    });
    expect(found.reasonCodes).toContain("NO_HISTORY");
    expect(found.reasonCodes).not.toContain("UNITS_DROPPED");
  });

  it("takes it when all units are new", () => {
    const found = judged([...podsOf({ treated: 5, control: 6, controlPre: 0 }), ...gone()]);
    expect(found.designReason).toContain("treated and control units exist only after the deploy");
    expect(found.units.excluded).toEqual([{ unit: "gone", reason: "has no data in the post window" }]);
  });

  it("leaves units with a past to did", () => {
    expect(judged(podsOf({ treated: 5, control: 6, treatedPre: 30 })).design).toBe("did");
  });

  it("keeps the refusal when the old pods are gone, at once or during the window", () => {
    for (const controlUntil of [0, 5]) {
      const found = judged(podsOf({ treated: 5, control: 6, controlUntil }));
      expect([found.verdict, found.reasonCodes[0], found.design]).toEqual(["invalid", "UNITS_ONLY_ON_ONE_SIDE", null]);
    }
  });

  it("needs no data before the deploy at all when it is asked for by name", () => {
    const fresh = podsOf({ treated: 5, control: 6, controlPre: 0, effect: 3 });
    expect(judged(fresh, { design: "split" })).toMatchObject({ design: "split", verdict: "regression" });
  });
});

function gone(): Series[] {
  return [
    {
      unit: "gone",
      group: "control",
      component: "value",
      times: Float64Array.of(DEPLOYED_AT - 120, DEPLOYED_AT - 60),
      values: Float64Array.of(1, 2),
    },
  ];
}

describe("the estimate", () => {
  it("is the difference of unit means with Welch's error and Bell-McCaffrey's degrees of freedom", () => {
    const series = podsOf({ treated: 5, control: 8, effect: 1 });
    const meansOf = (group: string): Float64Array =>
      Float64Array.from(
        series.filter((one) => one.group === group),
        ({ times, values }) => {
          const seen = values.filter((_, i) => (times[i] ?? 0) >= DEPLOYED_AT);
          return seen.reduce((sum, value) => sum + value, 0) / seen.length;
        },
      );
    const row = welchTest(meansOf("treated"), meansOf("control"), 0.05);
    const { estimate, inference, baseline } = judged(series);
    expect(estimate?.att).toBeCloseTo(row.estimate, 9);
    expect(estimate?.stdError).toBeCloseTo(row.stdError, 9);
    // (1/n + 1/m)^2 / (1/(n^2 (n - 1)) + 1/(m^2 (m - 1)))
    const dof = (1 / 5 + 1 / 8) ** 2 / (1 / (25 * 4) + 1 / (64 * 7));
    expect(inference).toMatchObject({ method: "cr2", clusters: 13 });
    expect(inference?.dof).toBeCloseTo(dof, 8);
    expect((baseline.treatedPost ?? 0) - (baseline.controlPost ?? 0)).toBeCloseTo(row.estimate, 9);
    expect(baseline.treatedPre).toBeNull();
  });

  it("of a ratio is the difference of the ratios of sums", () => {
    const weights = (u: number): number => 100 + 40 * (u % 4);
    const series = podsOf({ treated: 6, control: 9, effect: 1, weights });
    const ratio = (group: string): number => {
      let [top, bottom] = [0, 0];
      for (const one of series.filter((other) => other.group === group)) {
        one.values.forEach((value, i) => {
          if ((one.times[i] ?? 0) < DEPLOYED_AT) return;
          top += value * (one.weights?.[i] ?? 0);
          bottom += one.weights?.[i] ?? 0;
        });
      }
      return top / bottom;
    };
    const found = judged(series, {}, { kind: "ratio" });
    expect(found.estimate?.att).toBeCloseTo(ratio("treated") - ratio("control"), 9);
  });

  it("uses the units' past where all have one, and is sharper for it", () => {
    const series = podsOf({ treated: 6, control: 8, treatedPre: 30, spread: 4 });
    const found = judged(series, { design: "split" });
    expect(found.estimator).toBe("mean-difference-cuped");
    expect(found.designFacts).toMatchObject({ history: true });
    const blind = judged(
      series.map((one) => cut(one)),
      { design: "split" },
    );
    expect(found.estimate?.stdError ?? 1).toBeLessThan(0.3 * (blind.estimate?.stdError ?? 0));
    expect(checkOf(found, "balance")).toMatchObject({ passed: true, required: true });
    expect(checkOf(blind, "balance")).toBeUndefined();
  });

  it("does not depend on a path that all units share, on order, and turns with the sign", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: -9, max: 9, noNaN: true }), (seed, size) => {
        const series = podsOf({ treated: 5, control: 7, seed, effect: 0.5 });
        const base = judged(series).estimate;
        const moved = series.map((one) => ({
          ...one,
          values: one.values.map((value, i) => value + size * Math.sin(((one.times[i] ?? 0) - DEPLOYED_AT) / 300)),
        }));
        const turned = series.map((one) => ({ ...one, values: one.values.map((value) => -value) })).reverse();
        expect(judged(moved).estimate?.att).toBeCloseTo(base?.att ?? 0, 8);
        expect(judged(moved).estimate?.stdError).toBeCloseTo(base?.stdError ?? 0, 8);
        expect(judged(turned).estimate?.att).toBeCloseTo(-(base?.att ?? 0), 8);
        expect(judged(turned).estimate?.pValue).toBeCloseTo(base?.pValue ?? 0, 8);
      }),
      { numRuns: 10 },
    );
  });

  it("counts a cluster of units once", () => {
    const series = podsOf({ treated: 12, control: 12 });
    const zone = Object.fromEntries(series.map(({ unit }, u) => [unit, `zone-${Math.floor(u / 2)}`]));
    expect(judged(series, { clusters: zone }).inference).toMatchObject({ clusters: 12, method: "cr2" });
    const one = Object.fromEntries(series.map(({ unit, group }, u) => [unit, group === "treated" ? "z" : `y${u % 4}`]));
    expect(judged(series, { clusters: one })).toMatchObject({
      verdict: "invalid",
      reasonCodes: ["TOO_FEW_UNITS"],
    });
  });
});

function cut(one: Series): Series {
  const keep = one.times.map((time) => Number(time >= DEPLOYED_AT));
  return {
    ...one,
    times: one.times.filter((_, i) => keep[i] === 1),
    values: one.values.filter((_, i) => keep[i] === 1),
  };
}

describe("few units", () => {
  it("are judged by permutation below four degrees of freedom", () => {
    const found = judged(podsOf({ treated: 2, control: 9, effect: 6 }));
    expect(found.inference).toMatchObject({ method: "permutation", dof: null, clusters: 11 });
    expect(found.estimate?.stdError).toBeNull();
    expect(found.estimate?.pValue).toBeCloseTo(1 / 55, 12);
    expect(found.reasonCodes).toContain("FEW_UNITS");
    expect(found.verdict).toBe("regression");
  });

  it.each([
    [1, 18],
    [1, 30],
    [2, 4],
    [1, 1],
    [4, 1],
  ])("%i treated and %i control units are refused", (treated, control) => {
    const found = judged(podsOf({ treated, control, effect: 20 }));
    expect([found.verdict, found.reasonCodes]).toEqual(["invalid", ["TOO_FEW_UNITS"]]);
    expect(found.estimate).toBeNull();
    expect(found.design).toBe("split");
  });

  it.each([
    [2, 5],
    [3, 3],
    [3, 4],
  ])("%i treated and %i control units are enough", (treated, control) => {
    expect(judged(podsOf({ treated, control, effect: 60 })).verdict).toBe("regression");
  });

  it("are ranked one by one only where chance chose the unit", () => {
    const split = { treatedShare: null, shareOf: "traffic", assignment: "random" } as const;
    const found = judged(podsOf({ treated: 1, control: 19, effect: 60 }), { split });
    expect([found.verdict, found.inference?.method]).toEqual(["regression", "permutation"]);
    expect(judged(podsOf({ treated: 1, control: 18, effect: 60 }), { split }).reasonCodes).toEqual(["TOO_FEW_UNITS"]);
  });

  it("never get a clustered error with one treated unit, whatever is asked", () => {
    for (const inference of ["cr1", "cr2", "cr3", "hc1"] as const) {
      const found = judged(podsOf({ treated: 1, control: 30, effect: 20 }), { inference });
      expect(found.reasonCodes).toEqual(["ONE_TREATED_CLUSTER"]);
    }
    const low = judged(podsOf({ treated: 2, control: 9 }), { inference: "cr2" });
    expect(low.reasonCodes).toEqual(["TOO_FEW_CLUSTERS"]);
    expect(judged(podsOf({ treated: 5, control: 9 }), { inference: "newey-west" }).reasonCodes).toEqual([
      "NOT_ESTIMABLE",
    ]);
    const named = judged(podsOf({ treated: 5, control: 9 }), { inference: "cr3" });
    expect(named.inference).toMatchObject({ method: "cr3" });
  });
});

describe("no spread", () => {
  it("is a refusal for a level", () => {
    const still = podsOf({ treated: 5, control: 6, value: (u) => (u < 5 ? 2 : 1) });
    expect(judged(still).reasonCodes).toEqual(["NO_VARIATION"]);
  });

  it("of errors that never happened is an exact interval that allows for some", () => {
    const none = podsOf({ treated: 5, control: 6, value: () => 0, weights: () => 1000 });
    const found = judged(none, {}, { kind: "ratio", margin: { type: "absolute", value: 0.001, text: "0.1pp" } });
    expect(found.inference?.method).toBe("exact-poisson");
    expect(found.estimate).toMatchObject({ att: 0 });
    // no event in 5 x 30 x 1000 requests: at most 3.69 / 150,000 (Garwood), by hand
    expect(found.estimate?.confHigh).toBeCloseTo(3.6888794541 / 150_000, 10);
    expect(found.verdict).toBe("no-impact");
  });
});

describe("checks", () => {
  const planned = (treatedShare: number, shareOf: "traffic" | "units" = "traffic") =>
    ({ split: { treatedShare, shareOf, assignment: "unknown" } }) as const;
  const weights = (u: number): number => 90 + 5 * (u % 5);

  it("sample-ratio: the planned share of the traffic, where there is one", () => {
    const series = podsOf({ treated: 6, control: 14, weights });
    const good = judged(series, planned(0.3), { kind: "ratio" });
    expect(checkOf(good, "sample-ratio")).toMatchObject({ passed: true, required: true });
    const bad = judged(series, planned(0.1), { kind: "ratio" });
    expect(checkOf(bad, "sample-ratio")).toMatchObject({ passed: false });
    expect([bad.verdict, bad.reasonCodes[0]]).toEqual(["invalid", "SAMPLE_RATIO"]);
    expect(bad.estimate).not.toBeNull();
    expect(checkOf(judged(series, {}, { kind: "ratio" }), "sample-ratio")).toMatchObject({
      passed: null,
      required: false,
    });
    expect(checkOf(judged(podsOf({ treated: 6, control: 14 }), planned(0.3)), "sample-ratio")?.facts.reason).toContain(
      "no request counts",
    );
    expect(checkOf(judged(podsOf({ treated: 6, control: 14 })), "sample-ratio")).toBeUndefined();
    const units = judged(podsOf({ treated: 20, control: 20 }), planned(0.1, "units"));
    expect(checkOf(units, "sample-ratio")).toMatchObject({ passed: false });
  });

  it("sample-ratio: a load balancer may round", () => {
    const even = podsOf({ treated: 10, control: 10, weights: (u) => 1000 + (u < 10 ? 5 : 0) + (u % 2) });
    expect(checkOf(judged(even, planned(0.5), { kind: "ratio" }), "sample-ratio")).toMatchObject({ passed: true });
  });

  it("balance: a difference from before is not an effect", () => {
    const before = podsOf({
      treated: 6,
      control: 8,
      treatedPre: 30,
      value: (u, t) => 50 + (u < 6 ? 5 : 0) + Math.sin(u * 7 + t),
    });
    const found = judged(before, { design: "split" });
    expect([found.verdict, found.reasonCodes[0]]).toEqual(["invalid", "PRE_DIFFERENCE"]);
  });

  it("warm-up: a difference that fades is named, and no waiting time is promised", () => {
    const { normal } = noise(8);
    const levels = Array.from({ length: 20 }, () => normal());
    const cold = podsOf({
      treated: 8,
      control: 12,
      value: (u, t) =>
        50 + (levels[u] ?? 0) + 0.2 * Math.sin(u * 5 + 3 * t) + (u < 8 && t >= 0 ? 4 * Math.exp(-t / 6) : 0),
    });
    const found = judged(cold, {}, { margin: { type: "absolute", value: 1, text: "1" } });
    expect(checkOf(found, "warm-up")).toMatchObject({ passed: false, required: false });
    expect(found.reasonCodes).toContain("WARM_UP");
    expect(found.timeToDecide).toBeNull();
    expect(checkOf(judged(podsOf({ treated: 8, control: 12, effect: 4 })), "warm-up")).toMatchObject({ passed: true });
  });

  it("leave-one-out names the unit that carries the result", () => {
    const one = podsOf({ treated: 6, control: 8, value: (u, t) => 50 + (u === 2 ? 30 : 0) + Math.sin(u * 7 + t) });
    expect(checkOf(judged(one), "leave-one-out")?.facts).toMatchObject({ unitMin: "new-02", unitsTried: 14 });
  });

  it("coverage counts the gaps of units that were running, not the absence of new ones before", () => {
    expect(checkOf(judged(podsOf({ treated: 5, control: 6 })), "coverage")).toMatchObject({ passed: true });
    const holes = podsOf({ treated: 5, control: 6, effect: 3 }).map((one) =>
      one.group === "control"
        ? one
        : { ...one, values: one.values.map((value, i) => (i % 3 === 0 ? Number.NaN : value)) },
    );
    const found = judged(holes);
    expect([found.verdict, found.reasonCodes[0]]).toEqual(["invalid", "COVERAGE"]);
  });
});

describe("what the answer says", () => {
  it("drops the caution about history when chance chose the units", () => {
    const split = { treatedShare: null, shareOf: "traffic", assignment: "random" } as const;
    expect(judged(podsOf({ treated: 5, control: 6 }), { split }).reasonCodes).not.toContain("NO_HISTORY");
  });

  it("more time decides when noise within units is what hides the answer, never when units differ", () => {
    const margin = { type: "absolute", value: 0.5, text: "0.5" } as const;
    const noisy = judged(
      podsOf({ treated: 5, control: 6, spread: 0, phi: 0, seed: 3, post: 8 }),
      {},
      { margin: { ...margin, value: 0.12 } },
    );
    expect(noisy.verdict).toBe("inconclusive");
    expect(noisy.timeToDecide?.decidable).toBe(true);
    const different = judged(podsOf({ treated: 5, control: 6, spread: 3, seed: 3 }), {}, { margin });
    expect(different.reasonCodes).toContain("MORE_TIME_WILL_NOT_DECIDE");
    expect(different.timeToDecide).toEqual({ decidable: false, postWindow: null, additional: null });
  });

  it("refuses a multiplicative scale and shows the difference by time from the deploy", () => {
    expect(judged(podsOf({ treated: 5, control: 6 }), { scale: "multiplicative" }).reasonCodes).toEqual([
      "SCALE_NOT_POSSIBLE",
    ]);
    const { eventStudy } = judged(podsOf({ treated: 5, control: 6, effect: 2 }));
    expect(eventStudy.map(({ relTime }) => relTime)).toEqual([0, 300, 600, 900, 1200, 1500]);
  });
});

describe("validate", () => {
  it("describes pods that run side by side by their spread, and proposes a margin", () => {
    const series = podsOf({ treated: 5, control: 6 });
    const described = describeSli(planWith({}), LATENCY, { sli: LATENCY.id, series, warnings: [] });
    expect(described.problems).toEqual([]);
    expect(described.noise).toBeCloseTo(judged(series).estimate?.stdError ?? 0, 9);
    expect(described.proposedMargin?.absolute).toBeGreaterThan(described.noise ?? 0);
    const few = describeSli(planWith({}), LATENCY, {
      sli: LATENCY.id,
      series: podsOf({ treated: 1, control: 6 }),
      warnings: [],
    });
    expect(few.problems.map(({ code }) => code)).toEqual(["TOO_FEW_UNITS"]);
  });
});
