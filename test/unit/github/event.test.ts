import { expect, test } from "vitest";
import { parseEvent, type RunnerContext } from "../../../src/github/event.ts";

const SHA = "a".repeat(40);

const context = (eventName: string, payload: unknown): RunnerContext => ({
  eventName,
  payload,
  repository: "acme/shop",
  sha: "f".repeat(40),
  actor: "someone",
  runId: "1",
  runAttempt: 1,
  apiUrl: "https://github.example/api/v3",
  serverUrl: "https://github.example",
});

const read = (eventName: string, payload: unknown) => parseEvent(context(eventName, payload));

test("deployment_status: deployment, its payload (also as JSON text) and the time of success", () => {
  const deployment = {
    id: 5,
    sha: SHA,
    environment: "production",
    payload: '{"treated":"eu-1"}',
    created_at: "2026-01-31T12:00:00Z",
  };
  const deployment_status = {
    state: "success",
    created_at: "2026-01-31T12:05:00Z",
    log_url: "",
    target_url: "https://ci.example/1",
  };
  expect(read("deployment_status", { deployment, deployment_status })).toEqual({
    kind: "deployment",
    deployment: {
      id: 5,
      sha: SHA,
      environment: "production",
      transient: false,
      payload: { treated: "eu-1" },
      createdAt: 1769860800,
    },
    succeededAt: 1769861100,
    url: "https://ci.example/1",
  });
});

test.each(["pending", "queued", "in_progress", "failure", "error", "inactive"])(
  "deployment_status %s is not judged",
  (state) => {
    const deployment = { id: 5, sha: SHA, environment: "production", created_at: "2026-01-31T12:00:00Z" };
    const event = read("deployment_status", {
      deployment,
      deployment_status: { state, created_at: "2026-01-31T12:05:00Z" },
    });
    expect(event).toMatchObject({ kind: "not-applicable", sha: null });
  },
);

const run = (more: object) => ({
  action: "completed",
  workflow_run: {
    head_sha: SHA,
    conclusion: "success",
    updated_at: "2026-01-31T12:00:00Z",
    head_repository: { full_name: "acme/shop" },
    ...more,
  },
});

test("workflow_run: a successful run of this repository; no failed one, no fork's", () => {
  expect(read("workflow_run", run({}))).toMatchObject({ kind: "commit", sha: SHA, deployedAt: 1769860800 });
  expect(read("workflow_run", run({ conclusion: "failure" })).kind).toBe("not-applicable");
  expect(read("workflow_run", run({ head_repository: { full_name: "stranger/shop" } })).kind).toBe("not-applicable");
  expect(read("workflow_run", { ...run({}), action: "requested" }).kind).toBe("not-applicable");
});

test("workflow_dispatch: a sweep without a commit and a time, else that deploy", () => {
  expect(read("workflow_dispatch", { inputs: null })).toEqual({ kind: "sweep" });
  expect(read("workflow_dispatch", { inputs: { sha: "", environment: "production" } })).toEqual({ kind: "sweep" });
  expect(read("workflow_dispatch", { inputs: { "deployed-at": "2026-01-31T12:00:00Z" } })).toMatchObject({
    kind: "dispatch",
    sha: "f".repeat(40),
  });
});

test("repository_dispatch: what was sent, and a sentence with an example when it cannot be used", () => {
  const client_payload = { sha: SHA, environment: "production", deployedAt: 1769860800, repository: "acme/api" };
  expect(read("repository_dispatch", { client_payload })).toEqual({ kind: "dispatch", ...client_payload });
  expect(() => read("repository_dispatch", { client_payload: { sha: 5 } })).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("deployedAt") as string }) as Error,
  );
});

test("a push that deletes a branch, and events that say nothing about deploys, are not judged", () => {
  expect(read("push", { after: SHA })).toMatchObject({ kind: "commit", sha: SHA, deployedAt: null });
  expect(read("push", { after: SHA, deleted: true }).kind).toBe("not-applicable");
  expect(read("issues", {}).kind).toBe("not-applicable");
  expect(read("schedule", {})).toEqual({ kind: "sweep" });
});

test("merge_group and pull requests that cannot have credentials get a skipped check on their head", () => {
  expect(read("merge_group", { merge_group: { head_sha: SHA } })).toMatchObject({ kind: "not-applicable", sha: SHA });
  const gone = {
    pull_request: { number: 1, head: { sha: SHA, repo: null }, base: { repo: { full_name: "acme/shop" } } },
  };
  expect(read("pull_request", gone)).toMatchObject({ kind: "not-applicable", sha: SHA });
  const own = {
    pull_request: {
      number: 1,
      user: { login: "someone" },
      head: { sha: SHA, repo: { full_name: "acme/shop" } },
      base: { repo: { full_name: "acme/shop" } },
    },
  };
  expect(read("pull_request", own)).toMatchObject({ kind: "commit", sha: SHA, pullRequests: [1] });
});
