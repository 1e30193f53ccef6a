import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { crowding } from "../../../../src/core/estimators/discontinuity/crowding.ts";
import { likeness } from "../../../../src/core/estimators/discontinuity/likeness.ts";
import { neighbourResiduals } from "../../../../src/core/estimators/discontinuity/residuals.ts";
import { type TidyColumns, tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { number, object } from "../../../reference/runners/json.ts";
import { rStream } from "../../../reference/runners/r-normal.ts";
import { answered, expectNear, oracle, refused, row } from "./tidy-expectations.ts";

interface Made {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly z1: readonly number[];
  readonly z2: readonly number[];
  readonly cluster: readonly string[];
}

/** The sharp fixture of rdrobust's own tests (helper-data.R), drawn with R's generators. */
function rdrobustFixture(n = 1500, seed = 7): Made {
  const { uniform, normal } = rStream(seed);
  const list = (draw: () => number): number[] => Array.from({ length: n }, draw);
  const x = list(() => -1 + 2 * uniform());
  const z1 = list(normal);
  const z2 = list(uniform);
  const noise = list(normal);
  const y = x.map((value, i) => 1 + 2 * value + (value >= 0 ? 0.7 : 0) + 0.4 * (z1[i] ?? 0) + (noise[i] ?? 0));
  return { x, y, z1, z2, cluster: x.map((_, i) => `c${i % 40}`) };
}

function tableOf(made: Pick<Made, "x" | "y">, more: Partial<TidyColumns> = {}): TidyData {
  return tidyTable({ outcome: made.y, numbers: { x: made.x }, ...more });
}

const AT_ZERO = { running: "x", cutoff: "0" };
const fixture = rdrobustFixture();

describe("rd against rdrobust", () => {
  it("gives the numbers that rdrobust's tests freeze for covariates and clusters (cr1, h = 0.3)", () => {
    const data = tableOf(fixture, { covariates: { z1: fixture.z1, z2: fixture.z2 }, cluster: fixture.cluster });
    const result = answered(data, "rd", { vcov: "cr1", settings: { ...AT_ZERO, h: "0.3", clusters: "separate" } });
    expectNear(row(result, "conventional").estimate, 0.588602499100754, 1e-9);
    expectNear(row(result, "conventional").stdError, 0.222366879403164, 1e-9);
    expectNear(row(result, "robust").estimate, 0.563768246801708, 1e-9);
    expectNear(row(result, "robust").stdError, 0.296682179015828, 1e-9);
  });
});

describe("rd against a dense recomputation", () => {
  const { expected, table } = oracle("rd");
  const data = table("data.csv");

  it.each(Object.keys(expected))("%s: windows, effects and errors", (name) => {
    const wanted = object(expected[name]);
    const [vcov = "", kernel = ""] = name.replace(/^(weighted|discrete)_/, "").split("_");
    const made = tidyTable({
      outcome: data.numeric("y"),
      numbers: { x: data.numeric(name.startsWith("discrete") ? "xi" : "x") },
      ...(name.startsWith("weighted") ? { weights: data.numeric("w") } : {}),
    });
    const result = answered(made, "rd", { vcov, settings: { ...AT_ZERO, kernel } });
    expectNear(result.details.h as number, number(wanted.h));
    expectNear(result.details.b as number, number(wanted.b));
    for (const term of ["conventional", "robust"]) {
      expectNear(row(result, term).estimate, number(wanted[term]));
      expectNear(row(result, term).stdError, number(wanted[`${term}Se`]));
    }
  });
});

describe("rd", () => {
  it("sees a jump that was planted in a straight line, at any cut-off and scale", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.constantFrom(1, 1e-3, 1e4),
        (seed, jump, scale) => {
          const { x } = rdrobustFixture(60, seed);
          const y = x.map((value) => 2 - 3 * value + (value >= 0 ? jump : 0));
          const moved = x.map((value) => scale * (value + 4));
          const settings = { running: "x", cutoff: String(4 * scale), h: String(0.9 * scale) };
          const result = answered(tableOf({ x: moved, y }), "rd", { settings });
          for (const term of ["robust", "conventional"]) {
            expect(Math.abs(row(result, term).estimate - jump)).toBeLessThan(1e-9 * (1 + Math.abs(jump)));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("keeps its windows when the running variable or the outcome is rescaled and the rows are shuffled", () => {
    const base = answered(tableOf(fixture), "rd", { settings: AT_ZERO });
    const reversed = { x: fixture.x.map((v) => 100 * v).reverse(), y: fixture.y.map((v) => 5 - 7 * v).reverse() };
    const result = answered(tableOf(reversed), "rd", { settings: AT_ZERO });
    expectNear(result.details.h as number, 100 * (base.details.h as number));
    expectNear(row(result, "robust").estimate, -7 * row(base, "robust").estimate);
    expectNear(row(result, "robust").stdError, 7 * row(base, "robust").stdError);
  });

  it("turns its sign when the side below is treated, and counts a cluster of both sides once", () => {
    const above = answered(tableOf(fixture), "rd", { settings: AT_ZERO });
    const below = answered(tableOf(fixture), "rd", { settings: { ...AT_ZERO, treated: "below" } });
    expectNear(row(below, "robust").estimate, -row(above, "robust").estimate);
    // one outcome per cluster and side that all its rows share: nothing is left of it in the difference
    const shared = fixture.x.map((v, i) => 10 * Math.sin((i % 40) * 7) + 0.01 * Math.cos(i) + (v >= 0 ? 1 : 0));
    const made = { ...tableOf({ x: fixture.x, y: shared }), cluster: fixture.cluster };
    const run = (clusters: string) =>
      row(answered(made, "rd", { settings: { ...AT_ZERO, h: "1", clusters } }), "conventional");
    expect(run("joint").stdError).toBeLessThan(0.8 * run("separate").stdError);
  });

  it("holds its level on a curve without a jump", () => {
    let rejected = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const { uniform, normal } = rStream(seed);
      const x = Array.from({ length: 300 }, () => 2 * uniform() - 1);
      const y = x.map((v) => Math.sin(2 * v) + v ** 3 + 0.3 * normal());
      const result = answered(tableOf({ x, y }), "rd", { settings: AT_ZERO });
      if (row(result, "robust").pValue < 0.05) rejected++;
    }
    // 0.05 in large samples; 300 rows leave about a hundred in the window
    expect(rejected / 300).toBeLessThan(0.11);
    expect(rejected / 300).toBeGreaterThan(0.02);
  });

  it("tests the balance of covariates and hints at units moved across the cut-off", () => {
    const z = fixture.x.map((v, i) => (fixture.z1[i] ?? 0) + (v >= 0 ? 2 : 0));
    const data = tableOf(fixture, { covariates: { past: z } });
    const result = answered(data, "rd", { settings: { ...AT_ZERO, covariates: "balance" } });
    const [past] = result.details.balance as { covariate: string; estimate: number; pValue: number }[];
    expect(past?.covariate).toBe("past");
    expect(Math.abs((past?.estimate ?? 0) - 2)).toBeLessThan(0.6);
    expect(past?.pValue).toBeLessThan(1e-6);
    const crowded = fixture.x.map((v) => (v < 0 && v > -0.05 ? v + 0.05 : v));
    const moved = answered(tableOf({ x: crowded, y: fixture.y }), "rd", { settings: AT_ZERO });
    expect(moved.notes.join(" ")).toMatch(/may have been moved across/);
  });

  it("warns where neighbours are alike, and refuses the time of the table: 31 to 56 % alarms with AR(1) 0.5 to 0.9", () => {
    const { normal } = rStream(4);
    const x = Array.from({ length: 400 }, (_, t) => t - 200);
    const of = (rho: number): number[] => {
      let last = 0;
      return x.map((v) => {
        last = rho * last + normal();
        return last + Math.sin(v / 60);
      });
    };
    const [plain, serial] = [of(0), of(0.5)];
    const notesOf = (y: readonly number[], more: Partial<TidyColumns> = {}): string =>
      answered(tableOf({ x, y }, more), "rd", { settings: AT_ZERO }).notes.join(" ");
    expect(notesOf(plain)).not.toMatch(/alike/);
    expect(notesOf(serial)).toMatch(/next to each other are alike.*same-hours/);
    expect(refused(tableOf({ x, y: plain }, { time: x }), "rd", { settings: AT_ZERO }).message).toMatch(/time/);
    expect(notesOf(plain, { time: x.map((_, i) => i % 7) })).not.toMatch(/alike/);
  });

  it("refuses what it cannot use, by name", () => {
    const data = tableOf(fixture);
    expect(refused(data, "rd", { settings: { running: "x" } }).message).toContain("No cut-off");
    expect(refused(data, "rd", { settings: { cutoff: "0" } }).code).toBe("NO_DATA");
    expect(refused(data, "rd", { settings: { running: "x", cutoff: "2" } }).code).toBe("NO_TREATED_UNITS");
    expect(refused(data, "rd", { settings: { running: "x", cutoff: "-2" } }).code).toBe("NO_CONTROL_UNITS");
    expect(refused(data, "rd", { settings: { ...AT_ZERO, h: "0.0001" } }).code).toBe("TOO_FEW_UNITS");
    const few = tableOf({ x: fixture.x.slice(0, 12), y: fixture.y.slice(0, 12) });
    expect(refused(few, "rd", { settings: AT_ZERO }).message).toContain("12 rows");
    const firstAbove = fixture.x.findIndex((v) => v >= 0);
    const disobeyed = tableOf(fixture, { treatment: fixture.x.map((v, i) => Number(v >= 0 && i !== firstAbove)) });
    const fuzzy = refused(disobeyed, "rd", { settings: AT_ZERO });
    expect(fuzzy.message).toMatch(/does not follow the cut-off.*\(1 such rows\)/);
    expect(
      refused(tableOf(fixture, { cluster: fixture.x.map((v) => (v < 0 ? `a${Math.floor(9 * v)}` : "b")) }), "rd", {
        settings: AT_ZERO,
      }).code,
    ).toBe("ONE_TREATED_CLUSTER");
    const infinite = fixture.x.map((v, i) => (i === 3 ? Number.NEGATIVE_INFINITY : v));
    expect(refused(tableOf({ x: infinite, y: fixture.y }), "rd", { settings: AT_ZERO }).facts.row).toBe(4);
    const smooth = tableOf({ x: fixture.x, y: fixture.x.map((v) => 3 * v) });
    expect(refused(smooth, "rd", { vcov: "hc0", settings: { ...AT_ZERO, h: "0.5" } }).code).toBe("NO_VARIATION");
    const constantInWindow = tableOf(fixture, {
      covariates: { flag: fixture.x.map((v) => Number(Math.abs(v) > 0.5)) },
    });
    expect(refused(constantInWindow, "rd", { settings: { ...AT_ZERO, h: "0.3" } }).code).toBe("COLLINEAR");
  });
});

describe("the nearest-neighbour residual", () => {
  it("takes ties together, here by hand", () => {
    const residuals = neighbourResiduals(Float64Array.of(0, 1, 2, 2, 5), Float64Array.of(10, 20, 30, 50, 0), 1);
    // 0 -> {1}; 1 -> {0, 2, 2}; each 2 -> the other; 5 -> both twos
    const wanted = [
      Math.sqrt(1 / 2) * -10,
      Math.sqrt(3 / 4) * -10,
      Math.sqrt(1 / 2) * -20,
      Math.sqrt(1 / 2) * 20,
      Math.sqrt(2 / 3) * -40,
    ];
    residuals.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? 0, 12);
    });
  });
});

