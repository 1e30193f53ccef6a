import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import { binColumns } from "../../../../src/core/estimators/segments/bins.ts";
import { contrast, contrastError } from "../../../../src/core/estimators/segments/contrast.ts";
import { growForest, predictForest } from "../../../../src/core/estimators/segments/forest.ts";
import { splitOnce } from "../../../../src/core/estimators/segments/split.ts";
import { segmentUnits } from "../../../../src/core/estimators/segments/units.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { studentTQuantile } from "../../../../src/core/probability/student-t.ts";
import { noise } from "../generated.ts";

interface Made {
  readonly units: number;
  readonly effect?: (x: number) => number;
  readonly sd?: number;
  readonly seed?: number;
  /** Slope of the log odds of the treatment in x. */
  readonly selection?: number;
}

function made({ units, effect = () => 1, sd = 1, seed = 1, selection = 0 }: Made) {
  const { normal, uniform } = noise(seed);
  const rows = Array.from({ length: units }, (_, u) => {
    const [x, z] = [normal(), normal()];
    const treated = u < 25 ? u % 2 === 0 : uniform() < 1 / (1 + Math.exp(-selection * x));
    const change = 0.5 * z + sd * normal() + (treated ? effect(x) : 0);
    return [0, 1].map((time) => ({
      unit: `u${u}`,
      time,
      y: 5 + time * change,
      d: Number(treated && time === 1),
      x,
      z,
    }));
  }).flat();
  return tidyTable({
    outcome: rows.map(({ y }) => y),
    unit: rows.map(({ unit }) => unit),
    time: rows.map(({ time }) => time),
    treatment: rows.map(({ d }) => d),
    covariates: { x: rows.map((row) => row.x), z: rows.map((row) => row.z) },
  });
}

function run(given: Made, settings: Record<string, string> = {}, seed = 1) {
  const outcome = estimate(made(given), "segments", { settings, seed });
  if (!outcome.ok) throw new RangeError(outcome.refusal.message);
  return outcome.value;
}

const row = (result: ReturnType<typeof run>, term: string) => {
  const found = result.coefficients.find((one) => one.term === term);
  if (found === undefined) throw new RangeError(`no ${term}`);
  return found;
};

const STEP = (x: number): number => (x > 0 ? 3 : 0);

describe("segments", () => {
  it("finds who is hurt, says what they have in common, and how much they are hurt", () => {
    const result = run({ units: 600, effect: STEP }, { splits: "3" });
    expect(result.notes.join(" ")).toContain("causal forest");
    expect(row(result, "most - least hurt").pValue).toBeLessThan(0.001);
    expect(Math.abs(row(result, "segment 1 (most hurt)").estimate - 3)).toBeLessThan(0.6);
    expect(Math.abs(row(result, "segment 5 (least hurt)").estimate)).toBeLessThan(0.6);
    const profile = result.details.segments as { means: { x: number; z: number } }[];
    expect(profile[0]?.means.x).toBeGreaterThan(0.5);
    expect(profile[4]?.means.x).toBeLessThan(-0.5);
    expect(row(result, "slope of x").pValue).toBeLessThan(0.001);
    expect(row(result, "slope of z").pValue).toBeGreaterThan(0.01);
  });

  it("claims nothing when all are affected alike", () => {
    for (const seed of [1, 2, 3]) {
      const result = run({ units: 150, seed });
      expect(row(result, "most - least hurt").pValue).toBeGreaterThan(0.05);
      expect(row(result, "mean effect").confLow).toBeLessThan(1);
      expect(row(result, "mean effect").confHigh).toBeGreaterThan(1);
    }
  });

  it("says so when few controls resemble the treated", () => {
    expect(run({ units: 200 }).notes.join(" ")).not.toMatch(/weigh as much as/);
    expect(run({ units: 200, selection: 3 }, { splits: "1" }).notes.join(" ")).toMatch(/weigh as much as \d+ of equal/);
  });

  it("turns its ranking with the direction that is worse", () => {
    const [up, down] = [run({ units: 120, effect: STEP }), run({ units: 120, effect: STEP }, { worse: "down" })];
    expect(row(up, "most - least hurt").estimate).toBeGreaterThan(1);
    expect(row(down, "most - least hurt").estimate).toBeLessThan(-1);
  });

  it("gives the same bytes for the same seed, and other splits for another", () => {
    const [one, same, other] = [run({ units: 90 }), run({ units: 90 }), run({ units: 90 }, {}, 2)];
    expect(JSON.stringify(same)).toBe(JSON.stringify(one));
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(one));
  });

  it("does not care about levels of units and the unit of the outcome", () => {
    const data = made({ units: 80, effect: STEP });
    const changed = { ...data, outcome: data.outcome.map((y, i) => 10 * (y + Math.floor(i / 2) * 3)) };
    const [one, two] = [estimate(data, "segments"), estimate(changed, "segments")];
    if (!one.ok || !two.ok) throw new RangeError("refused");
    one.value.coefficients.forEach((given, i) => {
      expect(two.value.coefficients[i]?.estimate).toBeCloseTo(10 * given.estimate, 6);
      expect(two.value.coefficients[i]?.pValue).toBeCloseTo(given.pValue, 8);
    });
  });

  it("refuses too few units, no covariate, one that says who is treated, and one that does not vary", () => {
    const codeOf = (data: ReturnType<typeof made>, settings: Record<string, string> = {}) => {
      const outcome = estimate(data, "segments", { settings });
      return outcome.ok ? "ok" : outcome.refusal.code;
    };
    expect(codeOf(made({ units: 40 }))).toBe("TOO_FEW_UNITS");
    expect(codeOf(made({ units: 60 }), { groups: "9" })).toBe("TOO_FEW_UNITS");
    const data = made({ units: 80 });
    expect(codeOf({ ...data, covariates: [] })).toBe("NOT_ESTIMABLE");
    const treated = new Set(data.unit?.filter((_, i) => data.treatment?.[i] === 1));
    const tell = Float64Array.from(data.unit ?? [], (unit) => Number(treated.has(unit)));
    expect(codeOf({ ...data, covariates: [{ name: "tell", values: tell }] })).toBe("NO_OVERLAP");
    const still = new Float64Array(data.rows).fill(7);
    expect(codeOf({ ...data, covariates: [...data.covariates, { name: "still", values: still }] })).toBe("COLLINEAR");
  });

  it("takes covariates from before the treatment only", () => {
    const data = made({ units: 80, effect: STEP });
    const after = data.covariates.map(({ name, values }) => ({
      name,
      values: values.map((value, i) => (data.time?.[i] === 1 ? 1e6 * (i % 5) : value)),
    }));
    expect(estimate({ ...data, covariates: after }, "segments")).toEqual(estimate(data, "segments"));
  });
});

