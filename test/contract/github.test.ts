import { expect, test } from "vitest";
import { answerProblems, completeAnswer, requestProblems, routeOf } from "./github-contract.ts";

const none = new URLSearchParams();

function route(method: string, path: string) {
  const found = routeOf(method, path);
  if (found === null) throw new Error(`no route ${method} ${path}`);
  return found;
}

/** The judge itself must be able to say no; the Action's requests go through it in test/integration. */
test("the description refuses what GitHub refuses: missing, misspelt and unknown fields, wrong types", () => {
  const create = route("POST", "/repos/acme/shop/check-runs");
  const good = { name: "n", head_sha: "a", output: { title: "t", summary: "s" }, status: "in_progress" };
  expect(requestProblems(create, none, good)).toEqual([]);
  expect(requestProblems(create, none, { head_sha: "a" })).not.toEqual([]);
  expect(requestProblems(create, none, { ...good, headsha: "a" })).not.toEqual([]);
  expect(requestProblems(create, none, { ...good, status: "done" })).not.toEqual([]);
  expect(requestProblems(create, none, { ...good, output: { title: "t" } })).not.toEqual([]);
  expect(requestProblems(create, none, { ...good, output: { title: "t", summary: "x".repeat(65_536) } })).not.toEqual(
    [],
  );
});

test("an update has no head_sha, and completed needs a conclusion", () => {
  const update = route("PATCH", "/repos/acme/shop/check-runs/7");
  expect(requestProblems(update, none, { status: "completed", conclusion: "success" })).toEqual([]);
  expect(requestProblems(update, none, { status: "in_progress", head_sha: "a" })).not.toEqual([]);
  expect(requestProblems(update, none, { status: "completed", conclusion: "great" })).not.toEqual([]);
});

test("path and query parameters are judged, too", () => {
  expect(routeOf("GET", "/repos/acme/shop/check-run")).toBeNull();
  const comments = route("GET", "/repos/acme/shop/issues/seven/comments");
  expect(requestProblems(comments, none, undefined)).not.toEqual([]);
  const pulls = route("GET", "/repos/acme/shop/pulls");
  expect(requestProblems(pulls, new URLSearchParams("state=merged"), undefined)).not.toEqual([]);
  expect(requestProblems(pulls, new URLSearchParams("stat=closed"), undefined)).not.toEqual([]);
  expect(
    requestProblems(pulls, new URLSearchParams("state=closed&sort=updated&direction=desc&per_page=100"), undefined),
  ).toEqual([]);
});

test("a stand-in's answer that GitHub would not give is refused; a completed one passes", () => {
  const get = route("GET", "/repos/acme/shop/pulls/7");
  expect(answerProblems(get, 200, { id: 1 })).not.toEqual([]);
  expect(answerProblems(get, 200, completeAnswer(get, 200, { number: 7, head: { sha: "a" } }))).toEqual([]);
});
