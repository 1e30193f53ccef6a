import { describe, expect, test } from "vitest";
import { analyze } from "../../../../src/core/analyze.ts";
import type { CheckResult } from "../../../../src/core/result.ts";
import { LATENCY, madeRows, planWith, seriesOf } from "../generated.ts";

const SHAPE = { treated: 2, controls: 5, pre: 240, post: 20, phi: 0.3 };

/** The check on noise with a drift of the treated units over the pre window, in innovation standard deviations. */
function withDrift(drift: number, seed: number): CheckResult {
  const rows = madeRows(seed, SHAPE).map((row, u) =>
    row.map((value, t) => value + (u < SHAPE.treated ? (drift * t) / SHAPE.pre : 0)),
  );
  const plan = planWith({ slis: [{ ...LATENCY, id: "sli" }], scale: "additive", design: "did" });
  const input = { sli: "sli", series: seriesOf(rows, SHAPE), warnings: [] };
  const check = analyze([{ plan, inputs: [input] }]).slis[0]?.checks.find((one) => one.id === "pre-trends");
  if (check === undefined) throw new Error("no check");
  return check;
}

const SEEDS = Array.from({ length: 12 }, (_, i) => 100 + i);
const refused = (drift: number): number => SEEDS.filter((seed) => withDrift(drift, seed).passed === false).length;

describe("pre-trends", () => {
  test("without drift nearly all pass", () => {
    expect(refused(0)).toBeLessThanOrEqual(1);
  });

  test("a drift is not forgiven for being large: the larger, the surer it is found", () => {
    expect(refused(4)).toBe(SEEDS.length);
    expect(refused(16)).toBe(SEEDS.length);
    expect(refused(64)).toBe(SEEDS.length);
  });

  test("states the drift per hour that it found", () => {
    const { facts } = withDrift(60, 7);
    // 60 innovation standard deviations over 240 minutes.
    expect(facts.driftPerHour).toBeGreaterThan(13);
    expect(facts.driftPerHour).toBeLessThan(17);
    expect(facts.detectableDriftPerHour).toBeGreaterThan(0);
  });
});
