import { expect, test } from "vitest";
import { successSince } from "../../../src/github/deployments.ts";

const status = (state: string, createdAt: number) => ({ state, createdAt, logUrl: null });

test.each([
  ["the first status of all", [status("success", 10)], 10, 10],
  ["repeated", [status("success", 30), status("success", 20), status("in_progress", 5)], 30, 20],
  ["active again after a rollback", [status("success", 40), status("inactive", 30), status("success", 10)], 40, 40],
  ["repeated later than the event", [status("success", 50), status("success", 20)], 20, 20],
  ["not in the list yet", [status("in_progress", 5)], 20, 20],
  ["in no order", [status("success", 20), status("in_progress", 5), status("success", 30)], 30, 20],
])("a success that is %s began when it began", (_name, statuses, at, began) => {
  expect(successSince(statuses, at)).toBe(began);
});
