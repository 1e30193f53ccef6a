import { describe, expect, test } from "vitest";
import { analyze } from "../../../../src/core/analyze.ts";
import type { AnalysisPlan } from "../../../../src/core/plan.ts";
import type { SliResult } from "../../../../src/core/result.ts";
import { LATENCY, noise, type PlanChanges, planWith, seriesOf } from "../generated.ts";

const [PRE, POST] = [240, 40];

interface Scene {
  readonly donors?: number;
  readonly pre?: number;
  readonly effect?: number;
  /** Drift of the treated unit that no donor shows. */
  readonly ownDrift?: number;
  /** How many donors take as much of the shared path as the treated unit. */
  readonly alike?: number;
  readonly seed?: number;
}

/** One treated unit that takes twice as much of a growing load as most controls do. */
function rowsOf({ donors = 12, pre = PRE, effect = 0, ownDrift = 0, alike = 3, seed = 2 }: Scene): number[][] {
  const { path } = noise(seed);
  const steps = pre + POST;
  const load = path(steps, 0.9).map((value, t) => 0.2 * value + 0.02 * t);
  return Array.from({ length: 1 + donors }, (_, u) => {
    const part = u <= alike ? 2 : 0.5;
    return path(steps, 0.2).map((value, t) => {
      const own = u === 0 ? (ownDrift * t) / steps + (t >= pre ? effect : 0) : 0;
      return 100 + 4 * u + part * (load[t] ?? 0) + value + own;
    });
  });
}

function judged(rows: readonly (readonly number[])[], changes: PlanChanges = {}, pre = PRE): SliResult {
  const input = { sli: "latency", series: seriesOf(rows, { treated: 1, pre }), warnings: [] };
  const [result] = analyze([{ plan: planWith({ scale: "additive", ...changes }), inputs: [input] }]).slis;
  if (result === undefined) throw new Error("no result");
  return result;
}

const FORCED: Partial<AnalysisPlan> = { design: "synthetic" };

function weights(result: SliResult): Map<string, number> {
  const controls = result.unitChanges.filter(({ group }) => group === "control");
  return new Map(controls.map(({ unit, weight }) => [unit, weight]));
}

