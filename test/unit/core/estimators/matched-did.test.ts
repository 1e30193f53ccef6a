import { describe, expect, it } from "vitest";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { normalQuantile } from "../../../../src/core/probability/normal.ts";
import { number, object } from "../../../reference/runners/json.ts";
import { answered, expectNear, oracle, refused, row } from "./tidy-expectations.ts";

const { expected, table } = oracle("matched-did");
const file = table("panel.csv");

function panel(covariates: readonly string[], rounded = false): TidyData {
  const column = (name: string): Float64Array => {
    const values = file.numeric(name);
    // as R rounds: a half goes to the even number
    return rounded && name === "z"
      ? values.map((v) => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v)))
      : values;
  };
  return tidyTable({
    unit: file.text("unit"),
    time: file.numeric("time"),
    outcome: file.numeric("y"),
    treatment: file.numeric("treat"),
    covariates: Object.fromEntries(covariates.map((name) => [name, column(name)])),
  });
}

describe("matched-did against Matching", () => {
  const cases: readonly (readonly [string, TidyData, Record<string, string>])[] = [
    ["inverse1", panel(["x", "z"]), { metric: "inverse-variance" }],
    ["inverse3", panel(["x", "z"]), { metric: "inverse-variance", neighbours: "3" }],
    ["mahalanobis2", panel(["x", "z"]), { metric: "mahalanobis", neighbours: "2" }],
    ["propensity1", panel(["x", "z"]), {}],
    ["propensity4", panel(["x", "z"]), { neighbours: "4" }],
    ["caliper", panel(["x", "z"]), { metric: "inverse-variance", caliper: "0.4" }],
    ["ties", panel(["k", "z"], true), { metric: "inverse-variance" }],
  ];

  it.each(cases)("%s", (name, data, settings) => {
    const wanted = object(expected[name]);
    const result = answered(data, "matched-did", { settings });
    expectNear(row(result, "att").estimate, number(wanted.att));
    const byHand = expected[`${name}ByHand`];
    expectNear(row(result, "att").stdError, number(byHand === undefined ? wanted.se : object(byHand).se));
    expect(result.details.treatedUnits).toBe(number(wanted.treated));
  });

  it("shows the balance before and after", () => {
    const wanted = object(expected.balance);
    const result = answered(panel(["x", "z"]), "matched-did", { settings: { metric: "inverse-variance" } });
    const [x] = result.details.balance as Record<string, number>[];
    expectNear(x?.differenceBefore, number(wanted.before));
    expectNear(x?.differenceAfter, number(wanted.after));
    expectNear(x?.varianceRatioBefore, number(wanted.varianceRatio));
  });
});

/** Two covariates that move both the chance of treatment and the trend; no hidden trend, effect 1. */
function drawn(seed: number, units: number, more: { readonly effect?: number } = {}): TidyData {
  const random = randomStream(seed);
  const normal = (): number => normalQuantile(random.next() * 0.999998 + 1e-6);
  const columns = {
    unit: [] as string[],
    time: [] as number[],
    y: [] as number[],
    d: [] as number[],
    x: [] as number[],
    z: [] as number[],
  };
  for (let u = 0; u < units; u++) {
    const [x, z, level] = [normal(), normal(), normal()];
    const treated = random.next() < 1 / (1 + Math.exp(1.2 - 0.6 * x - 0.4 * z));
    for (const time of [0, 1]) {
      columns.unit.push(`u${String(u).padStart(4, "0")}`);
      columns.time.push(time);
      columns.x.push(x);
      columns.z.push(z);
      columns.d.push(Number(treated && time === 1));
      columns.y.push(level + time * (x + 0.5 * z + (treated ? (more.effect ?? 1) : 0)) + 0.5 * normal());
    }
  }
  return tidyTable({
    unit: columns.unit,
    time: columns.time,
    outcome: columns.y,
    treatment: columns.d,
    covariates: { x: columns.x, z: columns.z },
  });
}

