import { describe, expect, it } from "vitest";
import { analyze } from "../../../../src/core/analyze.ts";
import { fromEvidence, toEvidence } from "../../../../src/core/evidence.ts";
import type { Series } from "../../../../src/core/panel/series.ts";
import type { AnalysisPlan, SliPlan } from "../../../../src/core/plan.ts";
import type { SliResult, SubgroupReport } from "../../../../src/core/result.ts";
import { MOST_SUBGROUPS } from "../../../../src/core/subgroups/analyze.ts";
import { pairCorrelation } from "../../../../src/core/subgroups/correlation.ts";
import { DEPLOYED_AT, noise, planWith, STEP } from "../generated.ts";

const PRE = 240;
const POST = 60;
const STAMPS = Float64Array.from({ length: PRE + POST }, (_, t) => DEPLOYED_AT + (t - PRE) * STEP);

interface Made {
  readonly names: readonly string[];
  /** Factor on the treated after the deploy, by subgroup. */
  readonly factor?: (name: string) => number;
  readonly level?: (index: number) => number;
  readonly seed?: number;
  readonly phi?: number;
  /** Share of each unit's noise that all of its subgroups have in common, 0 to 1. */
  readonly shared?: number;
  readonly units?: { readonly treated: number; readonly control: number };
}

/** Series of every unit and subgroup: a level with common movement and own noise of 2 %. */
function madeSeries(made: Made): Series[] {
  const { names, seed = 1, phi = 0, shared = 0, units = { treated: 4, control: 8 } } = made;
  const { path } = noise(seed);
  const steps = PRE + POST;
  const common = path(steps, 0.5);
  return Array.from({ length: units.treated + units.control }, (_, u) => {
    const isTreated = u < units.treated;
    const unitNoise = path(steps, phi);
    return names.map((name, s): Series => {
      const own = path(steps, phi);
      const level = (made.level?.(s) ?? 100) * (1 + u / 50);
      const values = own.map((value, t) => {
        const noisy = 0.02 * (Math.sqrt(shared) * (unitNoise[t] ?? 0) + Math.sqrt(1 - shared) * value);
        const factor = isTreated && t >= PRE ? (made.factor?.(name) ?? 1) : 1;
        return level * factor * (1 + 0.01 * (common[t] ?? 0) + noisy);
      });
      return {
        unit: `${isTreated ? "t" : "c"}${u}`,
        group: isTreated ? "treated" : "control",
        component: "value",
        subgroup: name,
        times: STAMPS,
        values: Float64Array.from(values),
      };
    });
  }).flat();
}

const SLI: SliPlan = {
  id: "latency",
  kind: "gauge",
  direction: "up",
  role: "primary",
  margin: { type: "relative", value: 0.05, text: "5%" },
  by: "endpoint",
};

function run(series: readonly Series[], sli: SliPlan = SLI, plan: Partial<AnalysisPlan> = {}): SliResult {
  const analysis = analyze([
    { plan: { ...planWith({ slis: [sli] }), ...plan }, inputs: [{ sli: sli.id, series, warnings: [] }] },
  ]);
  const [result] = analysis.slis;
  if (result === undefined) throw new RangeError("no result");
  return result;
}

function report(result: SliResult): SubgroupReport {
  if (result.subgroups === undefined) throw new RangeError("no subgroups");
  return result.subgroups;
}

const NAMES = Array.from({ length: 12 }, (_, i) => `/v1/${i + 1}`);

