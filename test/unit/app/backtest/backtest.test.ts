import { describe, expect, it } from "vitest";
import { backtest } from "../../../../src/app/backtest/backtest.ts";
import { statedDeployment } from "../../../../src/app/backtest/known.ts";
import { planAt, runFakes } from "../../../../src/app/backtest/run-fakes.ts";
import { analyze } from "../../../../src/core/analyze.ts";
import { fakeOf } from "../../../../src/core/history/fake.ts";
import { DEPLOYED_AT } from "../../core/generated.ts";
import { HOUR, type MadeWorld, madeStudy, NOTHING, SILENT, STEP } from "./made-study.ts";

const HEAD = { version: "test", config: null };
const run = (seed: number, world: MadeWorld, reassign = 0) =>
  backtest(madeStudy(seed, world), { ...HEAD, rule: null, reassign }, SILENT);
const AT = DEPLOYED_AT + 5 * 24 * HOUR;

describe("a fake deploy", () => {
  it("gets the verdict and the numbers that check gives with all of its detail", () => {
    const study = madeStudy(3, { days: 3, phi: 0.5 });
    const [part] = study.parts;
    const time = { at: study.from + 30 * HOUR, cluster: 0 };
    const [fake] = runFakes(study, [time]);
    if (part === undefined) throw new Error("the study has no part");
    const { detail: _, ...plan } = planAt(study, part, time.at);
    const inputs = part.inputs.map((input) => ({
      ...input,
      series: input.series.map((series) => {
        const from = series.times.indexOf(plan.window.preStart ?? 0);
        const to = series.times.indexOf(plan.window.postEnd ?? 0);
        return { ...series, times: series.times.slice(from, to), values: series.values.slice(from, to) };
      }),
    }));
    const whole = analyze([{ plan, inputs }]);
    expect(whole.slis[0]?.checks.some(({ id }) => id === "leave-one-out")).toBe(true);
    expect(fake).toEqual(fakeOf(time.at, 0, whole));
  });
});

