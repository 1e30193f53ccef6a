import { describe, expect, it } from "vitest";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { againstEarlier } from "../../../../src/core/estimators/its/against-earlier.ts";
import { alike, earlierStarts, longestLead, strideOf } from "../../../../src/core/estimators/its/blocks.ts";
import { weekdayOf } from "../../../../src/core/estimators/its/clock.ts";
import { arRow, segmentedRegression, termWeights } from "../../../../src/core/estimators/its/segmented.ts";
import { tableSeries } from "../../../../src/core/estimators/its/table-series.ts";
import { openTable } from "../../../../src/core/estimators/panel-ols/table.ts";
import { isStationary } from "../../../../src/core/estimators/stationary.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { normalQuantile } from "../../../../src/core/probability/normal.ts";
import { number, object } from "../../../reference/runners/json.ts";
import { answered, expectNear, oracle, refused, row } from "./tidy-expectations.ts";

const { expected, table } = oracle("its");

function seriesTable(): TidyData {
  const { numbers, texts } = columns("series.csv");
  return tidyTable({ unit: texts.unit, time: numbers.time, outcome: numbers.y, treatment: numbers.d });
}

function columns(file: string) {
  const data = table(file);
  return {
    texts: { unit: data.text("unit") },
    numbers: { time: [...data.numeric("time")], y: [...data.numeric("y")], d: [...data.numeric("d")] },
  };
}

describe("its against lm and sandwich::NeweyWest in R", () => {
  const blocks = object(object(expected).segmented);
  it.each(Object.keys(blocks))("season %s", (name) => {
    const [season = "none", white = "plain"] = name.split(", ");
    const prewhite = white === "prewhitened" ? "yes" : "no";
    const result = answered(seriesTable(), "its", { vcov: "newey-west", settings: { season, prewhite, lag: "5" } });
    for (const [term, wanted] of Object.entries(object(blocks[name] ?? null))) {
      const found = row(result, term);
      expectNear(found.estimate, number(object(wanted).estimate), 1e-8);
      expectNear(found.stdError, number(object(wanted).se), 1e-8);
      expectNear(found.pValue, number(object(wanted).p), 1e-6);
    }
  });
});

describe("its with the exact variance under an autoregression", () => {
  it("is w' G w with the autocovariances G of the same model, made term by term", () => {
    const opened = openTable(seriesTable(), true);
    const series = opened.ok ? tableSeries(opened.value) : opened;
    if (!series.ok) throw new Error(series.refusal.message);
    const fitted = segmentedRegression(series.value, { trend: true, slope: true, season: "hour-of-day", day: 86_400 });
    if (!fitted.ok) throw new Error(fitted.refusal.message);
    const found = arRow(series.value, fitted.value.fit, "level", 0.05);
    if (found === null) throw new Error("no autoregression");
    const { phi, sigma2 } = found.model;
    const psi = [1];
    while (psi.length < 5000) psi.push(phi.reduce((sum, p, k) => sum + p * (psi[psi.length - 1 - k] ?? 0), 0));
    const gamma = (lag: number): number =>
      sigma2 * psi.slice(0, psi.length - lag).reduce((sum, value, j) => sum + value * (psi[j + lag] ?? 0), 0);
    const weights = termWeights(fitted.value.fit, "level");
    const gammas = weights.map((_, lag) => gamma(lag));
    let variance = 0;
    weights.forEach((a, s) => {
      weights.forEach((b, t) => {
        variance += a * b * (gammas[Math.abs(s - t)] ?? 0);
      });
    });
    expect(phi.length).toBeGreaterThan(0);
    expectNear(found.row.stdError, Math.sqrt(variance), 1e-9);
  });

  it("the errors of a short series are of the size of its noise, never 1e30", () => {
    const short = (seed: number, preSteps: number): TidyData => {
      const random = randomStream(seed);
      let last = 0;
      const y = Array.from({ length: 24 }, () => {
        last = 0.7 * last + normalQuantile(Math.max(1e-12, random.next()));
        return last;
      });
      const time = y.map((_, t) => t);
      return tidyTable({
        unit: y.map(() => "a"),
        time,
        outcome: y,
        treatment: time.map((t) => Number(t >= preSteps)),
      });
    };
    for (let seed = 1; seed <= 200; seed++) {
      for (const preSteps of [16, 18, 20]) {
        const { stdError } = row(answered(short(seed, preSteps), "its"), "att");
        expect(stdError).toBeGreaterThan(0.05);
        expect(stdError).toBeLessThan(20);
      }
    }
  });

  it.each([
    [[], true],
    [[0.99], true],
    [[1.01], false],
    [[-1.2], false],
    [[1.8, -0.9], true],
    [[1.29, -1.15], false],
    [[0.5, 0.6], false],
    [[0.2, 0.2, 0.2, 0.2], true],
    [[0.3, 0.3, 0.2, 0.3], false],
  ])("knows when an autoregression of %j forgets: %s", (phi, forgets) => {
    expect(isStationary(phi)).toBe(forgets);
    const path = [1];
    while (path.length < 3000) path.push(phi.reduce((sum, p, k) => sum + p * (path.at(-1 - k) ?? 0), 0));
    expect(Math.abs(path.at(-1) ?? 0) < 1e-6).toBe(forgets);
  });

  it("finds planted changes exactly where there is no noise, and refuses to make an error of nothing", () => {
    const time = Array.from({ length: 96 }, (_, t) => 1000 + 3600 * t);
    const cut = time[72] ?? 0;
    const y = time.map((t) => 5 + 2e-4 * (t - cut) + (t >= cut ? 3 - 1e-4 * (t - cut) : 0));
    const data = tidyTable({
      unit: time.map(() => "a"),
      time,
      outcome: y,
      treatment: time.map((t) => Number(t >= cut)),
    });
    expect(refused(data, "its").code).toBe("PRE_TOO_SHORT");
    const wobble = y.map((value, t) => value + 1e-7 * Math.sin(t * t));
    const result = answered({ ...data, outcome: Float64Array.from(wobble) }, "its");
    expectNear(row(result, "level").estimate, 3, 1e-5);
    expectNear(row(result, "slope").estimate, -1e-4, 1e-5);
    expectNear(row(result, "att").estimate, 3 - 1e-4 * 3600 * 11.5, 1e-5);
  });

  it("simulated critical values are wider than Student's and the same for the same seed", () => {
    const choice = {
      vcov: "newey-west",
      settings: { critical: "simulated", draws: "199", lag: "24" },
      seed: 7,
    } as const;
    const simulated = row(answered(seriesTable(), "its", choice), "att");
    const student = row(answered(seriesTable(), "its", { vcov: "newey-west", settings: { lag: "24" } }), "att");
    expect(simulated.confHigh - simulated.confLow).toBeGreaterThan(student.confHigh - student.confLow);
    expect(row(answered(seriesTable(), "its", choice), "att")).toEqual(simulated);
  });
});