describe("subgroups of an SLI", () => {
  it("show a regression of one part that the whole hides", () => {
    const series = madeSeries({ names: NAMES, factor: (name) => (name === "/v1/7" ? 1.2 : 1) });
    const result = run(series);
    expect(result.verdict).toBe("no-impact");
    expect(result.reasonCodes).toContain("SUBGROUP_WORSE");
    const { estimates, heterogeneity, omitted } = report(result);
    expect(estimates).toHaveLength(12);
    expect(omitted).toEqual([]);
    expect(estimates[0]).toMatchObject({ name: "/v1/7", finding: "worse", treatedUnits: 4, controlUnits: 8 });
    expect(estimates[0]?.estimate).toBeCloseTo(0.2, 1);
    expect(estimates[0]?.shrunk?.estimate).toBeLessThan(estimates[0]?.estimate ?? 0);
    expect(estimates.slice(1).every(({ finding }) => finding === null)).toBe(true);
    expect(heterogeneity?.pValue).toBeLessThan(1e-6);
  });

  it("claim nothing when nothing changed, and draw the estimates together", () => {
    const result = run(madeSeries({ names: NAMES, seed: 5 }));
    const { estimates, heterogeneity } = report(result);
    expect(result.reasonCodes).not.toContain("SUBGROUP_WORSE");
    expect(estimates.every(({ finding }) => finding === null)).toBe(true);
    expect(heterogeneity?.pValue).toBeGreaterThan(0.01);
    const spread = (of: (one: (typeof estimates)[number]) => number): number =>
      Math.max(...estimates.map(of)) - Math.min(...estimates.map(of));
    expect(spread((one) => one.shrunk?.estimate ?? Number.NaN)).toBeLessThan(spread((one) => one.estimate));
  });

  it("compare parts of very different level by their ratio", () => {
    const series = madeSeries({ names: NAMES, level: (s) => 10 ** (s / 3), factor: () => 1.1 });
    const { estimates, heterogeneity } = report(run(series));
    for (const one of estimates) expect(one.estimate).toBeCloseTo(0.1, 1);
    expect(heterogeneity?.pValue).toBeGreaterThan(0.01);
  });

  it("leave the verdict of the whole as without subgroups", () => {
    const counts = { ...SLI, kind: "count" as const };
    const series = madeSeries({ names: ["a", "b", "c", "d"] });
    const totals = new Map<string, Series>();
    for (const { subgroup: _, ...one } of series) {
      const known = totals.get(one.unit);
      totals.set(
        one.unit,
        known === undefined ? one : { ...one, values: known.values.map((v, i) => v + (one.values[i] ?? 0)) },
      );
    }
    const { by: _by, ...whole } = counts;
    const [split, summed] = [run(series, counts), run([...totals.values()], whole)];
    expect(split.estimate?.att).toBeCloseTo(summed.estimate?.att ?? Number.NaN, 8);
    expect(split.estimate?.stdError).toBeCloseTo(summed.estimate?.stdError ?? Number.NaN, 8);
    expect(summed.subgroups).toBeUndefined();
  });

  it("name the parts that cannot be estimated, with the reason", () => {
    const [first, ...rest] = madeSeries({ names: ["a", "b"] });
    if (first === undefined) throw new RangeError("no series");
    const onlyTreated = { ...first, subgroup: "rare" };
    const { omitted, estimates } = report(run([first, onlyTreated, ...rest]));
    expect(estimates.map(({ name }) => name).sort()).toEqual(["a", "b"]);
    expect(omitted).toMatchObject([{ name: "rare", code: "NO_CONTROL_UNITS" }]);
  });

  it("are refused when there are too many names, none, or the design has no estimate per part", () => {
    const [first] = madeSeries({ names: ["a"] });
    if (first === undefined) throw new RangeError("no series");
    const series = madeSeries({ names: ["a"] });
    const many = Array.from({ length: MOST_SUBGROUPS }, (_, i) => ({ ...first, subgroup: `id-${i}` }));
    expect(report(run([...series, ...many])).refused?.message).toContain(`${MOST_SUBGROUPS + 1} values`);
    const bare = series.map(({ subgroup: _, ...one }) => one);
    expect(report(run(bare)).refused?.code).toBe("NO_DATA");
  });

  it("take a claim back when the part fails a check that the whole passes", () => {
    const series = madeSeries({ names: NAMES, seed: 3 }).map((one) =>
      one.subgroup === "/v1/2" && one.group === "treated"
        ? { ...one, values: one.values.map((value, t) => value * (t < PRE ? 1 + 0.00012 * t : 1.5)) }
        : one,
    );
    const found = report(run(series)).estimates.find(({ name }) => name === "/v1/2");
    expect(found).toMatchObject({ finding: null, failedChecks: ["pre-trends"] });
  });

  it("keep their names through evidence", () => {
    const series = madeSeries({ names: ["a", "b"] });
    const back = fromEvidence(toEvidence(series));
    expect(back.map(({ subgroup }) => subgroup)).toEqual(series.map(({ subgroup }) => subgroup));
    expect(run(back)).toEqual(run(series));
  });

  it("find the correlation of errors that subgroups of the same units share", () => {
    const alone = report(run(madeSeries({ names: NAMES, phi: 0.5, shared: 0, seed: 11 }))).correlation;
    const shared = report(run(madeSeries({ names: NAMES, phi: 0.5, shared: 0.6, seed: 11 }))).correlation;
    expect(alone).toBeLessThan(0.15);
    expect(shared).toBeGreaterThan(0.4);
    expect(shared).toBeLessThan(0.8);
  });
});

describe("subgroups with other designs", () => {
  it("are estimated in waves too", () => {
    const series = madeSeries({ names: NAMES.slice(0, 5), factor: (name) => (name === "/v1/2" ? 1.3 : 1) });
    const wave = (unit: string): number => DEPLOYED_AT + (Number(unit.slice(1)) < 2 ? 0 : 20 * STEP);
    const treated = [...new Set(series.flatMap(({ unit, group }) => (group === "treated" ? [unit] : [])))];
    const result = run(series, SLI, { waves: Object.fromEntries(treated.map((unit) => [unit, wave(unit)])) });
    expect(result.design).toBe("staggered");
    const { estimates, refused } = report(result);
    expect(refused).toBeNull();
    expect(estimates).toHaveLength(5);
    expect(estimates[0]).toMatchObject({ name: "/v1/2", treatedUnits: 4, controlUnits: 8 });
  });

  it("say so when the design has no estimate per part", () => {
    const result = run(madeSeries({ names: ["a", "b"] }), SLI, { design: "split" });
    if (result.estimate === null) throw new RangeError("refused");
    expect(report(result).refused).toMatchObject({ code: "DESIGN_NOT_AVAILABLE" });
  });
});

describe("pairCorrelation", () => {
  it("is the mean of the correlations of all pairs", () => {
    const columns = [
      [1, 2, 3, 4],
      [2, 1, 4, 3],
      [4, 3, 2, 1],
    ].map((values) => new Map(values.map((value, i) => [i, value])));
    // 0.6, -1, -0.6
    expect(pairCorrelation(columns).correlation).toBeCloseTo(-1 / 3, 12);
  });

  it("says nothing with fewer than three common points", () => {
    const columns = [new Map([[1, 2]]), new Map([[1, 3]])];
    expect(pairCorrelation(columns)).toEqual({ correlation: 0, points: 0 });
  });
});
