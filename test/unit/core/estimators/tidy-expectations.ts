import { join } from "node:path";
import { expect } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { EstimateChoice } from "../../../../src/app/estimate-options.ts";
import type { EstimateResult, TidyData } from "../../../../src/core/estimators/contract.ts";
import type { Coefficient } from "../../../../src/core/inference/coefficients.ts";
import type { Refusal } from "../../../../src/core/outcome.ts";
import { type JsonObject, readJson } from "../../../reference/runners/json.ts";
import { readTable, type Table } from "../../../reference/runners/table.ts";

const ORACLES = join(import.meta.dirname, "../../../reference/oracles");

/** Numbers that another program computed from generated data; make.R beside them made both. */
export function oracle(name: string): { readonly expected: JsonObject; readonly table: (file: string) => Table } {
  return {
    expected: readJson(join(ORACLES, name, "expected.json")),
    table: (file) => readTable(join(ORACLES, name, file)),
  };
}

export function answered(data: TidyData, name: string, choice?: EstimateChoice): EstimateResult {
  const outcome = estimate(data, name, choice);
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

export function refused(data: TidyData, name: string, choice?: EstimateChoice): Refusal {
  const outcome = estimate(data, name, choice);
  if (outcome.ok) throw new Error("was answered");
  return outcome.refusal;
}

export function row(result: EstimateResult, term: string): Coefficient {
  const found = result.coefficients.find((one) => one.term === term);
  if (found === undefined) throw new Error(`no ${term} in ${result.coefficients.map((one) => one.term).join(", ")}`);
  return found;
}

export function expectNear(actual: number | null | undefined, wanted: number, relative = 1e-8): void {
  const distance = Math.abs((actual ?? Number.NaN) - wanted);
  expect(distance, `${actual} where ${wanted} was expected`).toBeLessThanOrEqual(relative * Math.abs(wanted));
}
