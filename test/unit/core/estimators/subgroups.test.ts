import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { EstimateResult } from "../../../../src/core/estimators/contract.ts";
import { effectCorrelation } from "../../../../src/core/estimators/subgroups/level-effect.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { noise } from "../generated.ts";

interface Row {
  readonly unit: string;
  readonly time: number;
  readonly y: number;
  readonly d: number;
  readonly part: string;
  readonly cluster?: string;
}

function run(rows: readonly Row[], settings: Record<string, string> = {}, vcov: string | null = null) {
  const data = tidyTable({
    outcome: rows.map(({ y }) => y),
    unit: rows.map(({ unit }) => unit),
    time: rows.map(({ time }) => time),
    treatment: rows.map(({ d }) => d),
    texts: { subgroup: rows.map(({ part }) => part) },
    ...(rows.some(({ cluster }) => cluster !== undefined) ? { cluster: rows.map(({ cluster }) => cluster ?? "") } : {}),
  });
  return estimate(data, "subgroups", { settings, vcov });
}

function answered(rows: readonly Row[], settings: Record<string, string> = {}, vcov: string | null = null) {
  const outcome = run(rows, settings, vcov);
  if (!outcome.ok) throw new RangeError(outcome.refusal.message);
  return outcome.value;
}

interface Made {
  readonly parts: number;
  readonly units?: number;
  readonly effect?: (part: number) => number;
  /** Units have rows in every part, with this share of their change in common. */
  readonly shared?: number | null;
  readonly seed?: number;
}

/** One row before and one after, changes N(effect, 1); the first half of the units is treated. */
function made({ parts, units = 20, effect = () => 0, shared = null, seed = 1 }: Made): Row[] {
  const { normal } = noise(seed);
  const common = Array.from({ length: units }, normal);
  return Array.from({ length: parts }, (_, p) =>
    Array.from({ length: units }, (_unused, u): Row[] => {
      const isTreated = u < units / 2;
      const own = shared === null ? normal() : Math.sqrt(shared) * (common[u] ?? 0) + Math.sqrt(1 - shared) * normal();
      const unit = shared === null ? `${p}-${u}` : `${u}`;
      const level = 10 * normal();
      const after = level + own + (isTreated ? effect(p) : 0);
      return [
        { unit, part: `p${p}`, time: 0, y: level, d: 0 },
        { unit, part: `p${p}`, time: 1, y: after, d: Number(isTreated) },
      ];
    }).flat(),
  ).flat();
}

const term = (result: EstimateResult, name: string) => result.coefficients.find((row) => row.term === name);