describe("backtest", () => {
  it("measures the rate that is known: 5 % of the intervals leave out zero when noise is independent", () => {
    const rates = [1, 2, 4].map((seed) => run(seed, { days: 10 }).slis[0]);
    for (const sli of rates) {
      expect(sli?.excludesZero).toMatchObject({ of: sli?.answered, effective: sli?.answered, nominal: 0.05 });
      expect([sli?.excludesZero.confLow, sli?.excludesZero.confHigh].map((bound) => (bound ?? 0.05) < 0.05)).toEqual([
        true,
        false,
      ]);
      // A margin of two standard deviations of one step: nothing comes near it.
      expect(sli?.regressions).toMatchObject({ count: 0, nominal: 0.025 });
    }
  }, 120_000);

  it("shows that intervals do not hold when units shift for good after every fake deploy's settle", () => {
    const study = madeStudy(8, { days: 10, treated: 1, controls: 2 });
    // Treated levels that jump every two hours: the noise before says nothing about what comes.
    const jumpy = study.parts.map((part) => ({
      ...part,
      windows: { ...part.windows, pre: 2 * HOUR },
      inputs: part.inputs.map((input) => ({
        ...input,
        series: input.series.map((one) => ({
          ...one,
          values: one.values.map((x, i) => (one.group === "treated" ? x + 40 * Math.sin(Math.floor(i / 13) * 7) : x)),
        })),
      })),
    }));
    const { slis, advice } = backtest(
      { ...study, parts: jumpy },
      { ...HEAD, rule: { type: "every", every: 13 * STEP }, reassign: 0 },
      SILENT,
    );
    expect(slis[0]?.excludesZero.confLow).toBeGreaterThan(0.05);
    const codes = advice.map(({ code }) => code);
    expect(codes).toContain("ALARMS_TOO_OFTEN");
    expect(codes.some((code) => code === "NO_INFERENCE_HELPS" || code === "OTHER_INFERENCE")).toBe(true);
  }, 120_000);

  it("takes a real deploy for a false alarm until it is named", () => {
    const change = { at: AT, size: 6 };
    const unnamed = run(4, { days: 9, change, known: { ...NOTHING, deployments: null } });
    const alarms = unnamed.deploys.filter(({ verdict }) => verdict === "regression");
    expect(alarms.length).toBeGreaterThan(0);
    expect(alarms.every(({ deployedAt }) => deployedAt < AT + 12 * HOUR && deployedAt > AT - 2 * HOUR)).toBe(true);
    const known = { ...NOTHING, deployments: [statedDeployment(AT, AT, "file")] };
    const named = run(4, { days: 9, change, known });
    expect(named.whole?.verdicts.regression).toBe(0);
    expect(named.history.leftOut.deployments).toBeGreaterThan(0);
    // A pre window that would hold the real deploy starts after it, as in check.
    const after = named.deploys.find(({ deployedAt }) => deployedAt > AT);
    expect((after?.deployedAt ?? 0) - AT).toBeLessThan(12 * HOUR);
  }, 120_000);

  it("recommends the shortest post window that rules the margin out", () => {
    const margin = { type: "absolute", value: 1.1, text: "1.1" } as const;
    const { advice, slis } = run(5, { days: 10, margin });
    expect(slis[0]?.ruledOut.rate).toBeLessThan(0.8);
    const found = advice.find(({ code }) => code === "LONGER_POST");
    if (found?.code !== "LONGER_POST") throw new Error(JSON.stringify(advice));
    expect([2 * HOUR, 4 * HOUR]).toContain(found.window);
    expect(found.changed.ruledOut).toBeGreaterThanOrEqual(0.8);
    expect(found.changed.mde.absolute?.median).toBeLessThan(found.now.mde.absolute?.median ?? 0);
  }, 120_000);

  it("says what margin could be ruled out when no window helps", () => {
    const margin = { type: "absolute", value: 0.05, text: "0.05" } as const;
    const { advice } = run(6, { days: 6, margin });
    const found = advice.find(({ code }) => code === "MARGIN_OUT_OF_REACH");
    if (found?.code !== "MARGIN_OUT_OF_REACH") throw new Error(JSON.stringify(advice));
    expect(found.reach.absolute?.p80).toBeGreaterThan(0.5);
  }, 120_000);

  it("has nothing to change where all is well", () => {
    const margin = { type: "absolute", value: 6, text: "6" } as const;
    expect(run(7, { days: 10, margin }).advice.map(({ code }) => code)).toEqual(["NO_CHANGE_NEEDED"]);
  }, 120_000);

  it("asks for more history when its windows cannot show a rate of 5 %", () => {
    const margin = { type: "absolute", value: 6, text: "6" } as const;
    const { advice } = run(7, { days: 2, margin });
    expect(advice).toEqual([expect.objectContaining({ code: "MORE_HISTORY", needed: 72 })]);
  });

  it("draws other units with a seed, and counts their windows once", () => {
    const first = run(9, { days: 3 }, 4);
    expect(first.reassigned?.whole.runs).toBe(4 * first.fakes.count);
    expect(first.reassigned?.slis[0]?.regressions.effective).toBeGreaterThanOrEqual(first.fakes.independent);
    expect(run(9, { days: 3 }, 4)).toEqual(first);
  }, 120_000);

  it("refuses with a reason when the history has no room", () => {
    const { refused, whole, slis, advice } = run(1, { days: 0.5 });
    expect(refused).toMatchObject({ code: "PRE_TOO_SHORT", facts: { has: 12 * HOUR, needed: 13 * HOUR + STEP } });
    expect([whole, slis, advice]).toEqual([null, [], []]);
  });

  it("refuses when real deploys leave no calm stretch", () => {
    const every = Array.from({ length: 100 }, (_, i) => DEPLOYED_AT + i * HOUR);
    const known = { ...NOTHING, deployments: every.map((at) => statedDeployment(at, at, "file")) };
    expect(run(1, { days: 3, known }).refused?.code).toBe("OVERLAPPING_DEPLOY");
  });
});
