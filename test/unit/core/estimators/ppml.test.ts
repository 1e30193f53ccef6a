import { describe, expect, test } from "vitest";
import type { EstimateOptions, TidyData } from "../../../../src/core/estimators/contract.ts";
import { ppml } from "../../../../src/core/estimators/ppml.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";

const OPTIONS: EstimateOptions = { vcov: null, ref: -1, control: "never", alpha: 0.05, seed: 1, settings: {} };

interface Cell {
  readonly unit: string;
  readonly time: number;
  readonly y: number;
  readonly d: number;
}

/** Four units, four periods, treatment of a and b from period 3 on; rates are products of a unit and a period factor. */
function cells(effect: number): Cell[] {
  const level = { a: 3, b: 5, c: 2, e: 7 };
  return Object.entries(level).flatMap(([unit, size]) =>
    [1, 2, 3, 4].map((time) => {
      const d = time >= 3 && (unit === "a" || unit === "b") ? 1 : 0;
      return { unit, time, d, y: size * (1 + time / 4) * (d === 1 ? effect : 1) };
    }),
  );
}

function table(rows: readonly Cell[], extra: Record<string, readonly number[]> = {}): TidyData {
  return tidyTable({
    outcome: rows.map((row) => row.y),
    unit: rows.map((row) => row.unit),
    time: rows.map((row) => row.time),
    treatment: rows.map((row) => row.d),
    numbers: extra,
  });
}

function codeOf(data: TidyData, options: Partial<EstimateOptions> = {}): string {
  const outcome = ppml.estimate(data, { ...OPTIONS, ...options });
  return outcome.ok ? "answer" : outcome.refusal.code;
}

describe("ppml", () => {
  test("gives back a planted ratio", () => {
    const outcome = ppml.estimate(table(cells(1.7)), { ...OPTIONS, vcov: "iid" });
    expect(outcome.ok && outcome.value.coefficients[0]?.estimate).toBeCloseTo(Math.log(1.7), 9);
  });

  test("an exposure turns counts into rates", () => {
    const exposure = cells(1).map((_, i) => 10 + ((i * 7) % 5));
    const counts = cells(1.7).map((cell, i) => ({ ...cell, y: cell.y * (exposure[i] ?? 1) }));
    const outcome = ppml.estimate(table(counts, { requests: exposure }), {
      ...OPTIONS,
      vcov: "iid",
      settings: { exposure: "requests" },
    });
    expect(outcome.ok && outcome.value.coefficients[0]?.estimate).toBeCloseTo(Math.log(1.7), 9);
  });

  test("a unit without any event changes nothing and is counted", () => {
    const zero = [1, 2, 3, 4].map((time) => ({ unit: "z", time, d: 0, y: 0 }));
    const outcome = ppml.estimate(table([...cells(1.7), ...zero]), { ...OPTIONS, vcov: "iid" });
    expect(outcome.ok && outcome.value.coefficients[0]?.estimate).toBeCloseTo(Math.log(1.7), 9);
    expect(outcome.ok && outcome.value.notes.join(" ")).toContain("4 rows left out");
  });

  test("refuses what has no answer", () => {
    expect(codeOf(table(cells(0)))).toBe("NOT_ESTIMABLE");
    expect(codeOf(table(cells(1.7).map((cell, i) => (i === 3 ? { ...cell, y: -1 } : cell))))).toBe("NOT_ESTIMABLE");
    expect(codeOf(table(cells(1.7).map((cell) => ({ ...cell, y: 0 }))))).toBe("NO_VARIATION");
    expect(codeOf(table([...cells(1.7), ...cells(1.7).slice(0, 1)]))).toBe("DUPLICATE_ROWS");
    expect(codeOf(table(cells(1.7).map((cell) => ({ ...cell, d: 0 }))))).toBe("NO_TREATED_UNITS");
    expect(codeOf(table(cells(1.7).map((cell) => ({ ...cell, d: 1 }))))).toBe("NO_CONTROL_UNITS");
    const one = cells(1.7).map((cell) => (cell.unit === "b" ? { ...cell, d: 0 } : cell));
    expect(codeOf(table(one))).toBe("ONE_TREATED_CLUSTER");
    const counts = cells(1.7).map((_, i) => (i === 0 ? 0 : 1));
    expect(codeOf(table(cells(1.7), { requests: counts }), { settings: { exposure: "requests" } })).toBe(
      "NOT_ESTIMABLE",
    );
  });

  test("a certain absence of events names its place", () => {
    const outcome = ppml.estimate(table(cells(0)), OPTIONS);
    expect(outcome.ok ? "" : outcome.refusal.message).toMatch(/unit [ab], period [34]/);
  });
});
