import { describe, expect, it } from "vitest";
import { cutInput } from "../../../../src/app/backtest/cut.ts";
import { fakeTimes } from "../../../../src/app/backtest/fake-times.ts";
import { outlook } from "../../../../src/app/backtest/outlook.ts";
import { planAt } from "../../../../src/app/backtest/run-fakes.ts";
import { analyze } from "../../../../src/core/analyze.ts";
import { HOUR, madeStudy, SILENT } from "./made-study.ts";

const HEAD = { version: "test", config: null };

describe("plan", () => {
  const margin = { type: "absolute", value: 0.5, text: "0.5" } as const;
  const study = madeStudy(11, { days: 8, margin });
  const document = outlook(study, { ...HEAD, posts: null, times: 20 }, SILENT);
  const [sli] = document.slis;

  it("tries the usual windows that the steps and the pre window have room for", () => {
    expect(sli?.posts.map(({ post }) => post / HOUR)).toEqual([0.5, 1, 2, 4, 8, 12]);
  });

  it("sees less with shorter windows and with fewer units", () => {
    const seen = (sli?.posts ?? []).map(({ mde }) => mde.absolute?.median ?? 0);
    expect(seen.toSorted((a, b) => b - a)).toEqual(seen);
    const usual = sli?.posts.find(({ post }) => post === HOUR)?.mde.absolute?.median ?? 0;
    const fewer = new Map(sli?.fewer.map((one) => [`${one.treated}/${one.control}`, one.mde.absolute?.median ?? 0]));
    expect([...fewer.keys()]).toEqual(["2/2", "2/1", "1/5"]);
    expect(Math.min(...fewer.values())).toBeGreaterThan(usual);
  });

  it("names the shortest window whose error rules the margin out, and the fake deploys agree", () => {
    const shortest = sli?.posts.find(({ post }) => post === sli.shortest);
    expect(shortest?.reach.absolute?.median).toBeLessThanOrEqual(0.5);
    expect(shortest?.ruledOut).toBeGreaterThanOrEqual(0.8);
    const shorter = sli?.posts.filter(({ post }) => post < (sli.shortest ?? 0)) ?? [];
    expect(shorter.length).toBeGreaterThan(0);
    expect(shorter.every(({ reach, ruledOut }) => (reach.absolute?.median ?? 0) > 0.5 || (ruledOut ?? 0) < 0.8)).toBe(
      true,
    );
  });

  it("promises a harm that is found about as often as it says", () => {
    const [part] = study.parts;
    const found = sli?.posts.find(({ post }) => post === HOUR);
    const harm = found?.mde.absolute?.median ?? Number.NaN;
    if (part === undefined) throw new Error("the study has no part");
    const { times } = fakeTimes({ ...madeStudy(12, { days: 8, margin }), seed: 3 }, { type: "times", times: 60 });
    const fresh = madeStudy(12, { days: 8, margin }).parts[0] ?? part;
    const detected = times.filter(({ at }) => {
      const plan = planAt(study, part, at);
      const inputs = fresh.inputs.map((input) => {
        const cut = cutInput(input, plan.window.preStart ?? at, plan.window.postEnd ?? at);
        const hurt = cut.series.map((one) =>
          one.group === "treated"
            ? { ...one, values: one.values.map((x, i) => x + ((one.times[i] ?? 0) >= at ? harm : 0)) }
            : one,
        );
        return { ...cut, series: hurt };
      });
      return analyze([{ plan, inputs }]).verdict === "regression";
    }).length;
    // 80 % of 60, three standard errors either way.
    expect(detected).toBeGreaterThanOrEqual(39);
    expect(detected).toBeLessThanOrEqual(57);
  });

  it("says nothing can be ruled out where no window suffices or no margin is stated", () => {
    const tiny = { type: "absolute", value: 0.01, text: "0.01" } as const;
    const none = { type: "absolute", value: 0, text: "0" } as const;
    for (const one of [tiny, none]) {
      const { slis } = outlook(madeStudy(11, { days: 3, margin: one }), { ...HEAD, posts: [HOUR], times: 6 }, SILENT);
      expect(slis[0]?.shortest).toBeNull();
    }
  });

  it("refuses with a reason when the history has no room", () => {
    const { refused, slis } = outlook(madeStudy(1, { days: 0.5 }), { ...HEAD, posts: null, times: 6 }, SILENT);
    expect([refused?.code, slis]).toEqual(["PRE_TOO_SHORT", []]);
  });
});