describe("splitOnce", () => {
  it("puts no judged unit into the segment that its own outcome asked for", () => {
    const units = segmentUnits(made({ units: 100, effect: STEP }), "logit");
    if (!units.ok) throw new RangeError(units.refusal.message);
    const binned = binColumns(units.value.covariates);
    const options = { groups: 2, learner: "linear", sign: 1, seed: 4 } as const;
    const before = splitOnce(units.value, binned, options);
    const judged = before.members.flatMap((list) => [...list]);
    expect(new Set(judged).size).toBe(judged.length);
    expect(judged.length).toBeLessThanOrEqual(52);
    // outcomes of judged units may be anything: who is in which segment stays
    const changes = units.value.changes.map((change, u) => (judged.includes(u) ? change * 100 - 7 : change));
    const after = splitOnce({ ...units.value, changes }, binned, options);
    expect(after.members).toEqual(before.members);
  });
});

describe("contrast", () => {
  it("is the difference of means with Welch's error when all controls weigh alike", () => {
    const given = {
      values: Float64Array.of(3, 5, 1, 0, 2),
      treated: Uint8Array.of(1, 1, 0, 0, 0),
      odds: Float64Array.of(1, 1, 2, 2, 2),
    };
    const found = contrast(given, Int32Array.of(0, 1, 2, 3, 4));
    expect(found.estimate).toBeCloseTo(3, 12);
    const { stdError, dof } = contrastError([found]);
    expect(stdError).toBeCloseTo(Math.sqrt(2 / 2 + 1 / 3), 12);
    expect(dof).toBeCloseTo((4 / 3) ** 2 / (1 + 1 / 9 / 2), 12);
  });

  it("does not take the small residual of a control that carries the mean for certainty", () => {
    const odds = Float64Array.of(1, 1, 8, 1, 1);
    const given = { values: Float64Array.of(3, 5, 1, 0, 2), treated: Uint8Array.of(1, 1, 0, 0, 0), odds };
    const found = contrast(given, Int32Array.of(0, 1, 2, 3, 4));
    // shares 0.8, 0.1, 0.1, residuals 0, -1, 1, freed of their pull 1 - 0.2 + 0.66
    expect(found.controlVariance).toBeCloseTo((2 * 0.01) / 1.46, 12);
    expect(found.controlDof).toBe(1);
  });

  it("holds 95 % where a few controls carry the weight", () => {
    const { normal } = noise(11);
    const odds = Float64Array.from({ length: 60 }, (_, u) => Math.exp(1.8 * Math.sin(7 * u)));
    const treated = Uint8Array.from({ length: 60 }, (_, u) => Number(u < 30));
    const all = Int32Array.from({ length: 60 }, (_, u) => u);
    let missed = 0;
    for (let draw = 0; draw < 2000; draw++) {
      const found = contrast({ values: Float64Array.from({ length: 60 }, normal), treated, odds }, all);
      const { stdError, dof } = contrastError([found]);
      if (Math.abs(found.estimate) > studentTQuantile(0.975, dof) * stdError) missed++;
    }
    expect(missed / 2000).toBeLessThan(0.06);
    expect(missed / 2000).toBeGreaterThan(0.03);
  });
});

describe("an honest forest", () => {
  it("learns a step, and puts no weight on a column that says nothing", () => {
    const { normal } = noise(3);
    const size = 1000;
    const columns = ["x", "z"].map((name) => ({ name, values: Float64Array.from({ length: size }, normal) }));
    const binned = binColumns(columns);
    const x = columns[0]?.values ?? new Float64Array(0);
    const target = {
      numerator: x.map((value) => (value > 0.5 ? 4 : 0) + 0.5 * normal()),
      denominator: new Float64Array(size).fill(1),
    };
    const units = Int32Array.from({ length: size }, (_, u) => u);
    const forest = growForest(units, target, binned, randomStream(1));
    const value = predictForest(forest, units, binned);
    const mean = (of: (u: number) => boolean): number => {
      const chosen = value.filter((_, u) => of(u));
      return chosen.reduce((sum, one) => sum + one, 0) / chosen.length;
    };
    expect(mean((u) => (x[u] ?? 0) > 0.8)).toBeGreaterThan(3.5);
    expect(mean((u) => (x[u] ?? 0) < 0.2)).toBeLessThan(0.5);
  });
});
