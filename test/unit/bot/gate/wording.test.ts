import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GateSight } from "../../../../src/bot/gate/decide.ts";
import { answerText, failureAnswerText, failureText, waitingText } from "../../../../src/bot/gate/wording.ts";
import { GATE_COMMENT_CHARACTERS } from "../../../../src/github/limits.ts";

const NOW = Date.UTC(2026, 10, 20, 13) / 1000;

const text = fc.oneof(
  fc.string({ maxLength: 3000 }),
  fc.constantFrom("@team", "#1", "<img src=x>", "`".repeat(900), "|".repeat(1200), "🔴".repeat(600)),
);

const sight: fc.Arbitrary<GateSight> = fc.oneof(
  fc.record({ kind: fc.constant("unknown" as const) }),
  fc.record({
    kind: fc.constant("pending" as const),
    readyAt: fc.option(fc.integer({ min: NOW - 1e6, max: NOW + 1e6 })),
    url: fc.option(fc.webUrl({ size: "large" })),
  }),
  fc.record({
    kind: fc.constant("ended" as const),
    how: fc.constantFrom("overtaken", "given-up", "cancelled"),
    url: fc.option(fc.webUrl()),
  }),
  fc.record({
    kind: fc.constant("judged" as const),
    verdict: fc.constantFrom("regression", "improvement", "no-impact", "inconclusive", "invalid"),
    title: text,
    url: fc.option(fc.webUrl({ size: "large" })),
    acknowledgedBy: fc.option(text),
  }),
);

const words = fc.record({
  environment: text,
  watches: fc.option(text),
  sha: fc.constant("a".repeat(40)),
  now: fc.constant(NOW),
  until: fc.option(fc.integer({ min: NOW, max: NOW + 1e7 })),
});

describe("whatever names and titles are, GitHub takes the text and nothing in it acts", () => {
  test("waiting, answers and failures", () => {
    fc.assert(
      fc.property(sight, words, text, (seen, about, hint) => {
        const texts = [
          ...(seen.kind === "pending" || seen.kind === "unknown" ? [waitingText(seen, about)] : []),
          answerText(seen, { kind: "leave", why: "on-invalid" }, about),
          answerText(seen, { kind: "decide", decision: "rejected", why: "verdict" }, about),
          failureText({ code: "INTERNAL", hint }, about),
          failureAnswerText({ code: "INTERNAL", hint }, { kind: "leave", why: "on-error" }, 7200),
        ];
        for (const one of texts) {
          expect(one.length).toBeGreaterThan(0);
          expect(one.length).toBeLessThanOrEqual(GATE_COMMENT_CHARACTERS);
          // Inside code nothing acts.
          expect(one.replaceAll(/`[^`]*`/g, "")).not.toMatch(/@team|#1\b|<img/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test("a title that is too long goes, the verdict and the link stay", () => {
  const seen: GateSight = {
    kind: "judged",
    verdict: "regression",
    title: `Regression: ${"latency of everything ".repeat(60)}`,
    url: "https://github.example/check/1",
    acknowledgedBy: null,
  };
  const said = answerText(
    seen,
    { kind: "decide", decision: "rejected", why: "verdict" },
    { environment: "production", watches: "staging", sha: "a".repeat(40), now: NOW, until: null },
  );
  expect(said).toBe('Rejected. Regression. <a href="https://github.example/check/1">The verdict</a>');
});
