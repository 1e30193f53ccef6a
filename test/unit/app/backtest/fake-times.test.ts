import { describe, expect, it } from "vitest";
import { fakeTimes } from "../../../../src/app/backtest/fake-times.ts";
import { statedDeployment } from "../../../../src/app/backtest/known.ts";
import { DEPLOYED_AT } from "../../core/generated.ts";
import { HOUR, madeStudy, NOTHING, STEP } from "./made-study.ts";

const AT = DEPLOYED_AT + 48 * HOUR;
const SPAN = HOUR + STEP;

describe("fake deploy times", () => {
  it("lie side by side, with the whole windows inside the history", () => {
    const study = madeStudy(1, { days: 4 });
    const { times, independent, every, leftOut } = fakeTimes(study, { type: "side-by-side", most: 400 });
    expect(every).toBe(SPAN);
    expect(times[0]?.at).toBe(study.from + 12 * HOUR);
    expect((times.at(-1)?.at ?? 0) + SPAN).toBeLessThanOrEqual(study.to);
    expect(times.length).toBe(Math.floor((84 * HOUR - SPAN) / SPAN) + 1);
    expect(independent).toBe(times.length);
    expect(leftOut).toEqual({ deployments: 0, exclusions: 0 });
  });

  it("keep away from a real deploy: before it settle and post, after it the calm that check asks for", () => {
    const known = { ...NOTHING, deployments: [statedDeployment(AT, AT, "file")] };
    const { times } = fakeTimes(madeStudy(1, { days: 4, known }), { type: "every", every: STEP });
    const near = times.filter(({ at }) => at > AT - 24 * HOUR && at < AT + 24 * HOUR).map(({ at }) => at);
    expect(Math.max(...near.filter((at) => at <= AT))).toBe(AT - SPAN);
    // 60 steps of ten minutes after its settle.
    expect(Math.min(...near.filter((at) => at > AT))).toBe(AT + STEP + 60 * STEP);
  });

  it("keep away from a roll-out that took long by its whole length", () => {
    const known = { ...NOTHING, deployments: [statedDeployment(AT - 2 * HOUR, AT, "file")] };
    const { times } = fakeTimes(madeStudy(1, { days: 4, known }), { type: "every", every: STEP });
    expect(Math.max(...times.filter(({ at }) => at < AT).map(({ at }) => at))).toBe(AT - 2 * HOUR - SPAN);
  });

  it("judge no excluded time", () => {
    const known = { ...NOTHING, exclusions: [{ from: AT, to: AT + 3 * HOUR, reason: "incident" }] };
    const { times, leftOut } = fakeTimes(madeStudy(1, { days: 4, known }), { type: "every", every: STEP });
    expect(times.filter(({ at }) => at < AT + 3 * HOUR && at + SPAN > AT)).toEqual([]);
    expect(leftOut.exclusions).toBeGreaterThan(0);
  });

  it("know nothing before what GitHub told", () => {
    const known = { ...NOTHING, since: AT };
    const { times } = fakeTimes(madeStudy(1, { days: 4, known }), { type: "every", every: STEP });
    expect(times[0]?.at).toBe(AT + 12 * HOUR);
  });

  it("count as one window where they overlap", () => {
    const { times, independent } = fakeTimes(madeStudy(1, { days: 4 }), { type: "every", every: STEP });
    expect(times.length / independent).toBeCloseTo(SPAN / STEP, 0);
    const clusters = new Map<number, number[]>();
    for (const { at, cluster } of times) clusters.set(cluster, [...(clusters.get(cluster) ?? []), at]);
    for (const ats of clusters.values()) expect(Math.max(...ats) - Math.min(...ats)).toBeLessThan(SPAN);
  });

  it("are drawn over the hours of the day, the same for the same seed", () => {
    const study = madeStudy(1, { days: 20 });
    const rule = { type: "times", times: 60 } as const;
    const { times, every } = fakeTimes(study, rule);
    const hours = new Set(times.map(({ at }) => Math.floor((at % (24 * HOUR)) / (6 * HOUR))));
    expect([every, times.length, hours.size]).toEqual([null, 60, 4]);
    expect(fakeTimes(study, rule)).toEqual(fakeTimes(study, rule));
    expect(fakeTimes({ ...study, seed: 2 }, rule).times).not.toEqual(times);
  });

  it("need more room for a longer post window", () => {
    const study = madeStudy(1, { days: 1 });
    const count = (post: number) => fakeTimes(study, { type: "every", every: STEP }, { post }).times.length;
    expect([count(HOUR), count(11 * HOUR), count(12 * HOUR)]).toEqual([66, 6, 0]);
  });
});
