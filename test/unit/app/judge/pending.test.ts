import { expect, test } from "vitest";
import { registration } from "../../../../src/app/judge/pending.ts";
import { CHECK_TEXT_CHARACTERS } from "../../../../src/github/limits.ts";
import { type PendingState, readPendingState } from "../../../../src/github/state.ts";

const STATE: PendingState = {
  kind: "pending",
  deployedAt: 1_795_000_000,
  deployedAtSource: "status",
  pullRequests: [77],
  rollback: false,
  configChanged: false,
  changedPaths: ["src/a.ts"],
  others: [],
  url: "https://ci.example/run/1",
};

test("what a later run must know survives in the check", () => {
  expect(readPendingState(registration(STATE))).toEqual(STATE);
});

test("paths that would not fit into a check are given up, the pull requests and the deploy time are not", () => {
  const paths = Array.from({ length: 600 }, (_, index) => `services/${"deep/".repeat(30)}${index}.ts`);
  const line = registration({ ...STATE, changedPaths: paths });
  expect(line.length).toBeLessThanOrEqual(CHECK_TEXT_CHARACTERS);
  expect(readPendingState(line)).toEqual({ ...STATE, changedPaths: null });
  const long = registration({ ...STATE, url: `https://ci.example/${"x".repeat(60_000)}` });
  expect(readPendingState(long)).toEqual({ ...STATE, changedPaths: null, url: null });
});
