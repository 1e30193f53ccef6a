import { describe, expect, test } from "vitest";
import type { GateSight } from "../../../../src/bot/gate/decide.ts";
import { type Look, moveAfterFailure, moveAfterLook } from "../../../../src/bot/gate/move.ts";
import { deadlineOf } from "../../../../src/bot/gate/schedule.ts";
import type { GateConfig } from "../../../../src/config/config.ts";
import { DeployImpactError } from "../../../../src/core/errors.ts";
import type { Verdict } from "../../../../src/core/result.ts";

const T0 = Date.UTC(2026, 10, 20, 13) / 1000;
const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
const MINUTE = 60;
const HOUR = 3600;

const CONFIG: GateConfig = {
  watches: "staging",
  onInconclusive: "wait",
  onInvalid: "wait",
  onError: "wait",
  after: 2 * HOUR,
  maxWait: 24 * HOUR,
};

const GATE: Parameters<typeof moveAfterLook>[0] = {
  environment: "production",
  sha: SHA,
  watches: null,
  analysisId: null,
  reports: 0,
  reportedAt: null,
  failingSince: null,
  requestedAt: T0,
  deadline: deadlineOf(T0),
};

const TITLE = "Regression: p95 latency +12.4% (7.9 to 17.0), margin 5%";

function judged(verdict: Verdict, acknowledgedBy: string | null = null): GateSight {
  return { kind: "judged", verdict, title: TITLE, url: "https://github.example/check/1", acknowledgedBy };
}

function look(sight: GateSight, config: Partial<GateConfig> = {}, mode: Look["mode"] = "enforcing"): Look {
  return { sight, config: { ...CONFIG, ...config }, mode, analysisId: "a" };
}

describe("what a verdict does to the gate", () => {
  test.each<[Verdict, Partial<GateConfig>, string]>([
    ["no-impact", {}, "approved"],
    ["improvement", {}, "approved"],
    ["regression", {}, "rejected"],
    ["regression", { onInvalid: "approve", onInconclusive: "approve", onError: "approve" }, "rejected"],
    ["inconclusive", {}, "left"],
    ["inconclusive", { onInconclusive: "approve" }, "approved"],
    ["inconclusive", { onInconclusive: "reject" }, "rejected"],
    ["invalid", {}, "left"],
    ["invalid", { onInvalid: "approve" }, "approved"],
    ["invalid", { onInvalid: "reject", onInconclusive: "approve" }, "rejected"],
  ])("%s with %o: %s", (verdict, config, outcome) => {
    const move = moveAfterLook(GATE, look(judged(verdict), config), T0);
    expect(move.decide?.decision ?? "left").toBe(outcome);
    // Whatever happens is said: with the decision, or as a report.
    expect(move.decide?.reason ?? move.report).toContain("staging");
  });

  test("a rejection names the harm and links to the verdict", () => {
    const { decide } = moveAfterLook(GATE, look(judged("regression")), T0);
    expect(decide?.reason).toBe(
      'Rejected. `a1b2c3d` in staging: Regression: p95 latency +12.4% (7.9 to 17.0), margin 5%. <a href="https://github.example/check/1">The verdict</a>',
    );
  });

  test("a verdict that people have to decide about says that a later one still counts", () => {
    const { report, progress } = moveAfterLook(GATE, look(judged("inconclusive")), T0);
    expect(report).toMatch(
      /^Not decided\..*People decide, in the workflow run\. A later verdict on staging still counts\.$/,
    );
    expect(progress).toMatchObject({ state: "left-to-people", nextAt: GATE.deadline });
  });

  test("a regression that a person answered for opens the gate and names the person", () => {
    const { decide } = moveAfterLook(GATE, look(judged("regression", "alice")), T0);
    expect(decide?.decision).toBe("approved");
    expect(decide?.reason).toContain("Acknowledged by `alice`.");
  });

  test("an advisory gate tells the harm and holds nothing back", () => {
    for (const verdict of ["regression", "inconclusive", "invalid"] as const) {
      const { decide } = moveAfterLook(GATE, look(judged(verdict), {}, "advisory"), T0);
      expect(decide?.decision).toBe("approved");
      expect(decide?.reason).toContain("advisory");
    }
  });
});