describe("same-hours against means and t in R", () => {
  it.each(["additive", "multiplicative"])("%s", (scale) => {
    const wanted = object(object(object(expected).sameHours)[scale] ?? null);
    const settings = { scale, lead: "4", weekdays: "no" };
    const result = answered(seriesTable(), "same-hours", { vcov: "spread", settings });
    const found = row(result, "att");
    expectNear(found.estimate, number(wanted.estimate), 1e-10);
    expectNear(found.stdError, number(wanted.se), 1e-10);
    expectNear(found.pValue, number(wanted.p), 1e-9);
    expectNear(found.confLow, number(wanted.low), 1e-9);
    expect(result.clusters).toBe(number(wanted.days) + 1);
  });

  it("prefers days of the same kind: seven working days of nine before a Wednesday", () => {
    const result = answered(seriesTable(), "same-hours", { settings: { lead: "4" } });
    expect(result.details.dayRule).toBe("working-days");
    expect((result.details.days as unknown[]).length).toBe(7);
  });

  it("ranks the day among all days", () => {
    const found = row(
      answered(seriesTable(), "same-hours", { vcov: "rank", settings: { weekdays: "no", lead: "4" } }),
      "att",
    );
    expect(found.pValue * 10).toBeCloseTo(Math.round(found.pValue * 10), 12);
    expect(found.stdError).toBeNaN();
  });

  it("refuses too few earlier days with what to change", () => {
    const data = seriesTable();
    const kept = Array.from(data.outcome, (_, i) => i).slice(-60);
    const few = tidyTable({
      unit: kept.map(() => "all"),
      time: kept.map((i) => data.time?.[i] ?? 0),
      outcome: kept.map((i) => data.outcome[i] ?? 0),
      treatment: kept.map((i) => data.treatment?.[i] ?? 0),
    });
    const refusal = refused(few, "same-hours", { settings: { lead: "4" } });
    expect(refusal.code).toBe("PRE_TOO_SHORT");
    expect(refusal.facts.days).toBe(2);
    expect(refusal.hint).toContain("8d");
  });
});

describe("one more draw against earlier ones", () => {
  it("by hand: 7 against 1, 2, 3", () => {
    const found = againstEarlier(7, [1, 2, 3]);
    expect(found).toMatchObject({ att: 5, usual: 2, spread: 1, dof: 2, rankP: 0.25 });
    expectNear(found.variance, 4 / 3, 1e-15);
  });
});

describe("which hours and days are compared", () => {
  const window = { preEnd: 8 * 288, postStart: 8 * 288 + 1, end: 8 * 288 + 13 };

  it("takes every day for an hour after the deploy, and blocks of two days for a day after it", () => {
    expect(strideOf(window, 300)).toBe(1);
    expect(longestLead(window, 300, 1)).toBe(288 - 13);
    expect(earlierStarts(window, 300, 1, 12)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const day = { preEnd: 14 * 24, postStart: 14 * 24, end: 15 * 24 };
    expect(strideOf(day, 3600)).toBe(2);
    expect(earlierStarts(day, 3600, 2, 24)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(strideOf({ preEnd: 36 * 24, postStart: 36 * 24, end: 37 * 24 }, 3600)).toBe(7);
  });

  it("knows weekdays and prefers the same kind of day when there are four", () => {
    const thursday = Date.UTC(2026, 2, 12, 13) / 1000;
    expect(weekdayOf(thursday)).toBe(4);
    const days = [1, 2, 3, 4, 5, 6, 7].map((back) => ({ back }));
    expect(alike(days, thursday, 1)).toEqual({ rule: "working-days", days: [1, 2, 3, 6, 7].map((back) => ({ back })) });
    expect(alike(days.slice(0, 4), thursday, 1).rule).toBe("all-days");
    const saturday = thursday + 2 * 86_400;
    expect(alike(days, saturday, 1).rule).toBe("all-days");
    const weeks = Array.from({ length: 60 }, (_, i) => ({ back: i + 1 }));
    expect(alike(weeks, thursday, 1)).toEqual({
      rule: "same-weekday",
      days: [7, 14, 21, 28, 35, 42, 49, 56].map((back) => ({ back })),
    });
  });
});
