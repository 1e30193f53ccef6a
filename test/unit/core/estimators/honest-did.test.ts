import { expect, test } from "vitest";
import type { EstimateOptions } from "../../../../src/core/estimators/contract.ts";
import { honestDid } from "../../../../src/core/estimators/honest-did.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";

const OPTIONS: EstimateOptions = { vcov: null, ref: -1, control: "never", alpha: 0.05, seed: 1, settings: {} };
const random = randomStream(4);
const rows = Array.from({ length: 20 }, (_, u) => u).flatMap((u) =>
  Array.from({ length: 6 }, (_, t) => ({ u, t, y: u + t + random.next() + (u < 10 && t >= 4 ? 5 : 0) })),
);
const table = tidyTable({
  unit: rows.map(({ u }) => `u${u}`),
  time: rows.map(({ t }) => t),
  outcome: rows.map(({ y }) => y),
  firstTreated: rows.map(({ u }) => (u < 10 ? 4 : 0)),
});

function run(settings: Record<string, string>) {
  const outcome = honestDid.estimate(table, { ...OPTIONS, settings });
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

test("a large effect survives relative magnitudes, and the average leads the table", () => {
  const result = run({ bounds: "0.5,1" });
  expect(result.coefficients[0]?.term).toBe("att");
  expect(result.coefficients[0]?.estimate).toBeCloseTo(5, 0);
  expect(result.details.largestBoundWithoutZero).toBe(1);
});

test("smoothness sets widen and come with a breakdown value", () => {
  const { sets, breakdown } = run({ restriction: "smoothness", bounds: "0,0.2" }).details;
  const [narrow, wide] = sets as { low: number; high: number }[];
  expect((wide?.high ?? 0) - (wide?.low ?? 0)).toBeGreaterThan((narrow?.high ?? 0) - (narrow?.low ?? 0));
  expect(Number(breakdown)).toBeGreaterThan(0);
});

test("refuses a bound that is no number", () => {
  const outcome = honestDid.estimate(table, { ...OPTIONS, settings: { bounds: "1,x" } });
  expect(outcome.ok ? "answer" : outcome.refusal.code).toBe("NOT_ESTIMABLE");
});
