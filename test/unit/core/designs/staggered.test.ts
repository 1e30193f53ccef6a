import { describe, expect, it } from "vitest";
import { analyze } from "../../../../src/core/analyze.ts";
import type { SliSeries } from "../../../../src/core/panel/series.ts";
import type { AnalysisPlan } from "../../../../src/core/plan.ts";
import type { CheckId, SliResult } from "../../../../src/core/result.ts";
import { DEPLOYED_AT, STEP } from "../generated.ts";
import { type MadeWaves, madeWaves, type WavesMade } from "../made-waves.ts";

function judged({ plan, input }: WavesMade, changes: Partial<AnalysisPlan> = {}): SliResult {
  const [sli] = analyze([{ plan: { ...plan, ...changes }, inputs: [input] }]).slis;
  if (sli === undefined) throw new Error("no SLI");
  return sli;
}

function check(sli: SliResult, id: CheckId) {
  return sli.checks.find((one) => one.id === id);
}

const SHAPE: MadeWaves = { waves: 3, perWave: 2, never: 4, effect: () => 12 };

describe("waves are found, judged and told apart", () => {
  it("gives the effect, each wave's own, and says when who was deployed", () => {
    const sli = judged(madeWaves(SHAPE));
    expect(sli).toMatchObject({
      design: "staggered",
      designReason: "the units were deployed in 3 waves",
      estimator: "precision-weighted-waves",
      inference: { method: "precision-weighted", clusters: 10 },
      designFacts: { neverDeployed: 4 },
    });
    expect(sli.estimate?.att).toBeCloseTo(12, 0);
    const waves = (sli.designFacts?.waves ?? []) as {
      units: string[];
      deployedAt: number;
      att: number;
      share: number;
    }[];
    expect(waves.map(({ units }) => units)).toEqual([
      ["eu-1", "eu-2"],
      ["eu-3", "eu-4"],
      ["eu-5", "eu-6"],
    ]);
    expect(waves.map(({ deployedAt }) => (deployedAt - DEPLOYED_AT) / STEP)).toEqual([0, 20, 40]);
    for (const { att } of waves) expect(att).toBeCloseTo(12, -0.3);
    expect(waves.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    const whole = waves.reduce((sum, { share, att }) => sum + share * att, 0);
    expect(whole).toBeCloseTo(sli.estimate?.att ?? Number.NaN, 9);
  });

  it("weighs every treated unit-step alike: 100, 80 and 60 judged steps of two units each", () => {
    const sli = judged(madeWaves({ ...SHAPE, effect: (wave) => [0, 12, 24][wave] ?? 0, sd: 0.01 }));
    expect(sli.estimate?.att).toBeCloseTo((80 * 12 + 60 * 24) / 240, 1);
  });

  it("draws the effect by time since each unit's own deploy: a ramp looks like one, whatever the wave", () => {
    const sli = judged(madeWaves({ ...SHAPE, sd: 0.01, effect: (_, since) => 0.1 * since }), { scale: "additive" });
    const lags = sli.eventStudy.filter((point) => point.relTime >= 0);
    for (const { relTime, span, estimate } of lags) {
      expect(estimate).toBeCloseTo((0.1 * (relTime + span / 2)) / STEP, 0);
    }
    for (const { estimate } of sli.eventStudy.filter((point) => point.relTime < 0)) expect(estimate).toBeCloseTo(0, 1);
  });

  it("agrees with the estimators of the literature when effects are constant, and two-way effects do not when they grow", () => {
    const constant = check(
      judged(madeWaves({ ...SHAPE, sd: 0.05 }), { scale: "additive" }),
      "staggered-estimators",
    )?.facts;
    for (const name of ["callawaySantanna", "imputation", "sunAbraham", "twoWay"]) {
      expect(constant?.[name]).toBeCloseTo(12, 0);
    }
    const growing = madeWaves({ ...SHAPE, never: 1, sd: 0.05, effect: (_, since) => 0.5 * since });
    const facts = check(judged(growing, { scale: "additive" }), "staggered-estimators")?.facts ?? {};
    const [att, imputed, twoWay] = [facts.att, facts.imputation, facts.twoWay].map(Number) as [number, number, number];
    expect(Math.abs(imputed - att) / att).toBeLessThan(0.05);
    expect((att - twoWay) / att).toBeGreaterThan(0.25);
    expect(facts.forbiddenShare).toBeGreaterThan(0.2);
  });

  it("one wave that behaves differently is named by the leave-one-wave-out", () => {
    const sli = judged(madeWaves({ ...SHAPE, effect: (wave) => (wave === 0 ? 25 : 0) }));
    expect(check(sli, "leave-one-wave-out")?.facts).toMatchObject({ flips: true, flipWaves: [1], waveMin: 1 });
  });
});

describe("without units that were never deployed", () => {
  const made = madeWaves({ ...SHAPE, never: 0 });

  it("later waves are the controls, the last wave is left out by name", () => {
    const sli = judged(made);
    expect(sli.estimate?.att).toBeCloseTo(12, -0.3);
    expect(sli.reasonCodes).toContain("WAVE_WITHOUT_CONTROL");
    expect(sli.units).toMatchObject({ treated: ["eu-1", "eu-2", "eu-3", "eu-4"], control: ["eu-5", "eu-6"] });
    const waves = sli.designFacts?.waves as { judgedSteps: number; att: number | null }[];
    expect(waves.map(({ judgedSteps }) => judgedSteps)).toEqual([35, 15, 0]);
    expect(waves[2]?.att).toBeNull();
    expect(sli.designFacts?.judgedUntil).toBe(DEPLOYED_AT + 40 * STEP);
  });

  it("what happens after the last wave has begun changes nothing", () => {
    const later = madeWaves({ ...SHAPE, never: 0, own: (_, t) => (t >= 40 ? 50 : 0) });
    expect(judged(later).estimate).toEqual(judged(made).estimate);
  });

  it("more time cannot decide, and the answer says so", () => {
    const open = judged(madeWaves({ waves: 3, perWave: 1, never: 0, sd: 2, effect: () => 4 }));
    expect(open.timeToDecide).toEqual({ decidable: false, postWindow: null, additional: null });
  });
});

describe("what speaks against the answer", () => {
  it("a drift of one wave alone fails the trends and names the wave", () => {
    const drift = (unit: string, t: number): number => (unit === "eu-5" || unit === "eu-6" ? 0.03 * t : 0);
    const sli = judged(madeWaves({ ...SHAPE, own: drift }));
    expect(sli.verdict).toBe("invalid");
    expect(check(sli, "pre-trends")).toMatchObject({ passed: false, facts: { wave: 3, waves: 3 } });
  });

  it("a unit that moves when another wave is deployed fails spillover", () => {
    const sli = judged(
      madeWaves({ ...SHAPE, never: 6, pre: 720, own: (unit, t) => (unit === "us-2" && t >= 20 ? -40 : 0) }),
    );
    expect(check(sli, "spillover")).toMatchObject({ passed: false, facts: { worstUnit: "us-2" } });
  });

  it("deployments that are the waves are not overlaps; another one is", () => {
    const made = madeWaves(SHAPE);
    const at = (steps: number) => ({
      id: String(steps),
      environment: "production",
      sha: "a".repeat(40),
      deployedAt: DEPLOYED_AT + steps * STEP,
    });
    expect(check(judged(made, { otherDeployments: [at(20), at(40)] }), "overlap")?.passed).toBe(true);
    expect(check(judged(made, { otherDeployments: [at(20), at(30)] }), "overlap")?.passed).toBe(false);
  });
});

describe("refusals", () => {
  const code = (made: WavesMade, changes: Partial<AnalysisPlan> = {}): string | undefined =>
    judged(made, { design: "staggered", ...changes }).reasons[0]?.code;

  it("everything at once is no roll-out in waves", () => {
    const made = madeWaves({ ...SHAPE, between: 0 });
    expect(code(made)).toBe("ONE_WAVE");
    expect(judged(made).design).toBe("did");
  });

  it("deploys closer together than settle are one wave, judged by did after the last of them has settled", () => {
    const made = madeWaves({ ...SHAPE, between: 1 });
    const sli = judged(made);
    expect(sli.design).toBe("did");
    expect(sli.designReason).toMatch(/one wave/);
  });

  it("two of three waves close together are merged and the answer says so", () => {
    const made = madeWaves(SHAPE);
    const times = { ...made.times, "eu-3": DEPLOYED_AT + 2 * STEP, "eu-4": DEPLOYED_AT + 2 * STEP };
    const sli = judged(made, { waves: times });
    expect(sli.designReason).toBe("the units were deployed in 2 waves");
    expect(sli.reasonCodes).toContain("WAVES_MERGED");
  });

  it.each([
    ["no deploy times", "NOT_ESTIMABLE", { waves: undefined }],
    ["an inference that compares with deployed units", "NOT_ESTIMABLE", { inference: "cr1" }],
  ] as const)("%s", (_, expected, changes) => {
    const { waves, ...plan } = madeWaves(SHAPE).plan;
    const kept = "waves" in changes ? {} : { waves: waves ?? {} };
    const { input } = madeWaves(SHAPE);
    const changed = {
      ...plan,
      ...kept,
      design: "staggered",
      ...("inference" in changes ? changes : {}),
    } as AnalysisPlan;
    expect(analyze([{ plan: changed, inputs: [input] }]).slis[0]?.reasons[0]?.code).toBe(expected);
  });

  it("a treated unit without a time is named", () => {
    const made = madeWaves(SHAPE);
    const { "eu-4": _, ...times } = made.times;
    const sli = judged(made, { waves: times });
    expect(sli.reasons[0]).toMatchObject({ code: "NOT_ESTIMABLE", facts: { unit: "eu-4" } });
  });

  it("a wave outside the data is named", () => {
    const made = madeWaves(SHAPE);
    const sli = judged(made, { waves: { ...made.times, "eu-6": DEPLOYED_AT + 86_400 } });
    expect(sli.reasons[0]).toMatchObject({ code: "DEPLOY_OUTSIDE_DATA", facts: { units: ["eu-6"] } });
  });

  it("all deployed before any wave settled: nothing is left to compare with", () => {
    expect(code(madeWaves({ waves: 2, perWave: 2, never: 0, between: 5 }))).toBe("NO_CONTROL_UNITS");
  });

  it("a cluster cannot be in two waves, and counts once in one", () => {
    const made = madeWaves(SHAPE);
    expect(code(made, { clusters: { "eu-1": "pool", "eu-3": "pool" } })).toBe("NOT_ESTIMABLE");
    const sli = judged(made, { clusters: { "eu-1": "pool", "eu-2": "pool" } });
    expect(sli.units.treated).toContain("pool");
    expect(sli.designFacts?.waves).toMatchObject([{ units: ["pool"] }, {}, {}]);
  });

  it("a metric that never moved gets a rank and no interval", () => {
    const made = madeWaves(SHAPE);
    const flat = (value: (unit: string, i: number) => number): SliSeries => ({
      ...made.input,
      series: made.input.series.map((one) => ({ ...one, values: one.values.map((_, i) => value(one.unit, i)) })),
    });
    const still = analyze([{ plan: made.plan, inputs: [flat(() => 7)] }]).slis[0];
    expect(still?.reasonCodes).toEqual(["NO_VARIATION"]);
    const jump = (unit: string, i: number): number =>
      7 + Number((made.times[unit] ?? Number.POSITIVE_INFINITY) <= DEPLOYED_AT + (i - 360) * STEP);
    const moved = analyze([{ plan: made.plan, inputs: [flat(jump)] }]).slis[0];
    expect(moved?.inference?.method).toBe("placebo-rank");
    expect(moved?.estimate).toMatchObject({ att: 1, stdError: null, pValue: 1 / 4 });
  });
});
