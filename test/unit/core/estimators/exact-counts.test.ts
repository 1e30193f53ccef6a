import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { type TidyColumns, tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { centralP, givenSum } from "../../../../src/core/inference/conditional-counts.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { poissonPmf } from "../../../../src/core/probability/poisson.ts";
import { list, number, object } from "../../../reference/runners/json.ts";
import { answered, expectNear, oracle, refused, row } from "./tidy-expectations.ts";

const { expected } = oracle("exact-counts");

/** Treated after, treated before, control after, control before. */
function didTable(counts: readonly number[], exposure: readonly number[], more: Partial<TidyColumns> = {}): TidyData {
  return tidyTable({
    unit: ["t", "t", "c", "c"],
    time: [1, 0, 1, 0],
    outcome: counts,
    treatment: [1, 0, 0, 0],
    numbers: { n: exposure },
    ...more,
  });
}

describe("exact-counts against R", () => {
  it.each(list(expected.did).map((one, i) => [i, object(one)] as const))("did, case %i", (_, wanted) => {
    const data = didTable(list(wanted.counts).map(number), list(wanted.exposure).map(number));
    expectCase(data, { exposure: "n" }, wanted, "ratio-of-rate-ratios");
  });

  it.each(list(expected.two).map((one, i) => [i, object(one)] as const))("two samples, case %i", (_, wanted) => {
    const data = tidyTable({
      outcome: list(wanted.counts).map(number),
      treatment: [1, 0],
      numbers: { n: list(wanted.exposure).map(number) },
    });
    expectCase(data, { exposure: "n", design: "two-sample" }, wanted, "rate-ratio");
  });

  function expectCase(
    data: TidyData,
    settings: Record<string, string>,
    wanted: ReturnType<typeof object>,
    term: string,
  ): void {
    const exact = answered(data, "exact-counts", { settings });
    const found = row(exact, term);
    const near = (actual: number, key: string, relative: number): void => {
      const target = number(wanted[key]);
      if (Number.isFinite(target)) expectNear(actual, target, relative);
      else expect(actual).toBe(target);
    };
    near(found.estimate, "estimate", 1e-7);
    near(found.confLow, "low", 1e-7);
    near(found.confHigh, "high", 1e-7);
    near(found.pValue, "p", 1e-9);
    near(exact.details.pointProbabilityP as number, "pPoint", 1e-9);
    const mid = row(answered(data, "exact-counts", { vcov: "mid-p", settings }), term);
    near(mid.confLow, "midLow", 1e-6);
    near(mid.confHigh, "midHigh", 1e-6);
    near(mid.pValue, "midP", 1e-9);
  }
});

describe("exact-counts", () => {
  it("states the side that has a limit when a cell is empty, and leaves the other unbounded", () => {
    const none = answered(didTable([0, 3, 6, 5], [1, 1, 1, 1]), "exact-counts");
    expect(row(none, "ratio-of-rate-ratios")).toMatchObject({ estimate: 0, confLow: 0 });
    expect(none.notes.join(" ")).toMatch(/only an upper limit says something, \d/);
    const all = answered(didTable([5, 0, 2, 9], [1, 1, 1, 1]), "exact-counts");
    expect(row(all, "ratio-of-rate-ratios").confHigh).toBe(Number.POSITIVE_INFINITY);
    expect(object(all.details.interval).high).toBeNull();
    expect(all.notes.join(" ")).toMatch(/no upper limit, its lower one is \d/);
  });

  it("never alarms more often than it says, counted over every outcome", () => {
    const p = new Map<string, number>();
    for (const [treated, control] of [
      [0.7, 0.7],
      [3, 3],
      [6, 6],
    ] as const) {
      let size = 0;
      for (let a = 0; a < 30; a++) {
        for (let b = 0; b < 30; b++) {
          if (a + b === 0) continue;
          const key = `${a} ${b}`;
          const value = p.get(key) ?? centralP(givenSum(a, b), 1, "exact");
          p.set(key, value);
          if (value <= 0.05) size += poissonPmf(a, treated) * poissonPmf(b, control);
        }
      }
      expect(size).toBeLessThanOrEqual(0.05);
    }
  });

  it("has an interval that excludes 1 exactly when p is below 5 %, and turns over when the groups are swapped", () => {
    const count = fc.integer({ min: 0, max: 25 });
    fc.assert(
      fc.property(fc.tuple(count, count, count, count), fc.constantFrom("exact", "mid-p"), (counts, vcov) => {
        const [a, b, c, d] = counts;
        fc.pre(a + b > 0 && c + d > 0 && a + c > 0 && b + d > 0 && new Set(counts).size > 1);
        const exposure = [3, 5, 2, 4];
        const settings = { exposure: "n" };
        const found = row(
          answered(didTable(counts, exposure), "exact-counts", { vcov, settings }),
          "ratio-of-rate-ratios",
        );
        fc.pre(Math.abs(found.pValue - 0.05) > 1e-9);
        expect(found.confLow > 1 || found.confHigh < 1).toBe(found.pValue < 0.05);
        const swapped = row(
          answered(didTable([c, d, a, b], [2, 4, 3, 5]), "exact-counts", { vcov, settings }),
          "ratio-of-rate-ratios",
        );
        expect(Math.abs(swapped.pValue - found.pValue)).toBeLessThan(1e-9);
        if (found.confLow > 0) expectNear(swapped.confHigh, 1 / found.confLow, 1e-7);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses counts that scatter more than chance before the treatment, or labels them", () => {
    const random = randomStream(5);
    const units = 8;
    const rows = Array.from({ length: units * 24 }, (_, i) => ({ unit: i % units, time: Math.floor(i / units) }));
    const table = (burst: boolean): TidyData =>
      tidyTable({
        unit: rows.map(({ unit }) => `u${unit}`),
        time: rows.map(({ time }) => time),
        treatment: rows.map(({ unit, time }) => Number(unit < 4 && time >= 16)),
        // bursts: twenty events at once, or none
        outcome: rows.map(() => (burst ? (random.next() < 0.1 ? 20 : 0) : poissonDraw(random.next(), 2))),
      });
    const bursts = table(true);
    const refusal = refused(bursts, "exact-counts");
    expect(refusal.code).toBe("OVERDISPERSED");
    expect(Number(refusal.facts.phi)).toBeGreaterThan(5);
    const labelled = answered(bursts, "exact-counts", { settings: { overdispersion: "label" } });
    expect(labelled.notes.join(" ")).toContain("too sure");
    expect(answered(table(false), "exact-counts").notes).toEqual([]);
  });

  it("seldom refuses independent events, also very rare ones", () => {
    for (const mean of [0.05, 0.5, 5]) {
      let refusals = 0;
      for (let seed = 1; seed <= 200; seed++) {
        const random = randomStream(seed);
        const rows = Array.from({ length: 6 * 20 }, (_, i) => ({ unit: i % 6, time: Math.floor(i / 6) }));
        const data = tidyTable({
          unit: rows.map(({ unit }) => `u${unit}`),
          time: rows.map(({ time }) => time),
          treatment: rows.map(({ unit, time }) => Number(unit < 3 && time >= 12)),
          outcome: rows.map(({ unit }) => poissonDraw(random.next(), mean * (1 + unit / 3))),
        });
        const outcome = estimate(data, "exact-counts");
        if (!outcome.ok && outcome.refusal.code === "OVERDISPERSED") refusals++;
      }
      expect(refusals).toBeLessThanOrEqual(6);
    }
  });

  it("refuses what is no count and what cannot vary, by name", () => {
    expect(refused(didTable([1.5, 2, 3, 4], [1, 1, 1, 1]), "exact-counts").message).toContain(
      "unit t, period 1 is 1.5",
    );
    expect(refused(didTable([1, 2, -3, 4], [1, 1, 1, 1]), "exact-counts").code).toBe("NOT_ESTIMABLE");
    const settings = { exposure: "n" };
    expect(refused(didTable([1, 2, 3, 4], [1, 0, 1, 1]), "exact-counts", { settings }).message).toContain("0 beside 2");
    expect(refused(didTable([0, 0, 3, 4], [1, 1, 1, 1]), "exact-counts").code).toBe("NO_VARIATION");
    expect(refused(didTable([0, 1, 0, 4], [1, 1, 1, 1]), "exact-counts").code).toBe("NO_VARIATION");
    expect(refused(didTable([1, 2, 3, 4], [1, 1, 1, 0.5], { treatment: [0, 0, 0, 0] }), "exact-counts").code).toBe(
      "NO_TREATED_UNITS",
    );
  });
});

function poissonDraw(uniform: number, mean: number): number {
  let k = 0;
  for (let below = poissonPmf(0, mean); below < uniform && k < 200; ) below += poissonPmf(++k, mean);
  return k;
}
