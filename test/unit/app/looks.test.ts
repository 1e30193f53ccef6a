import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookSpans, withLooks } from "../../../src/app/looks.ts";
import { lookTimes, planServices, readyAt } from "../../../src/app/plan.ts";
import { replay } from "../../../src/app/replay.ts";
import { runAnalysis } from "../../../src/app/run.ts";
import { studentTQuantile } from "../../../src/core/probability/student-t.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { awaitedLook } from "../../../src/core/verdict/looks.ts";
import { configOf, DEPLOYED_AT, portsAt, rows, tableCsv, trigger } from "./fixtures.ts";

const CONFIG = `version: 1
source: { type: file, path: quiet.csv }
units: { label: zone, treated: { match: { zone: { regex: "eu-.*" } } } }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
looks: 4
slis: [{ id: latency, kind: gauge, query: latency, worse: up, margin: 5% }]
`;
const HURTS = CONFIG.replace("quiet.csv", "worse.csv");
/** An effect of the size of the margin: no look can decide. */
const OPEN = CONFIG.replace("quiet.csv", "border.csv");

/** Data of look k are complete one step (the lag of a file) after its last quarter of an hour. */
const at = (look: number): number => DEPLOYED_AT + 120 + look * 900 + 60;

const folder = mkdtempSync(path.join(tmpdir(), "looks-"));
beforeAll(() => {
  writeFileSync(path.join(folder, "quiet.csv"), tableCsv(rows(300, 62, 0)));
  writeFileSync(path.join(folder, "worse.csv"), tableCsv(rows(300, 62, 15)));
  writeFileSync(path.join(folder, "border.csv"), tableCsv(rows(300, 62, 5.5)));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(text: string, now: number, look?: number): Promise<ResultDocument> {
  const options = { version: "1.2.3", baseDir: folder, ...(look === undefined ? {} : { look }) };
  return runAnalysis(configOf(text), trigger(), portsAt(now), options);
}

describe("the plan", () => {
  it("divides the post window, each look at a step, and waits for the source's lag", () => {
    expect(lookTimes(configOf(CONFIG), trigger())).toEqual([at(1), at(2), at(3), at(4)]);
    const lagging = CONFIG.replace("path: quiet.csv", "path: quiet.csv, lag: 5m");
    expect(lookTimes(configOf(lagging), trigger())[0]).toBe(at(1) + 240);
    expect(readyAt(configOf(CONFIG), trigger())).toBe(at(4));
    expect(lookSpans({ post: 3600, step: 420, looks: 3 })).toEqual([840, 2100, 3600]);
    expect(lookTimes(configOf(CONFIG.replace("looks: 4\n", "")), trigger())).toEqual([at(4)]);
  });

  it("starts when every service of a monorepo has something to look at", () => {
    const text = `${CONFIG}services: { a: {}, b: { looks: 2 }, c: { looks: 1, windows: { post: 40m } } }\n`;
    const minute = DEPLOYED_AT + 120 + 60;
    expect(lookTimes(configOf(text), trigger())).toEqual([40, 45, 60].map((m) => minute + m * 60));
  });

  it("runs from the last wave", () => {
    const waves = { "eu-1": DEPLOYED_AT, "eu-2": DEPLOYED_AT + 1800 };
    expect(lookTimes(configOf(CONFIG), trigger({ waves }))).toEqual([1, 2, 3, 4].map((k) => at(k) + 1800));
  });

  it("stands in every plan, whichever look it is: the same levels, which together keep 5 %", () => {
    const plans = [at(1), at(3)].map((now) => planServices(configOf(CONFIG), trigger(), now)[0]?.plan);
    expect(plans.map((plan) => plan?.look?.number)).toEqual([1, 3]);
    expect(plans[0]?.look?.planned).toEqual(plans[1]?.look?.planned);
    const planned = plans[0]?.look?.planned ?? [];
    expect(planned.map(({ readyAt: time }) => time)).toEqual([at(1), at(2), at(3), at(4)]);
    expect(plans.map((plan) => plan?.alpha)).toEqual([planned[0]?.alpha, planned[2]?.alpha]);
    expect(planned.at(-1)?.alphaSpent).toBeCloseTo(0.05, 12);
  });

  it.each([
    ["looks: 61", "looks must be at most 20."],
    [
      "looks: 13\nwindows: { pre: 5h, settle: 2m, post: 1h, step: 5m }",
      "looks must be at most 12 here, because each look needs a step of windows.post.",
    ],
  ])("%s is refused while the config is read", (lines, message) => {
    const text = CONFIG.replace("looks: 4\n", "").replace(/windows: .*\n/, "");
    expect(() => configOf(`${text}${lines}\n`)).toThrow(message);
  });

  it("a flag cannot change it, and can state it where the config does not", () => {
    expect(() => withLooks(configOf(CONFIG), 5)).toThrow("The config plans 4 looks, and --look says 5.");
    expect(withLooks(configOf(CONFIG.replace("looks: 4\n", "")), 5).services[0]?.looks).toBe(5);
  });

  it("a shorter post window by flag may be too short for it", () => {
    expect(() => lookSpans({ post: 180, step: 60, looks: 4 })).toThrow(
      "4 looks need a post window of at least 4 steps",
    );
  });
});

describe("a look", () => {
  it("before the first one nothing is read", async () => {
    const document = await run(CONFIG.replace("quiet.csv", "does-not-exist.csv"), at(1) - 60);
    expect(document).toMatchObject({ verdict: "invalid", reasonCodes: ["WINDOW_OPEN"] });
    expect(document.slis[0]?.reasons[0]?.message).toBe(
      "It is too early for look 1 of 4: its data are complete at 2026-03-10T08:18:00Z, in 1m.",
    );
    expect(awaitedLook(document)).toBe(at(1));
  });

  it("is the one that the clock says is due", async () => {
    const numbers = await Promise.all(
      [at(1), at(2) - 1, at(2), at(4), at(4) + 86_400].map(
        async (now) => (await run(OPEN, now)).plans[0]?.look?.number,
      ),
    );
    expect(numbers).toEqual([1, 1, 2, 4, 4]);
  });

  it("by number reads the data up to it and no later, whenever it runs", async () => {
    const [live, later] = await Promise.all([run(OPEN, at(2)), run(OPEN, at(4) + 86_400, 2)]);
    expect(later.windows.postEnd).toBe(DEPLOYED_AT + 120 + 1800);
    expect(later.slis).toEqual(live.slis);
    expect(later.plans).toEqual(live.plans);
    expect(later.provenance.dataHash).toBe(live.provenance.dataHash);
    expect((await run(OPEN, at(2), 3)).reasonCodes).toEqual(["WINDOW_OPEN"]);
  });

  it("stops for clear harm, and its interval is the one that allows for all looks", async () => {
    const [first, alone] = await Promise.all([run(HURTS, at(1)), run(HURTS.replace("looks: 4\n", ""), at(4))]);
    expect(first.verdict).toBe("regression");
    expect(awaitedLook(first)).toBeNull();
    const [sli] = first.slis;
    expect(sli?.reasonCodes).not.toContain("NEXT_LOOK");
    const alpha = first.plans[0]?.alpha ?? 0;
    expect(alpha).toBeLessThan(0.01);
    expect(sli?.estimate?.level).toBeCloseTo(1 - alpha, 11);
    expect(sli?.inference?.look).toMatchObject({ number: 1, of: 4, alphaOfAll: 0.05 });
    expect(sli?.inference?.look?.alpha).toBeCloseTo(alpha, 11);
    expect(alone.slis[0]?.inference?.look).toBeUndefined();
    expect(alone.slis[0]?.estimate?.level).toBe(0.95);
  });

  it("stops for clear safety", async () => {
    const document = await run(CONFIG.replace("margin: 5%", "margin: 30%"), at(1));
    expect(document.verdict).toBe("no-impact");
    expect(awaitedLook(document)).toBeNull();
  });

  it("that cannot decide says when the next one is, until the last one", async () => {
    const [second, third, last] = await Promise.all([run(OPEN, at(2)), run(OPEN, at(3)), run(OPEN, at(4))]);
    expect([second, third, last].map(({ verdict }) => verdict)).toEqual(Array(3).fill("inconclusive"));
    expect(second.reasonCodes[0]).toBe("NEXT_LOOK");
    expect(second.slis[0]?.reasons).toContainEqual({
      code: "NEXT_LOOK",
      message: "This is look 2 of 4; the next is at 2026-03-10 08:48 UTC, the last one at 2026-03-10 09:03 UTC.",
      hint: "Run again at 2026-03-10 08:48 UTC or later.",
      facts: { look: 2, looks: 4, nextAt: at(3), lastAt: at(4) },
    });
    expect(second.slis[0]?.timeToDecide).toBeNull();
    expect(third.slis[0]?.reasons.at(-1)?.message).toContain("2026-03-10 09:03 UTC, the last one.");
    expect([second, third, last].map(awaitedLook)).toEqual([at(3), at(4), null]);
    expect(last.reasonCodes).not.toContain("NEXT_LOOK");
    expect(last.slis[0]?.timeToDecide).not.toBeNull();
  });

  it("pays for the earlier ones: the last interval is wider than that of a single look by the quantiles of their levels", async () => {
    const halfWidth = ({ slis }: ResultDocument): number =>
      ((slis[0]?.estimate?.confHigh ?? 0) - (slis[0]?.estimate?.confLow ?? 0)) / 2;
    const [last, only] = await Promise.all([run(OPEN, at(4)), run(OPEN.replace("looks: 4\n", ""), at(4))]);
    const dof = only.slis[0]?.inference?.dof ?? 0;
    const quantile = (alpha = 0): number => studentTQuantile(1 - alpha / 2, dof);
    expect(halfWidth(last) / halfWidth(only)).toBeCloseTo(quantile(last.plans[0]?.alpha) / quantile(0.05), 9);
    expect(halfWidth(last)).toBeGreaterThan(halfWidth(only));
  });

  it("replays to the same numbers", async () => {
    const stored = JSON.parse(JSON.stringify(await run(OPEN, at(2)))) as ResultDocument;
    expect(replay(stored)).toMatchObject({ type: "same", verdict: "inconclusive" });
  });
});
