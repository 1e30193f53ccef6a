import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { analyze } from "../../../src/core/analyze.ts";
import { fitDid } from "../../../src/core/estimators/did.ts";
import { alignPanel } from "../../../src/core/panel/align.ts";
import type { Kind } from "../../../src/core/plan.ts";
import { LATENCY, madeRows, noise, panelOf, planWith, seriesOf } from "../../unit/core/generated.ts";
import { naiveDid } from "./naive-did.ts";

interface OracleCase {
  readonly name: string;
  readonly kind: Kind;
  readonly treated: number;
  readonly preSteps: number;
  readonly values: readonly string[];
  readonly expected: {
    readonly rule: "prototype" | "dof-cap" | "placebo-rank" | "no-variation" | "too-short";
    readonly refusal?: string;
    readonly att?: number;
    readonly stdError?: number;
    readonly dof?: number;
    readonly confLow?: number;
    readonly confHigh?: number;
    readonly pValue?: number;
    readonly scale?: string;
  };
}

const { cases } = JSON.parse(fs.readFileSync(new URL("cases.json", import.meta.url), "utf8")) as {
  readonly cases: readonly OracleCase[];
};

function inputOf(one: OracleCase) {
  const rows = one.values.map((line) => line.split(",").map((cell) => (cell === "" ? Number.NaN : Number(cell))));
  const sli = { ...LATENCY, kind: one.kind };
  const plan = planWith({ slis: [sli] });
  const series = seriesOf(rows, { treated: one.treated, pre: one.preSteps });
  return { plan, sli, input: { sli: sli.id, series, warnings: [] } };
}

/** Relative agreement of `digits` digits; numbers in a result are rounded to 12. */
function expectClose(actual: number | null | undefined, expected: number | undefined, relative: number): void {
  expect(typeof actual).toBe("number");
  const [a, e] = [actual as number, expected as number];
  expect(Math.abs(a - e), `${a} is not ${e}`).toBeLessThanOrEqual(relative * Math.abs(e));
}

const estimated = cases.filter((one) => one.expected.refusal === undefined);
const refused = cases.filter((one) => one.expected.refusal !== undefined);

describe("numbers of an independent implementation", () => {
  test("there are cases of every rule", () => {
    expect(new Set(cases.map((one) => one.expected.rule)).size).toBe(5);
    expect(estimated.length).toBeGreaterThanOrEqual(40);
  });

  test.each(estimated.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const { plan, input } = inputOf(one);
    const [sli] = analyze([{ plan, inputs: [input] }]).slis;
    const { expected } = one;
    expectClose(sli?.estimate?.att, expected.att, 1e-9);
    expectClose(sli?.estimate?.pValue, expected.pValue, 1e-9);
    if (expected.rule === "placebo-rank") {
      expect(sli?.estimate).toMatchObject({ stdError: null, confLow: null, confHigh: null });
      expect(sli?.inference?.method).toBe("placebo-rank");
      return;
    }
    expect(sli?.scale).toBe(expected.scale);
    expectClose(sli?.estimate?.stdError, expected.stdError, 1e-9);
    expectClose(sli?.inference?.dof, expected.dof, 1e-9);
    expectClose(sli?.estimate?.confLow, expected.confLow, 1e-8);
    expectClose(sli?.estimate?.confHigh, expected.confHigh, 1e-8);
  });

  test.each(refused.map((one) => [one.name, one] as const))("%s is refused", (_, one) => {
    const { plan, input } = inputOf(one);
    const [sli] = analyze([{ plan, inputs: [input] }]).slis;
    expect(sli?.reasonCodes).toEqual([one.expected.refusal]);
    expect(sli?.estimate).toBeNull();
  });
});

describe("a naive implementation on the same data", () => {
  const regular = estimated.filter((one) => one.expected.rule !== "placebo-rank");

  test.each(regular.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const { plan, sli, input } = inputOf(one);
    const aligned = alignPanel(plan, sli, input);
    if (!aligned.ok) throw new Error(aligned.refusal.message);
    expectAgreement(aligned.value.panel);
  });
});

describe("a naive implementation on settle windows, cell weights and gaps", () => {
  test.each(Array.from({ length: 24 }, (_, i) => i))("panel %i", (i) => {
    const { uniform } = noise(9000 + i);
    const treated = 1 + (i % 3);
    const shape = { treated, controls: 2 + (i % 5), pre: 30 + 2 * i, settle: i % 4, post: 6 + (i % 7), phi: 0.4 };
    const rows = madeRows(7000 + i, shape).map((row) => row.map((value) => (uniform() < 0.08 ? Number.NaN : value)));
    const weights = rows.map((row) => row.map(() => 0.5 + 20 * uniform() ** 2));
    expectAgreement(
      panelOf(rows, { treated, pre: shape.pre, settle: shape.settle, ...(i % 2 === 0 ? {} : { weights }) }),
    );
  });
});

function expectAgreement(panel: Parameters<typeof fitDid>[0]): void {
  const fast = fitDid(panel, { scale: "auto" });
  if (!fast.ok) throw new Error(fast.refusal.message);
  const slow = naiveDid(panel);
  expect(fast.value.scale).toBe(slow?.scale);
  expectClose(fast.value.att, slow?.att, 1e-9);
  expectClose(fast.value.variance, slow?.variance, 1e-9);
  expectClose(fast.value.dof, slow?.dof, 1e-9);
}