describe("likeness", () => {
  it("is the correlation of consecutive differences on the scale of the rows, here by hand", () => {
    const y = Float64Array.from({ length: 22 }, (_, i) => i % 2);
    // every difference is followed by its opposite: r = -1, rho = -1
    expect(likeness(y, Float64Array.of(1))).toMatchObject({ correlation: -1 });
    const straight = Float64Array.from({ length: 22 }, (_, i) => 3 * i);
    expect(likeness(straight, straight)?.correlation).toBeCloseTo(3, 12);
    expect(likeness(y.subarray(0, 21), Float64Array.of(1))).toBeNull();
  });

  it("calls independent rows alike as rarely as it says", () => {
    let called = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const { normal } = rStream(seed);
      const draw = (): Float64Array => Float64Array.from({ length: 60 }, normal);
      if ((likeness(draw(), draw())?.pValue ?? 1) < 0.05) called++;
    }
    expect(called / 400).toBeLessThan(0.08);
    expect(called / 400).toBeGreaterThan(0.02);
  });
});

describe("crowding", () => {
  it("is the exact sign test of the nearest rows", () => {
    const below = Float64Array.from({ length: 30 }, (_, i) => -0.1 - i);
    const above = Float64Array.from({ length: 10 }, (_, i) => i);
    expect(crowding(below, above)).toMatchObject({ below: 30, above: 10 });
    expectNear(crowding(below, above)?.pValue, 0.00222143377322937, 1e-12);
    expect(crowding(below.subarray(0, 5), above)).toBeNull();
  });
});
