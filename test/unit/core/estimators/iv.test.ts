import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { fiellerSet, hullOf, ratioError } from "../../../../src/core/inference/fieller.ts";
import { studentTQuantile } from "../../../../src/core/probability/student-t.ts";
import { buildPanel, panelShape } from "../../../property/panel-arbitrary.ts";
import { list, number, object } from "../../../reference/runners/json.ts";
import type { Table } from "../../../reference/runners/table.ts";
import { answered, expectNear, oracle, refused, row } from "./tidy-expectations.ts";

const { expected, table } = oracle("iv");
const EXPOSURE = { exposure: "e" };

function panelTable(file: Table): TidyData {
  return tidyTable({
    unit: file.text("unit"),
    time: file.numeric("time"),
    outcome: file.numeric("y"),
    treatment: file.numeric("z"),
    covariates: { x: file.numeric("x") },
    numbers: { e: file.numeric("e") },
  });
}

function crossTable(file: Table, outcome = "y", weights?: Float64Array): TidyData {
  return tidyTable({
    outcome: file.numeric(outcome),
    treatment: file.numeric("z"),
    covariates: { x: file.numeric("x") },
    numbers: { e: file.numeric("e") },
    ...(weights === undefined ? {} : { weights }),
  });
}

const panel = panelTable(table("panel.csv"));
const cross = table("cross-section.csv");