describe("subgroups", () => {
  it("is Welch's comparison of changes in each level, by hand", () => {
    const rows = [
      ["a", "x", 1, [0, 3]],
      ["b", "x", 1, [0, 5]],
      ["c", "x", 0, [0, 1]],
      ["d", "x", 0, [0, 0]],
      ["e", "x", 0, [0, 2]],
      ["f", "y", 1, [5, 4]],
      ["g", "y", 1, [5, 7]],
      ["h", "y", 0, [5, 5]],
      ["i", "y", 0, [5, 6]],
    ].flatMap(([unit, part, treated, values]) =>
      (values as number[]).map(
        (y, time): Row => ({
          unit: String(unit),
          part: String(part),
          time,
          y,
          d: time === 1 ? Number(treated) : 0,
        }),
      ),
    );
    const result = answered(rows, { adjust: "none" });
    // x: means 4 and 1, variances 2 and 1
    expect(term(result, "x")?.estimate).toBeCloseTo(3, 12);
    expect(term(result, "x")?.stdError).toBeCloseTo(Math.sqrt(2 / 2 + 1 / 3), 12);
    expect(term(result, "x")?.dof).toBeCloseTo((4 / 3) ** 2 / (1 + 1 / 9 / 2), 12);
    // y: means 0.5 and 0.5
    expect(term(result, "y")?.estimate).toBeCloseTo(0, 12);
    expect(answered(rows).coefficients.map(({ pValue }) => pValue)).toEqual([
      Math.min(1, 2 * (term(result, "x")?.pValue ?? 0)),
      1,
    ]);
  });

  it("has the same error with CR2 when every unit is its own cluster", () => {
    const rows = made({ parts: 3 });
    const welch = answered(rows, { adjust: "none" });
    const clustered = answered(rows, { adjust: "none" }, "cr2");
    welch.coefficients.forEach((row, i) => {
      expect(clustered.coefficients[i]?.stdError).toBeCloseTo(row.stdError, 10);
    });
  });

  it("counts copies of a unit in one cluster once", () => {
    const plain = made({ parts: 4, units: 16 });
    const twice = plain.flatMap((row) => [
      { ...row, cluster: row.unit },
      { ...row, unit: `${row.unit}-copy`, cluster: row.unit },
    ]);
    const one = answered(plain, { adjust: "none" }, "cr2");
    const two = answered(twice, { adjust: "none" });
    expect(two.inference).toBe("cr2, none");
    one.coefficients.forEach((row, i) => {
      expect(two.coefficients[i]?.stdError).toBeCloseTo(row.stdError, 8);
    });
  });

  it("finds the correlation of levels that are seen in the same units", () => {
    const correlation = (shared: number | null): number =>
      Number(answered(made({ parts: 10, units: 400, shared })).details.correlation);
    expect(correlation(0.5)).toBeGreaterThan(0.4);
    expect(correlation(0.5)).toBeLessThan(0.6);
    expect(correlation(null)).toBe(0);
  });

  it("draws levels together, and tells one that differs", () => {
    const rows = made({ parts: 12, units: 40, effect: (p) => (p === 3 ? 3 : 0) });
    const own = answered(rows);
    const drawn = answered(rows, { report: "shrunk" });
    expect(term(own, "p3")?.pValue).toBeLessThan(0.001);
    expect(own.coefficients.filter(({ pValue }) => pValue < 0.05)).toHaveLength(1);
    expect(term(drawn, "p3")?.estimate).toBeLessThan(term(own, "p3")?.estimate ?? 0);
    expect(own.notes.join(" ")).toContain("Subgroups differ: F(11,");
  });

  it("names levels that have too few units and goes on without them", () => {
    const rows = made({ parts: 3 });
    const few = rows.filter(({ part, unit }) => part !== "p1" || unit === "p1" || unit.endsWith("-0"));
    const result = answered(few);
    expect(result.coefficients.map((row) => row.term)).toEqual(["p0", "p2"]);
    expect(result.notes.join(" ")).toContain("Subgroup p1 was left out: It has 1 treated unit with rows");
  });

  it("refuses what cannot be estimated, by name", () => {
    const rows = made({ parts: 2 });
    const codeOf = (given: readonly Row[], settings = {}, vcov: string | null = null) => {
      const outcome = run(given, settings, vcov);
      return outcome.ok ? "ok" : outcome.refusal.code;
    };
    expect(codeOf([...rows, ...rows.slice(0, 1)])).toBe("DUPLICATE_ROWS");
    expect(codeOf(rows, { report: "shrunk" })).toBe("TOO_FEW_UNITS");
    expect(codeOf(rows.filter(({ unit }) => /-(0|19)$/.test(unit)))).toBe("TOO_FEW_UNITS");
    expect(
      codeOf(
        rows.map((row) => ({ ...row, cluster: row.unit })),
        {},
        "welch",
      ),
    ).toBe("NOT_ESTIMABLE");
    expect(codeOf(rows.map((row) => ({ ...row, d: row.time })))).toBe("NO_CONTROL_UNITS");
    expect(codeOf(rows, { by: "zone" })).toBe("NOT_ESTIMABLE");
    expect(codeOf(rows.map((row) => ({ ...row, y: Number.POSITIVE_INFINITY })))).toBe("NOT_FINITE");
  });

  it("does not care about constants, unit levels, order and names", () => {
    const rows = made({ parts: 5, units: 12, effect: (p) => p });
    const base = answered(rows);
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 }), (constant, scale) => {
        const changed = rows
          .map((row) => ({ ...row, y: scale * (row.y + constant + 7 * row.time), unit: `u${row.unit}` }))
          .toReversed();
        const result = answered(changed);
        base.coefficients.forEach((row) => {
          const other = term(result, row.term);
          expect(other?.estimate).toBeCloseTo(scale * row.estimate, 6);
          expect(other?.pValue).toBeCloseTo(row.pValue, 6);
        });
      }),
      { numRuns: 10 },
    );
  });
});

describe("effectCorrelation", () => {
  it("is the mean product of influences over all pairs", () => {
    const level = (values: Record<string, number>) => ({
      name: "",
      estimate: 0,
      stdError: 1,
      dof: 1,
      treatedUnits: 1,
      controlUnits: 1,
      influence: new Map(Object.entries(values)),
    });
    const found = effectCorrelation([level({ a: 0.8, b: -0.6 }), level({ a: 0.6, b: -0.8 }), level({ c: 1 })]);
    expect(found).toBeCloseTo((0.48 + 0.48) / 3, 12);
  });
});
