import { describe, expect, it } from "vitest";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { autoregressiveCovariance, plannedPower } from "../../../../src/core/inference/power-plan.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { normalQuantile } from "../../../../src/core/probability/normal.ts";
import { studentTTwoSided } from "../../../../src/core/probability/student-t.ts";
import { answered, expectNear, refused, row } from "./tidy-expectations.ts";

interface Shape {
  readonly units: number;
  readonly steps: number;
  readonly rho: number;
  readonly treated?: { readonly units: number; readonly from: number };
}

function history({ units, steps, rho, treated }: Shape, seed = 1): TidyData {
  const random = randomStream(seed);
  const normal = (): number => normalQuantile(random.next() * 0.999998 + 1e-6);
  const rows = { unit: [] as string[], time: [] as number[], y: [] as number[], d: [] as number[] };
  for (let u = 0; u < units; u++) {
    const level = 10 * normal();
    let e = normal();
    for (let t = 0; t < steps; t++) {
      e = t === 0 ? e : rho * e + Math.sqrt(1 - rho * rho) * normal();
      rows.unit.push(`u${u}`);
      rows.time.push(t);
      rows.y.push(level + 3 * Math.sin(t) + e);
      rows.d.push(Number(treated !== undefined && u < treated.units && t >= treated.from));
    }
  }
  return tidyTable({
    unit: rows.unit,
    time: rows.time,
    outcome: rows.y,
    ...(treated === undefined ? {} : { treatment: rows.d }),
  });
}

describe("power", () => {
  it("is the spread of the units' own changes, here by hand", () => {
    const y = [
      [1, 3, 4, 8],
      [2, 2, 5, 5],
      [0, 4, 1, 9],
      [5, 5, 5, 9],
    ];
    const data = tidyTable({
      unit: y.flatMap((values, u) => values.map(() => `u${u}`)),
      time: y.flatMap((values) => values.map((_, t) => t)),
      outcome: y.flat(),
    });
    const result = answered(data, "power", { settings: { pre: "3" } });
    const changes = y.map(([a = 0, b = 0, c = 0, d = 0]) => d - (a + b + c) / 3);
    const mean = changes.reduce((total, value) => total + value, 0) / 4;
    const sd = Math.sqrt(changes.reduce((total, value) => total + (value - mean) ** 2, 0) / 3);
    const [only] = result.details.outlook as { changeSd: number; stdError: number; dof: number }[];
    expectNear(only?.changeSd, sd);
    expectNear(only?.stdError, sd * Math.sqrt(1 / 2 + 1 / 2));
    expect(only?.dof).toBe(2);
  });

  it("agrees with the formula for autoregressive errors", () => {
    const result = answered(history({ units: 60, steps: 400, rho: 0.7 }), "power", {
      settings: { pre: "48", treated: "15" },
    });
    const formula = (postSteps: number) => {
      const plan = {
        treatedUnits: 15,
        controlUnits: 45,
        preSteps: 48,
        postSteps,
        covariance: autoregressiveCovariance(1, 0.7),
      };
      const found = plannedPower(plan, { alpha: 0.05, power: 0.8 });
      return found.ok ? found.value.minimumDetectableEffect : Number.NaN;
    };
    for (const length of [1, 4, 16, 64]) {
      const found = row(result, `mde-after-${length}`);
      expect(found.estimate / formula(length)).toBeGreaterThan(0.93);
      expect(found.estimate / formula(length)).toBeLessThan(1.07);
      expect(found.confLow).toBeLessThan(formula(length));
      expect(found.confHigh).toBeGreaterThan(formula(length));
    }
  });

  it("says an effect that a difference-in-differences then finds as often as promised", () => {
    const shape = { units: 20, steps: 40, rho: 0.5 };
    const planned = answered(history({ ...shape, steps: 2000 }, 7), "power", { settings: { pre: "20" } });
    const mde = row(planned, "mde-after-16").estimate;
    let found = 0;
    const runs = 600;
    for (let seed = 1; seed <= runs; seed++) {
      const data = history({ ...shape, steps: 36 }, 5000 + seed);
      const changes = Array.from({ length: 20 }, (_, u) => {
        const y = data.outcome.subarray(36 * u, 36 * u + 36);
        const mean = (from: number, to: number): number =>
          y.subarray(from, to).reduce((a, b) => a + b, 0) / (to - from);
        return mean(20, 36) - mean(0, 20) + (u < 10 ? mde : 0);
      });
      const [a, b] = [changes.slice(0, 10), changes.slice(10)];
      const mean = (x: number[]): number => x.reduce((total, value) => total + value, 0) / x.length;
      const squares = (x: number[]): number => x.reduce((total, value) => total + (value - mean(x)) ** 2, 0);
      const error = Math.sqrt(((squares(a) + squares(b)) / 18) * 0.2);
      if (studentTTwoSided((mean(a) - mean(b)) / error, 18) < 0.05) found++;
    }
    expect(found / runs).toBeGreaterThan(0.75);
    expect(found / runs).toBeLessThan(0.85);
  });

  it("plans for an effect: its power, and the units it needs", () => {
    const data = history({ units: 20, steps: 60, rho: 0.3 });
    const result = answered(data, "power", { settings: { pre: "20", effect: "0.05" } });
    const outlook = result.details.outlook as {
      postSteps: number;
      powerAtEffect: number;
      treatedUnitsNeeded: number;
    }[];
    expect(result.notes.join(" ")).toContain("No length in the table finds an effect of 0.05");
    for (const one of outlook) {
      expect(one.powerAtEffect).toBeLessThan(0.8);
      expect(one.treatedUnitsNeeded).toBeGreaterThan(10);
    }
  });

  it("reads only what came before the treatment, and takes its number of treated units", () => {
    const whole = history({ units: 12, steps: 30, rho: 0, treated: { units: 3, from: 24 } });
    const result = answered(whole, "power");
    expect(result.details).toMatchObject({ treatedUnits: 3, controlUnits: 9, pre: 12 });
    const before = answered(history({ units: 12, steps: 24, rho: 0 }), "power", { settings: { treated: "3" } });
    expect(before.coefficients.length).toBe(result.coefficients.length);
    const poisoned = { ...whole, outcome: whole.outcome.map((v, i) => ((whole.time?.[i] ?? 0) >= 24 ? 1e6 * i : v)) };
    expect(answered(poisoned, "power").coefficients).toEqual(result.coefficients);
  });

  it("refuses what leaves no plan", () => {
    expect(refused(history({ units: 3, steps: 20, rho: 0 }), "power").code).toBe("TOO_FEW_UNITS");
    const data = history({ units: 8, steps: 20, rho: 0 });
    expect(refused(data, "power", { settings: { pre: "20" } }).code).toBe("TOO_FEW_PERIODS");
    expect(refused(data, "power", { settings: { treated: "8" } }).code).toBe("NO_CONTROL_UNITS");
    const gone = { ...data, outcome: data.outcome.map((v, i) => (i % 20 === 9 ? Number.NaN : v)) };
    expect(refused(gone, "power", { settings: { pre: "10" } }).code).toBe("TIME_GAPS");
    const parallel = { ...data, outcome: data.outcome.map((_, i) => (i % 20) ** 2) };
    expect(refused(parallel, "power").code).toBe("NO_VARIATION");
  });
});
