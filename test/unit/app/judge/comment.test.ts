import { expect, test } from "vitest";
import { type CommentQuestion, commentDecision, commentTargets } from "../../../../src/app/judge/comment.ts";

const question = (more: Partial<CommentQuestion>): CommentQuestion => ({
  rule: "on-change",
  mode: "enforcing",
  verdict: "no-impact",
  reasonCodes: [],
  ...more,
});

test.each([
  [{ verdict: "regression" }, "post"],
  [{ verdict: "improvement" }, "post"],
  [{ verdict: "no-impact" }, "correct"],
  [{ verdict: "inconclusive" }, "correct"],
  [{ verdict: "invalid", reasonCodes: ["PRE_TRENDS"] }, "post"],
  [{ verdict: "invalid", reasonCodes: ["OVERLAPPING_DEPLOY"] }, "silent"],
  [{ verdict: "invalid", reasonCodes: ["NO_DATA"] }, "post"],
  [{ verdict: "invalid", reasonCodes: ["NO_DATA"], mode: "advisory" }, "correct"],
  [{ rule: "never", verdict: "regression" }, "silent"],
  [{ rule: "always", verdict: "no-impact" }, "post"],
  [{ rule: "always", verdict: "invalid", reasonCodes: ["OVERLAPPING_DEPLOY"] }, "silent"],
] as const)("%j: %s", (more, decision) => {
  expect(commentDecision(question(more as Partial<CommentQuestion>))).toBe(decision);
});

test("a batch is told only about a regression, and at most ten pull requests hear of it", () => {
  const batch = Array.from({ length: 12 }, (_, index) => index + 1);
  expect(commentTargets(batch, "regression", false)).toEqual(batch.slice(0, 10));
  expect(commentTargets(batch, "improvement", false)).toEqual([]);
  expect(commentTargets(batch, "improvement", true)).toEqual(batch.slice(0, 10));
  expect(commentTargets([5], "improvement", false)).toEqual([5]);
  expect(commentTargets([], "regression", false)).toEqual([]);
});
