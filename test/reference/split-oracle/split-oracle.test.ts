import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../src/app/estimate.ts";
import type { EstimateChoice } from "../../../src/app/estimate-options.ts";
import type { EstimateResult, TidyData } from "../../../src/core/estimators/contract.ts";
import { trafficSampleRatio, unitSampleRatio } from "../../../src/core/estimators/split/sample-ratio.ts";
import { tidyTable } from "../../../src/core/estimators/tidy-table.ts";

/** Same numbers by full matrices, scipy's tests and enumeration in Python: make.py. */
interface Numbers {
  readonly estimate: number;
  readonly stdError?: number;
  readonly dof?: number;
  readonly pValue?: number;
  readonly confLow?: number;
  readonly confHigh?: number;
  readonly bySums?: number;
  readonly byTheta?: number;
  readonly bySides?: number;
  readonly theta?: readonly number[];
}
interface Cases {
  readonly rows: readonly (readonly [string, number, number, number])[];
  readonly units: readonly { unit: string; treated: number; zone: string; rack: string; x1: number; x2: number }[];
  readonly expected: Record<string, Numbers> & {
    permutation: { pValue: number; assignments: number };
    sampleRatio: { chiSquare: readonly [number, number]; binomial: number };
    traffic: { share: number; seen: number; statistic: number; dof: number; pValue: number };
  };
}
const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8")) as Cases;
const { expected } = cases;

interface Use {
  readonly weights?: boolean;
  readonly covariates?: readonly ("x1" | "x2")[];
  readonly cluster?: boolean;
}

function table({ weights, covariates = [], cluster }: Use): TidyData {
  const of = new Map(cases.units.map((one) => [one.unit, one]));
  const pick = <T>(read: (one: Cases["units"][number]) => T): T[] =>
    cases.rows.map(([unit]) => {
      const found = of.get(unit);
      if (found === undefined) throw new Error(unit);
      return read(found);
    });
  return tidyTable({
    unit: cases.rows.map(([unit]) => unit),
    time: cases.rows.map(([, time]) => time),
    outcome: cases.rows.map(([, , value]) => value),
    treatment: pick(({ treated }) => treated),
    ...(weights ? { weights: cases.rows.map(([, , , weight]) => weight) } : {}),
    covariates: Object.fromEntries(covariates.map((name) => [name, pick((one) => one[name])])),
    ...(cluster ? { cluster: pick(({ rack }) => rack) } : {}),
    texts: { zone: pick(({ zone }) => zone) },
  });
}

function run(use: Use, choice: EstimateChoice = {}): EstimateResult {
  const outcome = estimate(table(use), "split", choice);
  if (!outcome.ok) throw new Error(`${outcome.refusal.code} ${outcome.refusal.message}`);
  return outcome.value;
}

/** Relative to the wanted number. */
const TOLERANCE = 1e-9;

function expectNumbers(result: EstimateResult, wanted: Numbers): void {
  const [row] = result.coefficients;
  for (const key of ["estimate", "stdError", "dof", "pValue", "confLow", "confHigh"] as const) {
    const target = wanted[key];
    if (target !== undefined) expect(Math.abs((row?.[key] ?? 0) / target - 1)).toBeLessThan(TOLERANCE);
  }
  for (const other of [wanted.bySums, wanted.byTheta, wanted.bySides]) {
    if (other !== undefined) expect(Math.abs((row?.estimate ?? 0) / other - 1)).toBeLessThan(TOLERANCE);
  }
}

const BOTH = ["x1", "x2"] as const;

describe("split against full matrices", () => {
  it.each<[string, Use, EstimateChoice]>([
    ["plain", {}, {}],
    ["welch", {}, { vcov: "welch" }],
    ["ratio", { weights: true }, {}],
    ["ratioWelch", { weights: true }, { vcov: "welch" }],
    ["cuped", { covariates: BOTH }, {}],
    ["lin", { covariates: BOTH }, { settings: { adjust: "lin" } }],
    ["linTreated", { covariates: BOTH }, { settings: { adjust: "lin", average: "treated" } }],
    ["strata", {}, { settings: { strata: "zone" } }],
    ["strataTreated", {}, { settings: { strata: "zone", average: "treated" } }],
    ["clustered", { cluster: true }, {}],
    ["clusteredRatio", { cluster: true, weights: true, covariates: ["x1"] }, {}],
    ["ratioCuped", { weights: true, covariates: BOTH }, {}],
  ])("%s", (name, use, choice) => {
    const wanted = expected[name];
    if (wanted === undefined) throw new Error(name);
    const result = run(use, choice);
    expectNumbers(result, wanted);
    const theta = Object.values(result.details.theta as Record<string, number>);
    for (const [i, value] of (wanted.theta ?? []).entries()) expect(theta[i]).toBeCloseTo(value, 10);
  });

  it("enumerates every assignment", () => {
    const result = run({}, { vcov: "permutation" });
    expect(result.coefficients[0]?.pValue).toBeCloseTo(expected.permutation.pValue, 12);
    expect(result.details.permutation).toMatchObject({ assignments: expected.permutation.assignments, exact: true });
  });

  it("tests the planned share", () => {
    const [statistic, p] = expected.sampleRatio.chiSquare;
    expect(unitSampleRatio(60, 940, 0.1).statistic).toBeCloseTo(statistic, 10);
    expect(unitSampleRatio(60, 940, 0.1).pValue / p).toBeCloseTo(1, 9);
    expect(unitSampleRatio(6, 8, 0.1)).toMatchObject({ method: "binomial" });
    expect(unitSampleRatio(6, 8, 0.1).pValue).toBeCloseTo(expected.sampleRatio.binomial, 12);
    const units = run({ weights: true }).details.units as { treated: boolean; weight: number }[];
    const side = (wanted: boolean): Float64Array =>
      Float64Array.from(
        units.filter(({ treated }) => treated === wanted),
        ({ weight }) => weight,
      );
    const found = trafficSampleRatio(side(true), side(false), expected.traffic.share);
    const { seen, statistic: square, dof, pValue } = expected.traffic;
    expect(found?.seen).toBeCloseTo(seen, 12);
    expect(found?.statistic).toBeCloseTo(square, 9);
    expect(found?.dof).toBeCloseTo(dof, 9);
    expect(found?.pValue).toBeCloseTo(pValue, 11);
  });
});