describe("matched-did", () => {
  it("does not see the order of rows, the units of a covariate or a common path", () => {
    const data = drawn(3, 80);
    const order = Array.from({ length: data.rows }, (_, i) => (i * 37) % data.rows);
    const other = tidyTable({
      unit: order.map((i) => data.unit?.[i] ?? ""),
      time: order.map((i) => data.time?.[i] ?? 0),
      outcome: order.map((i) => -3 * ((data.outcome[i] ?? 0) + 11 * (data.time?.[i] ?? 0))),
      treatment: order.map((i) => data.treatment?.[i] ?? 0),
      covariates: Object.fromEntries(
        data.covariates.map(({ name, values }) => [name, order.map((i) => 1000 * (values[i] ?? 0) - 5)]),
      ),
    });
    for (const settings of [
      { metric: "propensity" },
      { metric: "mahalanobis", neighbours: "2" },
      { metric: "inverse-variance", replace: "no" },
    ] as Record<string, string>[]) {
      const [one, two] = [data, other].map((table) => row(answered(table, "matched-did", { settings }), "att"));
      expectNear(two?.estimate, -3 * (one?.estimate ?? 0), 1e-7);
      expectNear(two?.stdError, 3 * (one?.stdError ?? 0), 1e-6);
    }
  });

  it("gives each pair its own controls without replacement, with the error of the pairs' differences", () => {
    const data = drawn(8, 60);
    const result = answered(data, "matched-did", { settings: { metric: "mahalanobis", replace: "no" } });
    const matches = result.details.matches as { unit: string; controls: string[] }[];
    const used = matches.flatMap(({ controls }) => controls);
    expect(new Set(used).size).toBe(used.length);
    expect(used.length).toBe(result.details.treatedUnits);
    const change = new Map<string, number>();
    data.unit?.forEach((unit, i) => {
      change.set(unit, (change.get(unit) ?? 0) + (data.time?.[i] === 1 ? 1 : -1) * (data.outcome[i] ?? 0));
    });
    const d = matches.map(({ unit, controls }) => (change.get(unit) ?? 0) - (change.get(controls[0] ?? "") ?? 0));
    const mean = d.reduce((total, value) => total + value, 0) / d.length;
    const sd = Math.sqrt(d.reduce((total, value) => total + (value - mean) ** 2, 0) / (d.length - 1));
    expectNear(row(result, "att").estimate, mean);
    expectNear(row(result, "att").stdError, sd / Math.sqrt(d.length));
    expect(row(result, "att").dof).toBe(d.length - 1);
    expect(result.inference).toBe("matched-pairs");
  });

  it("finds a planted effect exactly where units with equal covariates are equal", () => {
    const units = Array.from({ length: 24 }, (_, u) => ({ name: `u${u}`, x: u % 6, treated: u <= 6 }));
    const rows = units.flatMap((unit) => [0, 1].map((time) => ({ ...unit, time })));
    const data = tidyTable({
      unit: rows.map(({ name }) => name),
      time: rows.map(({ time }) => time),
      treatment: rows.map(({ treated, time }) => Number(treated && time === 1)),
      outcome: rows.map(({ x, time, treated }) => x ** 2 * time + (treated && time === 1 ? 4 + x : 0)),
      covariates: { x: rows.map(({ x }) => x) },
    });
    const result = answered(data, "matched-did", { settings: { metric: "inverse-variance" } });
    expectNear(row(result, "att").estimate, 4 + 15 / 7, 1e-12);
  });

  it("refuses what has no counterpart, by name", () => {
    const data = drawn(1, 40);
    expect(refused({ ...data, covariates: [] }, "matched-did").message).toContain("nothing to match on");
    const separate = data.treatment?.map((_, i) =>
      Number((data.covariates[0]?.values[i] ?? 0) > 0 && data.time?.[i] === 1),
    );
    const certain = refused({ ...data, treatment: separate ?? null }, "matched-did");
    expect(certain.code).toBe("NO_OVERLAP");
    expect(certain.message).toMatch(/unit u00\d\d/);
    const narrow = refused(data, "matched-did", { settings: { metric: "mahalanobis", caliper: "0.000001" } });
    expect(narrow.message).toMatch(/caliper of 0.000001.*u00/);
    const crossed = refused(data, "matched-did", { vcov: "matched-pairs" });
    expect(crossed.hint).toContain("--set replace=no");
    const copy = { name: "w", values: data.covariates[0]?.values.map((v) => 2 * v) ?? new Float64Array(0) };
    const collinear = refused({ ...data, covariates: [...data.covariates, copy] }, "matched-did", {
      settings: { metric: "mahalanobis" },
    });
    expect(collinear.code).toBe("COLLINEAR");
    const many = refused(data, "matched-did", { settings: { replace: "no", neighbours: "9" } });
    expect(many.code).toBe("TOO_FEW_UNITS");
    const single = data.treatment?.map((_, i) => Number(data.unit?.[i] === "u0003" && data.time?.[i] === 1));
    expect(refused({ ...data, treatment: single ?? null }, "matched-did").code).toBe("TOO_FEW_UNITS");
  });

  it("names treated units outside the caliper and covariates that stay unbalanced", () => {
    const result = answered(drawn(5, 60), "matched-did", { settings: { metric: "mahalanobis", caliper: "0.3" } });
    expect(result.notes.join(" ")).toMatch(/Without a counterpart within the caliper.*u00\d\d/);
    const few = answered(drawn(14, 24), "matched-did", { settings: { replace: "no" } });
    expect(few.notes.join(" ")).toMatch(/Still unbalanced after matching/);
  });

  it("has an error that fits the scatter of its estimates", () => {
    const runs = 150;
    const found = Array.from({ length: runs }, (_, k) =>
      row(answered(drawn(100 + k, 200), "matched-did", { settings: { score: "estimated" } }), "att"),
    );
    const mean = found.reduce((total, one) => total + one.estimate, 0) / runs;
    const sd = Math.sqrt(found.reduce((total, one) => total + (one.estimate - mean) ** 2, 0) / (runs - 1));
    const claimed = Math.sqrt(found.reduce((total, one) => total + one.stdError ** 2, 0) / runs);
    expect(claimed / sd).toBeGreaterThan(0.8);
    expect(claimed / sd).toBeLessThan(1.25);
    expect(Math.abs(mean - 1)).toBeLessThan(0.1);
  });
});