describe("iv against AER and sandwich", () => {
  const cases: readonly (readonly [string, string, TidyData, string, Record<string, string>])[] = [
    ["panel", "cr0", panel, "cr0", {}],
    ["panel", "cr1full", panel, "cr1", { parameters: "full" }],
    ["panelHc", "hc0", panel, "hc0", {}],
    ["panelHc", "hc1", panel, "hc1", {}],
    ["panelHc", "iid", panel, "iid", {}],
    ["cross", "hc0", crossTable(cross), "hc0", {}],
    ["cross", "hc1", crossTable(cross), "hc1", {}],
    ["cross", "iid", crossTable(cross), "iid", {}],
    ["rays", "hc0", crossTable(cross, "y2"), "hc0", {}],
    ["rays", "iid", crossTable(cross, "y2"), "iid", {}],
    ["weighted", "hc1", crossTable(cross, "y", cross.numeric("w")), "hc1", {}],
  ];

  it.each(cases)("%s with %s", (block, name, data, vcov, settings) => {
    const wanted = object(object(expected[block])[name]);
    const result = answered(data, "iv", { vcov, settings: { ...EXPOSURE, ...settings } });
    const effect = row(result, "per-exposed");
    expectNear(effect.estimate, number(wanted.estimate));
    expectNear(effect.stdError, number(wanted.se));
    expectNear(row(result, "intention-to-treat").estimate, number(wanted.itt));
    expectNear(row(result, "intention-to-treat").stdError, number(wanted.ittSe));
    expectNear(row(result, "first-stage").estimate, number(wanted.first));
    expectNear(result.details.firstStageF as number, number(wanted.f));
    const set = object(result.details.andersonRubin);
    const roots = list(wanted.roots).map(number);
    if (roots.length === 0) {
      expect(set.shape).toBe("line");
      expect([effect.confLow, effect.confHigh]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      return;
    }
    expectNear(number(set.low), roots[0] ?? Number.NaN);
    expectNear(number(set.high), roots[1] ?? Number.NaN);
    expect(set.shape).toBe(number(wanted.f) > studentTQuantile(0.975, effect.dof) ** 2 ? "interval" : "rays");
  });

  it("says when the interval is unbounded and the instrument weak", () => {
    const line = answered(crossTable(cross), "iv", { settings: EXPOSURE });
    expect(line.notes.join(" ")).toMatch(/Weak instrument: the first-stage F is 2\.71.*whole line/);
    const rays = answered(crossTable(cross, "y2"), "iv", { settings: EXPOSURE });
    expect(rays.notes.join(" ")).toMatch(/only what lies between -2\d\.\d+ and 2\.9\d+ is excluded/);
    expect(row(rays, "per-exposed").pValue).toBeLessThan(1e-4);
  });

  it("gives the two-stage least-squares interval when asked, with the warning that belongs to it", () => {
    const result = answered(panel, "iv", { settings: { ...EXPOSURE, interval: "wald" } });
    const effect = row(result, "per-exposed");
    const reach = studentTQuantile(0.975, 13) * effect.stdError;
    expectNear(effect.confHigh - effect.estimate, reach);
    expect(result.inference).toBe("cr1");
    expect(result.notes.join(" ")).toContain("104.7");
  });
});

describe("iv", () => {
  it("is the intention to treat when everybody follows the assignment", () => {
    const z = table("panel.csv").numeric("z");
    const file = table("panel.csv");
    const data = { ...panelTable(file), numbers: [{ name: "e", values: z }] };
    const result = answered(data, "iv", { settings: EXPOSURE });
    const [each, all] = [row(result, "per-exposed"), row(result, "intention-to-treat")];
    for (const key of ["estimate", "stdError", "confLow", "confHigh", "pValue"] as const) {
      expectNear(each[key], all[key], 1e-9);
    }
    expect(result.details.firstStageF).toBeNull();
  });

  it("refuses an assignment that moves no exposure, and a weak one when told to", () => {
    const still = { ...panel, numbers: [{ name: "e", values: new Float64Array(panel.rows).fill(0.5) }] };
    expect(refused(still, "iv", { settings: EXPOSURE }).code).toBe("WEAK_INSTRUMENT");
    const choice = { settings: { ...EXPOSURE, weak: "refuse" } };
    expect(refused(crossTable(cross), "iv", choice).message).toContain("2.71");
    expect(refused(panel, "iv").message).toContain("No column of exposures");
  });

  it("refuses an infinite exposure and one treated cluster", () => {
    const values = Float64Array.from(panel.numbers?.[0]?.values ?? []);
    values[10] = Number.POSITIVE_INFINITY;
    const infinite = refused({ ...panel, numbers: [{ name: "e", values }] }, "iv", { settings: EXPOSURE });
    expect([infinite.code, infinite.facts.row]).toEqual(["NOT_FINITE", 11]);
    const one = {
      ...panel,
      treatment: Float64Array.from(panel.unit ?? [], (u, i) => Number(u === "1" && (panel.time?.[i] ?? 0) > 5)),
    };
    expect(refused(one, "iv", { settings: EXPOSURE }).code).toBe("ONE_TREATED_CLUSTER");
  });

  it("does not see unit levels, common paths or the order of rows, and scales", () => {
    fc.assert(
      fc.property(panelShape, fc.constantFrom(-2, 0.01, 1e4), (shape, factor) => {
        const { unit, time, y, d, x } = buildPanel({ ...shape, missing: 0, weighted: false });
        const e = d.map((z, i) => 0.6 * z + 0.1 * (x[i] ?? 0));
        const run = (outcome: Float64Array, order: readonly number[]) =>
          row(
            answered(
              tidyTable({
                unit: order.map((i) => `u${unit[i]}`),
                time: order.map((i) => time[i] ?? 0),
                outcome: order.map((i) => outcome[i] ?? 0),
                treatment: order.map((i) => d[i] ?? 0),
                numbers: { e: order.map((i) => e[i] ?? 0) },
              }),
              "iv",
              { settings: { exposure: "e", interval: "wald" } },
            ),
            "per-exposed",
          );
        const rows = Array.from(y, (_, i) => i);
        const base = run(y, rows);
        const moved = run(
          y.map((value, i) => factor * (value + 7 + 3 * (unit[i] ?? 0) - Math.sin(time[i] ?? 0))),
          rows.reverse(),
        );
        const size = Math.abs(factor) * (Math.abs(base.estimate) + base.stdError);
        expect(Math.abs(moved.estimate - factor * base.estimate)).toBeLessThan(1e-8 * size);
        expect(Math.abs(moved.stdError - Math.abs(factor) * base.stdError)).toBeLessThan(1e-7 * size);
      }),
      { numRuns: 20 },
    );
  });

  it("finds a planted effect per exposed exactly", () => {
    const file = table("panel.csv");
    const e = file.numeric("e");
    const outcome = e.map(
      (value, i) => 2.5 * value + 3 * Number(file.text("unit")[i]) + Math.cos(file.numeric("time")[i] ?? 0),
    );
    const result = answered({ ...panelTable(file), outcome, covariates: [] }, "iv", { settings: EXPOSURE });
    expectNear(row(result, "per-exposed").estimate, 2.5, 1e-10);
  });
});

describe("fiellerSet", () => {
  const moments = fc.record({
    numerator: fc.double({ min: -5, max: 5, noNaN: true }),
    denominator: fc.double({ min: -5, max: 5, noNaN: true }),
    numeratorVariance: fc.double({ min: 0.01, max: 4, noNaN: true }),
    denominatorVariance: fc.double({ min: 0.01, max: 4, noNaN: true }),
    correlation: fc.double({ min: -0.99, max: 0.99, noNaN: true }),
  });

  it("holds exactly the ratios that the test does not reject", () => {
    fc.assert(
      fc.property(moments, fc.double({ min: -50, max: 50, noNaN: true }), ({ correlation, ...given }, ratio) => {
        const covariance = correlation * Math.sqrt(given.numeratorVariance * given.denominatorVariance);
        const set = fiellerSet({ ...given, covariance }, 1.96);
        const variance = given.numeratorVariance - 2 * ratio * covariance + ratio * ratio * given.denominatorVariance;
        const z = (given.numerator - ratio * given.denominator) / Math.sqrt(variance);
        fc.pre(Math.abs(Math.abs(z) - 1.96) > 1e-6);
        const isIn =
          set.shape === "line" ||
          (set.shape === "rays" ? ratio <= set.low || ratio >= set.high : ratio >= set.low && ratio <= set.high);
        expect(isIn).toBe(Math.abs(z) <= 1.96);
      }),
    );
  });

  it("without doubt about the denominator is the numerator's interval divided by it", () => {
    const set = fiellerSet(
      { numerator: 3, denominator: -0.5, numeratorVariance: 4, denominatorVariance: 0, covariance: 0 },
      2,
    );
    expect(set).toEqual({ shape: "interval", low: -14, high: 2 });
    const known = { numerator: 3, denominator: 0.5, numeratorVariance: 4, denominatorVariance: 0, covariance: 0 };
    expect(ratioError(known)).toBe(4);
    expect(hullOf({ shape: "line" })).toEqual({ low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });
  });
});