function check(result: SliResult, id: string): SliResult["checks"][number] {
  const found = result.checks.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

describe("auto takes the mix of donors", () => {
  test("when the controls' average did not follow the treated units, and says so", () => {
    const result = judged(rowsOf({ donors: 18, alike: 2, effect: 3, seed: 3 }));
    expect(result.design).toBe("synthetic");
    expect(result.designReason).toMatch(/did not follow .* \(p .*\); 18 donors available$/);
    expect(result.verdict).toBe("regression");
    expect(result.estimate?.confLow).toBeLessThan(3);
    expect(result.estimate?.confHigh).toBeGreaterThan(3);
  });

  test("not with fewer than five donors, nor with an inference by name: the failed check of did stands", () => {
    for (const result of [
      judged(rowsOf({ donors: 4, alike: 0, ownDrift: 12 })),
      judged(rowsOf({ ownDrift: 12, alike: 0 }), { inference: "newey-west" }),
    ]) {
      expect([result.design, result.verdict]).toEqual(["did", "invalid"]);
      expect(result.reasonCodes).toContain("PRE_TRENDS");
    }
  });

  test("not where did is right", () => {
    const same = rowsOf({}).map((row, u) => row.map((value, t) => value - (u <= 3 ? 0.02 * t * 1.2 : 0)));
    expect(judged(same).design).toBe("did");
  });

  test("whatever happened after the deploy", () => {
    const rows = rowsOf({ donors: 18, alike: 2 });
    const shifted = rows.map((row, u) => row.map((value, t) => value + (t >= PRE ? 50 * Math.sin(u + t) : 0)));
    expect([judged(rows).design, judged(shifted).design]).toEqual(["synthetic", "synthetic"]);
  });
});

describe("a drift that only the treated unit has", () => {
  // one of the few made panels where the joint test alone, even at 20 %, does not see it
  const drifting = (design: AnalysisPlan["design"]): SliResult =>
    judged(rowsOf({ donors: 6, alike: 6, ownDrift: 1.6, seed: 122 }), { design });
  const carried = (result: SliResult): number => Number(check(result, "pre-fit").facts.carried);

  test("is not answered by auto where it would move the effect by half of its standard error", () => {
    const result = drifting("auto");
    expect([result.design, result.verdict]).toEqual(["synthetic", "invalid"]);
    expect(result.reasonCodes).toContain("PRE_FIT_POOR");
    expect(check(result, "pre-fit")).toMatchObject({ passed: false, pValue: null, threshold: 0.5 });
    expect(carried(result)).toBeGreaterThan(0.5);
  });

  test("asked for by name it is a fact beside the joint test", () => {
    const named = drifting("synthetic");
    expect(check(named, "pre-fit").passed).toBe(true);
    expect(check(named, "pre-fit").pValue).toBeGreaterThan(0.2);
    expect(carried(named)).toBe(carried(drifting("auto")));
  });

  test("has its sign, and is none where there is none", () => {
    const at = (ownDrift: number): number => carried(judged(rowsOf({ alike: 12, ownDrift }), FORCED));
    expect(at(6)).toBeGreaterThan(0.5);
    expect(at(-6)).toBeLessThan(-0.5);
    expect(Math.abs(at(0))).toBeLessThan(0.5);
  });
});

describe("a mix of donors", () => {
  test("treated values after the deploy take no part in the weights", () => {
    const rows = rowsOf({});
    const changed = rows.map((row, u) => (u === 0 ? row.map((value, t) => (t >= PRE ? value + 40 * t : value)) : row));
    expect(weights(judged(changed, FORCED))).toEqual(weights(judged(rows, FORCED)));
  });

  test("by hand: the effect from the named weights and the raw rows", () => {
    const rows = rowsOf({ effect: 2 });
    const result = judged(rows, FORCED);
    const omega = weights(result);
    const gap = (rows[0] ?? []).map((value, t) => {
      const mix = [...omega.values()].reduce((sum, weight, j) => sum + weight * (rows[1 + j]?.[t] ?? 0), 0);
      return value - mix;
    });
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const bins = result.designFacts?.binWeights as { relTime: number; weight: number }[];
    const length = (result.designFacts?.binSeconds as number) / 60;
    const before = bins.reduce((sum, { relTime, weight }) => {
      const from = PRE + relTime / 60;
      return sum + weight * mean(gap.slice(from, from + length));
    }, 0);
    expect(bins.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 4);
    expect(result.estimate?.att).toBeCloseTo(mean(gap.slice(PRE)) - before, 4);
    const { treatedPost, counterfactualPost } = result.baseline;
    expect((treatedPost ?? 0) - (counterfactualPost ?? 0)).toBeCloseTo(result.estimate?.att ?? Number.NaN, 9);
    const path = (key: "treated" | "counterfactual"): number =>
      mean((result.series?.[key] ?? []).slice(PRE).map((value) => value ?? Number.NaN));
    expect(path("treated") - path("counterfactual")).toBeCloseTo(result.estimate?.att ?? Number.NaN, 9);
  });

  test("gives its weight to donors that moved like the treated unit", () => {
    const omega = weights(judged(rowsOf({}), FORCED));
    expect([..."123"].reduce((sum, digit) => sum + (omega.get(`c0${digit}`) ?? 0), 0)).toBeGreaterThan(0.9);
  });

  test("is refused as PRE_FIT_POOR when no mix follows, the estimate stays", () => {
    const result = judged(rowsOf({ ownDrift: 15, alike: 0 }));
    expect([result.design, result.verdict]).toEqual(["synthetic", "invalid"]);
    expect(result.reasonCodes).toContain("PRE_FIT_POOR");
    expect(result.estimate).not.toBeNull();
  });

  test("of one donor is named as such", () => {
    const result = judged(rowsOf({ alike: 1 }), FORCED);
    expect(check(result, "donor-concentration").passed).toBe(false);
    expect((check(result, "donor-concentration").facts.donors as { unit: string }[])[0]?.unit).toBe("c01");
    expect(result.reasonCodes).toContain("ONE_DONOR");
  });

  test("whose donor breaks at the deploy fails spillover by that donor's name", () => {
    const rows = rowsOf({ effect: 3, alike: 4 });
    const heaviest = [...weights(judged(rows, FORCED))].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
    const broken = rows.map((row, u) =>
      `c0${u}` === heaviest ? row.map((value, t) => (t >= PRE ? value + 40 : value)) : row,
    );
    const result = judged(broken, FORCED);
    expect(check(result, "spillover")).toMatchObject({ passed: false, facts: { worstUnit: heaviest } });
    expect(result.reasonCodes).toContain("SPILLOVER");
  });

  test("leaves out donors with gaps, by name, and bins that nobody has", () => {
    const rows = rowsOf({ effect: 3 }).map((row, u) =>
      row.map((value, t) => ((u === 5 && t < 30) || (t >= 100 && t < 112) ? Number.NaN : value)),
    );
    const result = judged(rows, FORCED);
    expect(result.designFacts?.left).toEqual(["c05"]);
    expect(result.estimate?.confLow).toBeGreaterThan(1);
    expect(result.estimate?.confHigh).toBeLessThan(5);
  });

  test("weighs ratios by their traffic", () => {
    const rows = rowsOf({}).map((row) => row.map((value) => value / 1000));
    const traffic = rows.map((row, u) => row.map((_, t) => 100 * (1 + ((u + t) % 3))));
    const series = seriesOf(rows, { treated: 1, pre: PRE, weights: traffic });
    const sli = { ...LATENCY, kind: "ratio" as const };
    const run = (some: typeof series): number =>
      analyze([
        { plan: planWith({ slis: [sli], ...FORCED }), inputs: [{ sli: "latency", series: some, warnings: [] }] },
      ]).slis[0]?.estimate?.att ?? Number.NaN;
    const att = run(series);
    expect(Math.abs(att)).toBeLessThan(0.002);
    // a step without traffic counts nothing, whatever its value
    const empty = series.map((one) => {
      const values = one.values.map((value, t) => (one.unit === "t1" && t === PRE + 5 ? 9 : value));
      const weighted = (one.weights ?? []).map((value, t) => (one.unit === "t1" && t === PRE + 5 ? 1e-9 : value));
      return { ...one, values: Float64Array.from(values), weights: Float64Array.from(weighted) };
    });
    expect(run(empty)).toBeCloseTo(att, 3);
  });
});

describe("refusals name what is missing", () => {
  test("donors, history, movement, and an inference of another design", () => {
    const code = (result: SliResult): string | undefined => result.reasonCodes[0];
    expect(code(judged(rowsOf({ donors: 4, alike: 1 }), FORCED))).toBe("TOO_FEW_UNITS");
    expect(code(judged(rowsOf({ pre: 11 }), FORCED, 11))).toMatch(/PRE_TOO_SHORT/);
    const still = rowsOf({}).map((row, u) => (u === 0 ? row : row.map(() => 7 + u)));
    expect(code(judged(still, FORCED))).toBe("NO_VARIATION");
    expect(code(judged(rowsOf({}), { ...FORCED, inference: "cr2" }))).toBe("NOT_ESTIMABLE");
  });
});
