import { describe, expect, test } from "vitest";
import { type AnalysisRequest, analyze } from "../../../src/core/analyze.ts";
import { describeSli } from "../../../src/core/describe.ts";
import { fromEvidence, toEvidence } from "../../../src/core/evidence.ts";
import type { Series } from "../../../src/core/panel/series.ts";
import { KINDS, type SliPlan } from "../../../src/core/plan.ts";
import type { Analysis, SliResult } from "../../../src/core/result.ts";
import {
  DEPLOYED_AT,
  LATENCY,
  type MadePanel,
  madeRows,
  type PlanChanges,
  planWith,
  STEP,
  seriesOf,
} from "./generated.ts";

const SHAPE: MadePanel = { treated: 3, controls: 6, pre: 120, post: 20, phi: 0.3 };
const rows = (seed: number, effect = 0): number[][] => madeRows(seed, { ...SHAPE, effect });

/** An analysis of SLIs that share plan and groups, by id. */
function analysed(
  slis: readonly (Partial<SliPlan> & { readonly rows: readonly (readonly number[])[] })[],
  changes: PlanChanges = {},
): { readonly analysis: Analysis; readonly request: AnalysisRequest } {
  const plans = slis.map(({ rows: _, ...sli }, i) => ({ ...LATENCY, id: `sli-${i}`, ...sli }));
  const inputs = slis.map(({ rows: own }, i) => ({
    sli: plans[i]?.id ?? "",
    series: seriesOf(own, { treated: SHAPE.treated, pre: SHAPE.pre }),
    warnings: [],
  }));
  const request = { plan: planWith({ ...changes, slis: plans }), inputs };
  return { analysis: analyze([request]), request };
}

function only(...args: Parameters<typeof analysed>): SliResult {
  const [sli] = analysed(...args).analysis.slis;
  if (sli === undefined) throw new Error("no result");
  return sli;
}