describe("while there is no verdict", () => {
  const pending = (readyAt: number | null): GateSight => ({ kind: "pending", readyAt, url: null });

  test("the first report says how long it takes and until when the gate waits", () => {
    const { decide, report, progress } = moveAfterLook(GATE, look(pending(T0 + 40 * MINUTE)), T0);
    expect(decide).toBeNull();
    expect(report).toBe(
      "Waiting for the verdict on `a1b2c3d` in staging. 40 minutes of data are missing; it comes about 13:40 UTC. This gate waits until 2026-11-21 13:00 UTC.",
    );
    expect(progress).toMatchObject({ state: "waiting", nextAt: T0 + 20 * MINUTE, watches: "staging", analysisId: "a" });
  });

  test("two hours of waiting need three reports and the answer, however often the job runs", () => {
    const readyAt = T0 + 2 * HOUR;
    const sent: number[] = [];
    let gate = { ...GATE };
    for (let now = T0; now < readyAt; now += MINUTE) {
      const { report } = moveAfterLook(gate, look(pending(readyAt)), now);
      if (report === null) continue;
      sent.push((now - T0) / MINUTE);
      gate = { ...gate, reports: gate.reports + 1, reportedAt: now };
    }
    expect(sent).toEqual([0, 60, 108]);
  });

  test("the end of the wait moves again and again: reports leave room for the answer within ten", () => {
    let gate = { ...GATE };
    for (let now = T0; now < T0 + 23 * HOUR; now += 10 * MINUTE) {
      const { report } = moveAfterLook(gate, look(pending(now + 11 * MINUTE)), now);
      if (report !== null) gate = { ...gate, reports: gate.reports + 1, reportedAt: now };
    }
    expect(gate.reports).toBeLessThanOrEqual(6);
  });

  test("a short wait is announced once", () => {
    let gate = { ...GATE };
    for (let now = T0; now < T0 + 9 * MINUTE; now += MINUTE) {
      const { report } = moveAfterLook(gate, look(pending(T0 + 9 * MINUTE)), now);
      if (report !== null) gate = { ...gate, reports: gate.reports + 1, reportedAt: now };
    }
    expect(gate.reports).toBe(1);
  });

  test("no deployment is known: it says so, and looks again soon, then less often", () => {
    const first = moveAfterLook(GATE, look({ kind: "unknown" }), T0);
    expect(first.report).toMatch(/^Waiting: no deployment to staging that carries `a1b2c3d` is known yet\./);
    expect(first.progress.nextAt).toBe(T0 + MINUTE);
    const later = moveAfterLook(GATE, look({ kind: "unknown" }), T0 + 10 * HOUR);
    expect(later.progress.nextAt).toBe(T0 + 11 * HOUR);
  });

  test.each([
    ["wait", null],
    ["approve", "approved"],
    ["reject", "rejected"],
  ] as const)("after max-wait on-error: %s applies", (onError, decision) => {
    for (const sight of [{ kind: "unknown" } as const, pending(T0 + 48 * HOUR)]) {
      const before = moveAfterLook(GATE, look(sight, { onError }), T0 + 24 * HOUR - 1);
      expect(before.progress).toMatchObject({ state: "waiting", nextAt: T0 + 24 * HOUR });
      const after = moveAfterLook(GATE, look(sight, { onError }), T0 + 24 * HOUR);
      expect(after.decide?.decision ?? null).toBe(decision);
      expect(after.decide?.reason ?? after.report).toContain("in time");
    }
  });
});

describe("an analysis without a verdict", () => {
  test("overtaken by a newer deploy counts as invalid, given up counts as our failure", () => {
    const rules = { onInvalid: "approve", onError: "reject" } as const;
    const overtaken = moveAfterLook(GATE, look({ kind: "ended", how: "overtaken", url: null }, rules), T0);
    const givenUp = moveAfterLook(GATE, look({ kind: "ended", how: "given-up", url: null }, rules), T0);
    expect([overtaken.decide?.decision, givenUp.decide?.decision]).toEqual(["approved", "rejected"]);
  });
});

describe("nothing says what to watch", () => {
  test.each([
    [false, "The repository has no config on its default branch"],
    [true, "The config says nothing about this gate: write `gate: { watches: ... }`"],
  ])("config there: %s", (hasConfig, text) => {
    const move = moveAfterLook(
      GATE,
      { sight: { kind: "unset", hasConfig }, config: null, mode: "enforcing", analysisId: null },
      T0,
    );
    expect(move.decide).toBeNull();
    expect(move.report).toContain(text);
    // It looks again by itself: nobody tells it when the config is there.
    expect(move.progress).toMatchObject({ state: "left-to-people", nextAt: T0 + MINUTE });
  });
});

describe("our own failure", () => {
  const RULES = { config: CONFIG, mode: "enforcing" } as const;
  const unavailable = new DeployImpactError("GITHUB_UNAVAILABLE", "GitHub did not answer.", {
    hint: "It is tried again.",
  });
  const broken = new DeployImpactError("CONFIG_INVALID", "The config is wrong.", { hint: "Write `watches: staging`." });

  test("a hiccup is not told, what lasts is told with its code, once", () => {
    const first = moveAfterFailure(GATE, unavailable, RULES, T0);
    expect(first.report).toBeNull();
    expect(first.progress.failingSince).toBe(T0);
    const failing = { ...GATE, failingSince: T0 };
    const later = moveAfterFailure(failing, unavailable, RULES, T0 + 5 * MINUTE);
    expect(later.report).toBe(
      "Could not assess: GITHUB_UNAVAILABLE. It is tried again. It is tried again until 15:00 UTC.",
    );
    expect(moveAfterFailure(failing, unavailable, RULES, T0 + 6 * MINUTE).report).toBe(later.report);
  });

  test("what people have to mend is told at once, with what to change", () => {
    const { report } = moveAfterFailure(GATE, broken, { config: null, mode: "enforcing" }, T0);
    expect(report).toContain("Could not assess: CONFIG_INVALID. Write");
  });

  test("it is tried again, never later than when on-error applies", () => {
    let now = T0;
    let tries = 0;
    for (; now < T0 + 2 * HOUR; tries += 1) {
      const failing = { ...GATE, failingSince: T0 };
      now = moveAfterFailure(failing, unavailable, RULES, now).progress.nextAt;
    }
    expect(now).toBe(T0 + 2 * HOUR);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(40);
  });

  test.each([
    ["wait", null],
    ["approve", "approved"],
    ["reject", "rejected"],
  ] as const)("after two hours on-error: %s applies and the code stays visible", (onError, decision) => {
    const failing = { ...GATE, failingSince: T0 };
    const move = moveAfterFailure(failing, unavailable, { ...RULES, config: { ...CONFIG, onError } }, T0 + 2 * HOUR);
    expect(move.decide?.decision ?? null).toBe(decision);
    expect(move.decide?.reason ?? move.report).toContain("GITHUB_UNAVAILABLE");
  });
});
