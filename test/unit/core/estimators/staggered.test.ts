import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { EstimateChoice } from "../../../../src/app/estimate-options.ts";
import type { EstimateResult, TidyData } from "../../../../src/core/estimators/contract.ts";
import { type TidyColumns, tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import type { Refusal } from "../../../../src/core/outcome.ts";

/** Units with their first treated period (0: never) and their outcomes from period 1 on. */
type Units = Readonly<Record<string, readonly [first: number, ...outcomes: number[]]>>;

function columnsOf(units: Units): TidyColumns & { readonly unit: readonly string[]; readonly time: number[] } {
  const rows = Object.entries(units).flatMap(([unit, [first, ...outcomes]]) =>
    outcomes.map((outcome, k) => ({ unit, first, outcome, time: k + 1 })),
  );
  return {
    unit: rows.map((row) => row.unit),
    time: rows.map((row) => row.time),
    firstTreated: rows.map((row) => row.first),
    outcome: rows.map((row) => row.outcome),
  };
}

function tableOf(units: Units, more: Partial<TidyColumns> = {}): TidyData {
  return tidyTable({ ...columnsOf(units), ...more });
}

function answered(data: TidyData, id: string, choice: EstimateChoice = {}): EstimateResult {
  const outcome = estimate(data, id, choice);
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

function refused(data: TidyData, id: string, choice: EstimateChoice = {}): Refusal {
  const outcome = estimate(data, id, choice);
  if (outcome.ok) throw new Error("was answered");
  return outcome.refusal;
}

function rowOf(result: EstimateResult, term: string) {
  const row = result.coefficients.find((one) => one.term === term);
  if (row === undefined) throw new Error(`no term ${term}: ${result.coefficients.map((one) => one.term).join(" ")}`);
  return row;
}

const FOUR: Units = { a: [3, 1, 2, 8], b: [3, 3, 3, 7], c: [0, 5, 4, 6], d: [0, 2, 5, 5] };

const PANEL_ESTIMATORS = ["callaway-santanna", "sun-abraham", "imputation", "goodman-bacon"];
const ALL = [...PANEL_ESTIMATORS, "doubly-robust"];

/** Two periods for the two-period estimator, all for the others. */
function fitting(id: string, units: Units): Units {
  if (id !== "doubly-robust") return units;
  return Object.fromEntries(
    Object.entries(units).map(([name, [first, ...y]]) => [name, [first === 0 ? 0 : 2, ...y.slice(1)]]),
  ) as Units;
}

describe("numbers by hand", () => {
  it("group-time effects are differences of mean changes", () => {
    const result = answered(tableOf(FOUR), "callaway-santanna", { settings: { aggregate: "cells" } });
    // changes 2 -> 3: treated 6 and 4, controls 2 and 0; deviations of 1 each, so that the error is sqrt(4 / 2^2) = 1
    expect(rowOf(result, "att(3,3)")).toMatchObject({ estimate: 4, stdError: 1 });
    // changes 1 -> 2: treated 1 and 0, controls -1 and 3
    expect(rowOf(result, "att(3,2)").estimate).toBeCloseTo(-0.5, 12);
    expect(rowOf(result, "att(3,2)").stdError).toBeCloseTo(Math.sqrt((2 * 0.5 ** 2 + 2 * 2 ** 2) / 4), 12);
  });

  it("imputation compares with unit levels and common changes before", () => {
    const result = answered(tableOf(FOUR), "imputation", { settings: { aggregate: "att" } });
    // treated change from their mean before: 6.5 and 4; controls' change 3 from the mean before: 1.5 and 1.5
    expect(rowOf(result, "att").estimate).toBeCloseTo(5.25 - 1.5, 12);
  });

  it("two periods: every doubly robust method is the difference of mean changes", () => {
    for (const method of ["dr", "improved", "reg", "std-ipw", "ipw"]) {
      const result = answered(tableOf(fitting("doubly-robust", FOUR)), "doubly-robust", { settings: { method } });
      expect(rowOf(result, "att").estimate).toBeCloseTo(4, 12);
      expect(rowOf(result, "att").stdError).toBeCloseTo(1, 12);
    }
  });

  it("the decomposition names its comparisons and weighs them as the theorem says", () => {
    const units: Units = { a: [2, 0, 1, 1, 1], b: [4, 0, 0, 0, 2], c: [0, 0, 0, 0, 0] };
    const found = answered(tableOf(units), "goodman-bacon", { vcov: "hc1" });
    const parts = found.details.components as {
      treated: number;
      untreated: number | null;
      weight: number;
      estimate: number;
    }[];
    // n_k n_l are equal; D = 3/4 and 1/4: 3/16, 1/8 (early as treated), 3/16, 1/8 (late, against the treated)
    const weights = Object.fromEntries(parts.map((part) => [`${part.treated} ${part.untreated}`, part.weight]));
    expect(weights["2 null"]).toBeCloseTo(0.3, 12);
    expect(weights["2 4"]).toBeCloseTo(0.2, 12);
    expect(weights["4 null"]).toBeCloseTo(0.3, 12);
    expect(weights["4 2"]).toBeCloseTo(0.2, 12);
    expect(found.details.sum).toBeCloseTo(0.3 * 1 + 0.2 * 1 + 0.3 * 2 + 0.2 * 2, 12);
    expect(found.notes.join(" ")).toContain(
      "20.0 % of the estimate compares units with others that are already treated",
    );
  });

  it("with one unit per cohort the event study's cells are exact and have no error", () => {
    const units: Units = { a: [3, 0, 0, 5], b: [2, 0, 4, 4], c: [0, 1, 1, 1], d: [0, 2, 2, 2], e: [3, 1, 1, 7] };
    const result = answered(tableOf(units), "sun-abraham", { settings: { aggregate: "cells" } });
    expect(rowOf(result, "e=0,cohort=3").estimate).toBeCloseTo(5.5, 12);
    expect(rowOf(result, "e=1,cohort=2").estimate).toBeCloseTo(4, 12);
    expect(rowOf(result, "e=1,cohort=2").stdError).toBeNaN();
    expect(result.notes.join(" ")).toContain("first treated in 2 are one cluster");
  });

  it("covariates of the doubly robust estimator are those before the treatment", () => {
    const units: Units = {
      a: [2, 1, 4],
      b: [2, 2, 6],
      c: [2, 4, 7],
      d: [0, 1, 2],
      e: [0, 3, 5],
      f: [0, 2, 2],
      g: [0, 5, 8],
    };
    const before: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, d: 1, e: 3, f: 2, g: 4 };
    const { unit, time } = columnsOf(units);
    const covariate = (after: number) => unit.map((name, i) => (time[i] === 1 ? (before[name] ?? 0) : after * i));
    const of = (after: number): number =>
      rowOf(
        answered(tableOf(units, { covariates: { x: covariate(after) } }), "doubly-robust", {
          settings: { method: "reg" },
        }),
        "att",
      ).estimate;
    expect(of(100)).toBe(of(0));
    // controls' changes 1, 2, 0, 3 on 1, 3, 2, 4: slope 0.8, so 0.7 + 0.8 (x - 1.5) ... at the treated mean of 2: 1.1
    expect(of(0)).toBeCloseTo(10 / 3 - 1.1, 12);
  });
});

describe.each(ALL)("%s refuses", (id) => {
  const units = fitting(id, FOUR);

  it("two rows for a unit and period", () => {
    const doubled = tableOf({ ...units }, {});
    const twice = { ...doubled, unit: doubled.unit?.map((name) => (name === "d" ? "c" : name)) ?? null };
    const refusal = refused(twice, id);
    expect(refusal.code).toBe("DUPLICATE_ROWS");
    expect(refusal.message).toContain("unit c, period 1");
  });

  it("an infinite number", () => {
    const outcome = Float64Array.from(columnsOf(units).outcome);
    outcome[1] = Number.POSITIVE_INFINITY;
    const refusal = refused(tableOf(units, { outcome }), id);
    expect([refusal.code, refusal.message]).toEqual(["NOT_FINITE", expect.stringMatching(/outcome.*unit a, period 2/)]);
  });

  it("a first treated period that changes within a unit", () => {
    const firstTreated = Float64Array.from(columnsOf(units).firstTreated ?? []);
    firstTreated[1] = 1;
    const refusal = refused(tableOf(units, { firstTreated }), id);
    expect([refusal.code, refusal.message]).toEqual(["TREATMENT_REVERSED", expect.stringContaining("unit a")]);
  });

  it("a treatment that switches off", () => {
    const { firstTreated: _, ...rest } = columnsOf({ ...units, a: [0, 1, 2, 8].slice(0, units.a?.length) as never });
    const treatment = rest.unit.map((name, i) => Number(name === "a" && rest.time[i] === 1));
    const refusal = refused(tidyTable({ ...rest, treatment }), id);
    expect([refusal.code, refusal.message]).toEqual([
      "TREATMENT_REVERSED",
      expect.stringContaining("unit a, period 2"),
    ]);
  });

  it("nobody treated", () => {
    const never = Object.fromEntries(Object.entries(units).map(([name, [, ...y]]) => [name, [0, ...y]])) as Units;
    expect(refused(tableOf(never), id).code).toBe("NO_TREATED_UNITS");
  });

  it("everybody treated in the same period", () => {
    const all = Object.fromEntries(Object.entries(units).map(([name, [, ...y]]) => [name, [2, ...y]])) as Units;
    expect(refused(tableOf(all), id).code).toBe("NO_CONTROL_UNITS");
  });

  it("one treated unit", () => {
    const one = { ...units, b: [0, ...(units.b ?? []).slice(1)] } as Units;
    expect(refused(tableOf(one), id).code).toBe("ONE_TREATED_CLUSTER");
  });
});

describe.each(ALL.filter((id) => id !== "goodman-bacon"))("%s refuses", (id) => {
  const units = fitting(id, FOUR);

  it("a negative weight", () => {
    const weights = columnsOf(units).unit.map((name) => (name === "c" ? -1 : 1));
    const refusal = refused(tableOf(units, { weights }), id);
    expect([refusal.code, refusal.message]).toEqual(["NEGATIVE_WEIGHTS", expect.stringContaining("unit c, period 1")]);
  });

  it("a covariate that is a unit effect or constant, by name", () => {
    const zone = columnsOf(units).unit.map(() => 3);
    const refusal = refused(tableOf(units, { covariates: { zone } }), id);
    expect([refusal.code, refusal.message]).toEqual(["COLLINEAR", expect.stringContaining("zone")]);
  });
});

describe("balanced panels", () => {
  const holes = (): TidyData => {
    const table = tableOf({ ...FOUR, e: [3, 2, 2, 9] });
    const outcome = Float64Array.from(table.outcome);
    outcome[4] = Number.NaN;
    return { ...table, outcome };
  };

  it.each(["callaway-santanna", "goodman-bacon"])("%s names the unit and period that is missing, or drops it", (id) => {
    const refusal = refused(holes(), id);
    expect([refusal.code, refusal.message]).toEqual([
      "TIME_GAPS",
      expect.stringContaining("Unit b has no usable row in period 2"),
    ]);
    const result = answered(holes(), id, { settings: { gaps: "drop" } });
    expect(result.nobs).toBe(12);
    expect(result.notes.join(" ")).toContain("1 unit with missing periods");
  });

  it.each(["sun-abraham", "imputation"])("%s uses the rows that are there", (id) => {
    expect(answered(holes(), id).nobs).toBe(14);
  });
});

describe("groups without what they need", () => {
  const always: Units = { ...FOUR, old: [1, 5, 6, 7] };

  it.each(["callaway-santanna", "sun-abraham", "imputation"])("%s leaves out units treated from the start", (id) => {
    const wanted = answered(tableOf(FOUR), id);
    const found = answered(tableOf(always), id);
    expect(found.coefficients.map(({ estimate: att }) => att)).toEqual(
      wanted.coefficients.map(({ estimate: att }) => expect.closeTo(att, 12)),
    );
    expect(found.notes.join(" ")).toMatch(/left out/);
  });

  it("without never treated units asks for the not yet treated, and uses them", () => {
    const units: Units = { a: [2, 1, 5, 5, 5], b: [2, 2, 5, 7, 7], c: [4, 1, 2, 2, 9], d: [4, 2, 2, 4, 9] };
    for (const id of ["callaway-santanna", "sun-abraham"]) {
      expect(refused(tableOf(units), id).code).toBe("NO_CONTROL_UNITS");
      expect(answered(tableOf(units), id, { control: "notyet" }).coefficients.length).toBeGreaterThan(1);
    }
    const refusal = refused(tableOf(units), "imputation");
    expect([refusal.code, refusal.message]).toEqual([
      "NO_CONTROL_UNITS",
      expect.stringContaining("In period 4 every unit"),
    ]);
  });

  it("all treated from the first period on", () => {
    const units: Units = { a: [1, 1, 2], b: [1, 2, 3], c: [0, 1, 1], d: [0, 2, 2] };
    for (const id of ["callaway-santanna", "sun-abraham", "imputation"]) {
      expect(refused(tableOf(units), id).code).toBe("NO_PRE_DATA");
    }
  });

  it("an imputation across a gap that no unit bridges", () => {
    // c and d are seen in period 1 only, e and f from period 3 on
    const table = tableOf({ a: [3, 1, 2, 3], b: [3, 1, 2, 3], e: [0, 1, 2, 3], f: [0, 2, 2, 4] });
    const bridged = (i: number): boolean => !["e", "f"].includes(table.unit?.[i] ?? "") || table.time?.[i] === 3;
    const outcome = table.outcome.map((value, i) => (bridged(i) ? value : Number.NaN));
    const refusal = refused({ ...table, outcome }, "imputation");
    expect([refusal.code, refusal.message]).toEqual(["NOT_ESTIMABLE", expect.stringContaining("unit a with period 3")]);
  });

  it("more than two periods for two-period estimators, and a reference after the treatment", () => {
    expect(refused(tableOf(FOUR), "doubly-robust").message).toContain("compares two periods, the table has 3");
    expect(refused(tableOf(FOUR), "sun-abraham", { ref: 0 }).code).toBe("NOT_ESTIMABLE");
  });

  it("an anticipation that leaves no period before", () => {
    const refusal = refused(tableOf(FOUR), "callaway-santanna", { settings: { anticipation: "2" } });
    expect(refusal.code).toBe("NO_PRE_DATA");
  });
});

describe("the decomposition is the two-way coefficient", () => {
  const old: Units = { old: [1, 4, 7, 7, 1], a: [2, 1, 5, 5, 6], b: [3, 2, 5, 7, 7], c: [4, 1, 2, 2, 9] };

  it.each<[string, Units]>([
    ["with units treated from the start", { ...old, never: [0, 2, 2, 4, 3] }],
    ["without a unit that is never treated", old],
  ])("%s", (_, units) => {
    const found = answered(tableOf(units), "goodman-bacon", { vcov: "iid" });
    expect(found.details.sum).toBeCloseTo(found.coefficients[0]?.estimate ?? Number.NaN, 10);
    const types = (found.details.byType as { type: string; weight: number }[]).map(({ type }) => type);
    expect(types).toContain("Later vs Always Treated");
  });

  it("refuses what it would not be exact with", () => {
    const covariates = { x: columnsOf(FOUR).unit.map((_, i) => i % 5) };
    expect(refused(tableOf(FOUR, { covariates }), "goodman-bacon").message).toContain("only without covariates");
  });
});