/** Path of the first value that JSON cannot hold. */
function unstorable(value: unknown, path = "result"): string | null {
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return `${path} is ${value}`;
  if (ArrayBuffer.isView(value)) return `${path} is a typed array`;
  if (value === null || typeof value !== "object") return null;
  for (const [key, entry] of Object.entries(value)) {
    const found = unstorable(entry, `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

const margin = (value: number): SliPlan["margin"] => ({ type: "absolute", value, text: String(value) });

describe("from series to verdict", () => {
  test("harm, relief, nothing and open question", () => {
    expect(only([{ rows: rows(1, 6) }]).verdict).toBe("regression");
    expect(only([{ rows: rows(1, 6), direction: "down" }]).verdict).toBe("improvement");
    expect(only([{ rows: rows(1), margin: margin(5) }]).verdict).toBe("no-impact");
    expect(only([{ rows: rows(1), margin: margin(0.05) }]).verdict).toBe("inconclusive");
  });

  test("treatedPost - counterfactualPost is the att, and the relative effect is its share of the counterfactual", () => {
    const { baseline, estimate, relative } = only([{ rows: rows(2, 4) }]);
    const counterfactual = baseline.counterfactualPost ?? Number.NaN;
    expect((baseline.treatedPost ?? 0) - counterfactual).toBeCloseTo(estimate?.att ?? Number.NaN, 9);
    expect(relative?.att).toBeCloseTo((estimate?.att ?? Number.NaN) / counterfactual, 9);
  });

  test("few treated units: a told change cannot be told from a restart", () => {
    expect(only([{ rows: rows(1, 6) }]).reasonCodes).not.toContain("RESTART_INDISTINGUISHABLE");
    const { analysis } = analysed([{ rows: rows(1, 6).slice(1) }], {
      treatedUnits: ["t1"],
      excludedUnits: [
        { unit: "t2", reason: "x" },
        { unit: "t3", reason: "x" },
      ],
    });
    expect(analysis.slis[0]?.reasonCodes).toContain("RESTART_INDISTINGUISHABLE");
  });

  test("a clear harm among many SLIs stays a regression, a marginal one becomes inconclusive with MULTIPLICITY and no promise of time", () => {
    const quiet = Array.from({ length: 15 }, (_, i) => ({ rows: rows(300 + i) }));
    let seen = 0;
    for (let effect = 0.4; effect < 2; effect += 0.1) {
      const alone = only([{ rows: rows(9, effect) }]);
      const [first] = analysed([{ rows: rows(9, effect) }, ...quiet]).analysis.slis;
      if (alone.verdict !== "regression" || first?.verdict !== "inconclusive") continue;
      seen++;
      expect(first.reasonCodes).toContain("MULTIPLICITY");
      expect(first.reasonCodes).not.toContain("MORE_TIME");
      expect(first.timeToDecide).toBeNull();
    }
    expect(seen).toBeGreaterThan(0);
    expect(analysed([{ rows: rows(9, 6) }, ...quiet]).analysis.slis[0]?.verdict).toBe("regression");
  });

  test("a failed required check makes the verdict invalid and keeps the estimate", () => {
    const otherDeployments = [{ id: "9", environment: "prod", sha: "f", deployedAt: DEPLOYED_AT + 60 }];
    const sli = only([{ rows: rows(1, 6) }], { otherDeployments });
    expect(sli.verdict).toBe("invalid");
    expect(sli.reasonCodes).toContain("OVERLAPPING_DEPLOY");
    expect(sli.estimate?.att).toBeCloseTo(only([{ rows: rows(1, 6) }]).estimate?.att ?? Number.NaN, 9);
    expect(sli.estimate?.confLow).not.toBeNull();
  });

  test("a placebo SLI that moved makes the others invalid; a quiet one does not", () => {
    const moved = analysed([{ rows: rows(1, 6) }, { rows: rows(2, 9), role: "placebo" }]).analysis;
    expect(moved.slis[0]?.verdict).toBe("invalid");
    expect(moved.slis[0]?.reasonCodes).toContain("PLACEBO_OUTCOME_MOVED");
    expect(moved.slis[0]?.estimate).not.toBeNull();
    expect(moved.verdict).toBe("invalid");
    const quiet = analysed([{ rows: rows(1, 6) }, { rows: rows(2), role: "placebo" }]).analysis;
    expect(quiet.verdict).toBe("regression");
    expect(quiet.slis[0]?.checks.find((one) => one.id === "placebo-outcome")).toMatchObject({
      passed: true,
      required: true,
    });
  });

  test("ten pods of one zone count once", () => {
    const clusters = { t1: "zone-a", t2: "zone-a", t3: "zone-a" };
    const sli = only([{ rows: rows(3, 5) }], { clusters });
    expect(sli.units.treated).toEqual(["zone-a"]);
    expect(sli.inference?.clusters).toBe(7);
  });

  test("the config changed in the change it judges: said, not counted", () => {
    const sli = only([{ rows: rows(1, 6) }], { configChanged: true });
    expect(sli.verdict).toBe("regression");
    expect(sli.reasonCodes).toContain("CONFIG_CHANGED");
  });

  test("an SLI without data is invalid beside others that are not", () => {
    const { request } = analysed([{ rows: rows(1) }, { rows: rows(2) }]);
    const { slis, verdict } = analyze([{ ...request, inputs: request.inputs.slice(0, 1) }]);
    expect(slis.map((sli) => sli.reasonCodes[0] === "NO_DATA")).toEqual([false, true]);
    expect(verdict).toBe("invalid");
  });
});

describe("refused before looking at numbers", () => {
  test.each<[string, PlanChanges, string]>([
    ["a deploy in the future", { asOf: DEPLOYED_AT - 1 }, "DEPLOY_IN_FUTURE"],
    ["a window that is open", { asOf: DEPLOYED_AT + 600, window: { postEnd: DEPLOYED_AT + 1200 } }, "WINDOW_OPEN"],
    ["a deploy outside the data", { window: { deployedAt: DEPLOYED_AT + 7 * 86400 } }, "DEPLOY_OUTSIDE_DATA"],
    ["a cluster on both sides", { clusters: { t1: "z", c01: "z" } }, "NOT_ESTIMABLE"],
    ["one treated cluster with cluster errors", { inference: "cr1", treatedUnits: ["t1"] }, "ONE_TREATED_CLUSTER"],
    ["named errors on another scale", { inference: "cr2", scale: "multiplicative" }, "SCALE_NOT_POSSIBLE"],
    ["no unit of the treated names", { treatedUnits: ["nobody"] }, "NO_TREATED_UNITS"],
  ])("%s", (_, changes, code) => {
    const sli = only([{ rows: rows(1) }], changes);
    expect(sli.reasonCodes).toEqual([code]);
    expect(sli).toMatchObject({ verdict: "invalid", estimate: null, relative: null, mde: null });
    expect(sli.reasons[0]?.message).toMatch(/\.$/);
    expect(sli.reasons[0]?.hint.length).toBeGreaterThan(5);
  });
});

describe("odd input", () => {
  const base = rows(4);
  const map = (change: (value: number, t: number, u: number) => number): number[][] =>
    base.map((row, u) => row.map((value, t) => change(value, t, u)));
  const odd: readonly (readonly [string, number[][]])[] = [
    ["no rows", base.map(() => [])],
    ["one row", base.map((row) => row.slice(0, 1))],
    ["all NaN", map(() => Number.NaN)],
    ["all infinite", map(() => Number.POSITIVE_INFINITY)],
    ["some infinite", map((value, t, u) => (t % 9 === u ? Number.NEGATIVE_INFINITY : value))],
    ["1e300", map((value) => value * 1e298)],
    ["1e-300", map((value) => value * 1e-300)],
    ["negative", map((value) => -value)],
    ["zeros", map(() => 0)],
    ["identical", map((_, t) => base[0]?.[t] ?? 0)],
    ["identical controls", map((value, t, u) => (u < 3 ? value : (base[5]?.[t] ?? 0)))],
    ["proportional", map((_, t, u) => (base[0]?.[t] ?? 0) * (1 + 0.1 * u))],
    ["one spike", map((_, t, u) => (t === 10 && u === 0 ? 1 : 0))],
    ["linear", map((_, t, u) => t * (u + 1))],
    ["treated gone after", map((value, t, u) => (u < 3 && t >= 120 ? Number.NaN : value))],
    ["one post point", map((value, t) => (t > 120 ? Number.NaN : value))],
    ["events of a unit that had none", map((_, t, u) => (u === 0 && t >= 120 ? t % 2 : 0))],
    ["negative events", map((_, t, u) => (u === 0 && t >= 120 ? -2 : 0))],
  ];

  test.each(odd)("%s: no crash, nothing that JSON cannot hold, never p = 0 or an error of 0", (_, own) => {
    for (const kind of KINDS) {
      for (const direction of ["up", "down"] as const) {
        const extra = kind === "quantile" ? { quantile: 0.9 } : {};
        const relative = { type: "relative", value: 0.05, text: "5%" } as const;
        const { analysis, request } = analysed([
          { rows: own, kind, direction, ...extra },
          { rows: own, kind, direction, margin: relative, ...extra },
        ]);
        expect(unstorable(analysis)).toBeNull();
        for (const { estimate } of analysis.slis) {
          expect(estimate?.stdError).not.toBe(0);
          expect(estimate?.pValue).not.toBe(0);
        }
        const [sli, input] = [request.plan.slis[0], request.inputs[0]];
        if (sli === undefined || input === undefined) throw new Error("no input");
        expect(unstorable(describeSli(request.plan, sli, input))).toBeNull();
      }
    }
  });
});

describe("a replay", () => {
  const wild = (seed: number): Series[] =>
    seriesOf(
      rows(seed, 2).map((row, u) =>
        row.map((value, t) =>
          (t * 7 + u) % 31 === 0 ? Number.NaN : (t + u) % 53 === 0 ? Number.POSITIVE_INFINITY : value,
        ),
      ),
      { treated: 3, pre: 120 },
    );
  const request = (series: Series[]): AnalysisRequest => ({
    plan: planWith({}),
    inputs: [{ sli: "latency", series, warnings: [] }],
  });

  test.each([
    [
      "regular stamps with missing points",
      (s: Series[]) =>
        s.map((one) => ({
          ...one,
          times: one.times.filter((_, i) => i % 17 !== 3),
          values: one.values.filter((_, i) => i % 17 !== 3),
        })),
    ],
    [
      "irregular stamps",
      (s: Series[]) =>
        s.map((one, u) => ({ ...one, times: one.times.map((time, i) => time + ((i * 13 + u) % 29) + 0.25) })),
    ],
    ["fractional start", (s: Series[]) => s.map((one) => ({ ...one, times: one.times.map((time) => time + 0.1) }))],
    [
      "rows out of order and twice",
      (s: Series[]) =>
        s.map((one) => ({
          ...one,
          times: Float64Array.from([...one.times].reverse().concat(DEPLOYED_AT)),
          values: Float64Array.from([...one.values].reverse().concat(40)),
        })),
    ],
  ])("from the stored evidence gives the same result: %s", (_, change) => {
    const series = change(wild(5));
    const stored = JSON.parse(JSON.stringify(toEvidence(series)));
    expect(JSON.stringify(analyze([request(fromEvidence(stored))]))).toBe(JSON.stringify(analyze([request(series)])));
  });

  test("histogram buckets and weights survive", () => {
    const buckets = rows(6).flatMap((row, u) =>
      [0.1, 0.5, Number.POSITIVE_INFINITY].map((le, b) => ({
        unit: `u${u}`,
        group: u < 3 ? ("treated" as const) : ("control" as const),
        component: "bucket" as const,
        le,
        times: Float64Array.from(row, (_, t) => DEPLOYED_AT + (t - 120) * STEP),
        values: Float64Array.from(row, (value) => Math.round(value) * (b + 1)),
        weights: Float64Array.from(row, (value) => value),
      })),
    );
    expect(fromEvidence(JSON.parse(JSON.stringify(toEvidence(buckets))))).toEqual(buckets);
  });

  test("twice the same input gives the same text, and the input is as it was", () => {
    const series = wild(7);
    const before = JSON.stringify(series.map((one) => [Array.from(one.times), Array.from(one.values, String)]));
    const first = JSON.stringify(analyze([request(series)]));
    expect(JSON.stringify(analyze([request(series)]))).toBe(first);
    expect(JSON.stringify(series.map((one) => [Array.from(one.times), Array.from(one.values, String)]))).toBe(before);
  });
});
