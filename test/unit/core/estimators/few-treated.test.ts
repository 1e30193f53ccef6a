import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { EstimateChoice } from "../../../../src/app/estimate-options.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { conleyTaber, fermanPinto } from "../../../../src/core/estimators/few-treated/control-residuals.ts";
import { donaldLang, regionTest, signChangeTest } from "../../../../src/core/estimators/few-treated/group-tests.ts";
import { fewTreated } from "../../../../src/core/estimators/few-treated/tidy.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";

const OPTIONS = { alpha: 0.3, seed: 1, draws: 999 };

describe("by hand", () => {
  const changes = { treated: Float64Array.of(2), control: Float64Array.of(-1, 0, 1, 4) };

  it("Conley-Taber: residuals -2, -1, 0, 3 around the estimate 1", () => {
    const found = conleyTaber(changes, OPTIONS);
    expect(found.ok && found.value).toMatchObject({ estimate: 1, samples: 4, pValue: 0.75 });
    expect(found.ok && [...found.value.residuals]).toEqual([-2, -1, 0, 3]);
  });

  it("Ferman-Pinto: equal sizes are Conley-Taber with one treated unit; a smaller treated unit widens", () => {
    const same = { treated: Float64Array.of(1), control: Float64Array.of(1, 1, 1, 1) };
    const found = fermanPinto(changes, same, OPTIONS);
    expect(found.ok && found.value).toMatchObject({
      estimate: 1,
      pValue: 0.75,
      sizeVariance: { constant: 3.5, slope: 0 },
    });
    const sizes = { treated: Float64Array.of(0.1), control: Float64Array.of(2, 4, 4, 1) };
    const wide = fermanPinto(changes, sizes, OPTIONS);
    const narrow = conleyTaber(changes, OPTIONS);
    if (!wide.ok || !narrow.ok) throw new Error("refused");
    expect(wide.value.confHigh - wide.value.confLow).toBeGreaterThan(narrow.value.confHigh - narrow.value.confLow);
  });

  it("sign changes of three equal estimates: 2 of 8", () => {
    const found = signChangeTest(Float64Array.of(1, 1.1, 0.9), 0.3);
    expect(found.ok && found.value).toMatchObject({ assignments: 8, pValue: 0.25, pOfMean: 0.25 });
  });
});

describe("invariances", () => {
  const sample = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 8, maxLength: 10 });

  it("shift with the planted effect, ignore constants, turn with the sign", () => {
    fc.assert(
      fc.property(sample, fc.double({ min: -5, max: 5, noNaN: true }), (values, size) => {
        const x = values.map((value, i) => value + 0.37 * i * i);
        const of = (map: (value: number) => number, effect = 0) => ({
          treated: Float64Array.from(x.slice(0, 2), (value) => map(value) + effect),
          control: Float64Array.from(x.slice(2), map),
        });
        const run = (one: ReturnType<typeof of>) => {
          const found = conleyTaber(one, { ...OPTIONS, alpha: 0.2 });
          if (!found.ok) throw new Error(found.refusal.message);
          return found.value;
        };
        const base = run(of((value) => value));
        expect(run(of((value) => value + 7)).pValue).toBeCloseTo(base.pValue, 12);
        expect(run(of((value) => -2 * value)).pValue).toBeCloseTo(base.pValue, 12);
        const shifted = run(of((value) => value, size));
        expect(shifted.confLow - base.confLow).toBeCloseTo(size, 9);
        expect(shifted.confHigh - base.confHigh).toBeCloseTo(size, 9);
      }),
      { numRuns: 30 },
    );
  });
});

describe("refusals", () => {
  const code = (outcome: { ok: boolean; refusal?: { code: string } }) => (outcome.ok ? null : outcome.refusal?.code);

  it("name what is missing", () => {
    const two = { treated: Float64Array.of(1), control: Float64Array.of(2) };
    expect(code(donaldLang(two, 0.05))).toBe("TOO_FEW_UNITS");
    expect(code(conleyTaber(two, OPTIONS))).toBe("TOO_FEW_UNITS");
    expect(code(regionTest(Float64Array.of(1), 0.05))).toBe("TOO_FEW_CLUSTERS");
    expect(code(signChangeTest(Float64Array.of(1, 1), 0.5))).toBe("NO_VARIATION");
    const flat = { treated: Float64Array.of(1), control: new Float64Array(30) };
    expect(code(conleyTaber(flat, OPTIONS))).toBe("NO_VARIATION");
    const bad = { treated: Float64Array.of(0), control: new Float64Array(30).fill(1) };
    expect(code(fermanPinto({ ...flat, control: flat.control.map((_, i) => i) }, bad, OPTIONS))).toBe("NOT_FINITE");
  });
});

describe("--estimator few-treated", () => {
  const random = randomStream(8);
  const rows = Array.from({ length: 24 * 10 }, (_, i) => ({ u: Math.floor(i / 10), t: i % 10 }));
  // one treated unit in each of six regions
  const treated = ({ u, t }: { u: number; t: number }): boolean => u < 6 && t >= 6;
  const data: TidyData = {
    rows: rows.length,
    unit: rows.map(({ u }) => `pod-${u}`),
    time: Float64Array.from(rows, ({ t }) => t),
    outcome: Float64Array.from(rows, (row) => random.next() + row.u + row.t ** 2 + (treated(row) ? 2 : 0)),
    treatment: Float64Array.from(rows, (row) => Number(treated(row))),
    firstTreated: null,
    weights: null,
    covariates: [],
    cluster: null,
    texts: [{ name: "region", values: rows.map(({ u }) => `r${u % 6}`) }],
    numbers: [{ name: "traffic", values: Float64Array.from(rows, ({ u }) => 1 + (u % 5)) }],
  };
  const run = (vcov: string, settings: EstimateChoice["settings"] = {}) =>
    estimate(data, "few-treated", { vcov, settings: { region: "region", ...settings } });

  it.each(fewTreated.vcovs)("%s finds the effect with an interval around it", (vcov) => {
    const outcome = run(vcov, { size: "traffic" });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    const [row] = outcome.value.coefficients;
    expect(outcome.value.inference).toBe(vcov);
    expect(row?.pValue).toBeLessThan(0.05);
    expect(row?.pValue).toBeGreaterThan(0);
    expect(row?.confLow).toBeLessThan(2.2);
    expect(row?.confHigh).toBeGreaterThan(1.8);
    expect(row?.confLow).toBeGreaterThan(0);
  });

  it("draws the same samples for the same seed", () => {
    const [a, b] = [run("ferman-pinto"), run("ferman-pinto")];
    expect(a.ok && a.value.details.exact).toBe(false);
    expect(a).toEqual(b);
  });

  it("asks for regions where it compares them", () => {
    const outcome = run("sign-changes", { region: "none" });
    expect(outcome.ok ? null : outcome.refusal.code).toBe("NOT_ESTIMABLE");
  });
});
