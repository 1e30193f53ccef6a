import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VARIANCE_ESTIMATORS } from "../../../../src/core/vcov/index.ts";

const FOLDER = join(import.meta.dirname, "../../../../src/core/vcov");

function isEstimator(value: unknown): value is { id: string } {
  return typeof value === "object" && value !== null && "estimate" in value && "id" in value;
}

describe("the table of variance estimators", () => {
  it("lists every estimator of the folder once, each in a file named after it", async () => {
    const found: string[] = [];
    for (const file of readdirSync(FOLDER).filter((name) => name !== "index.ts")) {
      const exports: unknown[] = Object.values((await import(join(FOLDER, file))) as Record<string, unknown>);
      for (const value of exports.filter(isEstimator)) {
        expect(`${value.id}.ts`).toBe(file);
        found.push(value.id);
      }
    }
    expect(VARIANCE_ESTIMATORS.map((estimator) => estimator.id).sort()).toEqual(found.sort());
  });
});
