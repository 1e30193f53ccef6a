import { expect, test } from "vitest";
import { trimmed } from "../../../../src/bot/webhooks/trim.ts";

test("what handlers read stays, what nobody reads goes", () => {
  const payload = {
    action: "created",
    deployment: {
      id: 4,
      sha: "0".repeat(40),
      payload: { treated: ["eu-1"], docs_url: "https://x.example", output: "mine" },
      creator: { login: "ann", id: 1, type: "User", avatar_url: "https://x.example/a.png" },
      statuses_url: "https://x.example/s",
    },
    deployment_status: { state: "success", log_url: "https://ci.example/1", environment_url: "https://shop.example" },
    workflow: { id: 1 },
    organization: { login: "acme" },
    repository: { id: 1, full_name: "acme/shop", keys_url: "k" },
    installation: { id: 2 },
  };
  expect(trimmed("deployment_status", payload)).toEqual({
    action: "created",
    deployment: {
      id: 4,
      sha: "0".repeat(40),
      payload: { treated: ["eu-1"], docs_url: "https://x.example", output: "mine" },
      creator: { login: "ann", id: 1, type: "User" },
    },
    deployment_status: { state: "success", log_url: "https://ci.example/1", environment_url: "https://shop.example" },
    repository: { id: 1, full_name: "acme/shop" },
    installation: { id: 2 },
  });
});

test("which files commits touched is not kept", () => {
  const commits = [{ id: "a", message: "m", timestamp: "t", added: ["x"], removed: [], modified: ["y"] }];
  expect(trimmed("push", { ref: "refs/heads/main", commits })).toEqual({
    ref: "refs/heads/main",
    commits: [{ id: "a", message: "m", timestamp: "t" }],
  });
});

test("a NUL, which JSON may hold and the store may not, is left out everywhere", () => {
  const payload = { comment: { body: "a\u0000b" }, issue: { title: ["\u0000"] } };
  expect(trimmed("issue_comment", payload)).toEqual({ comment: { body: "ab" }, issue: { title: [""] } });
  const sent = { action: "deploy", client_payload: { "k\u0000": ["\u0000v"] } };
  expect(trimmed("repository_dispatch", sent)).toEqual({ action: "deploy", client_payload: { k: ["v"] } });
});

test("what the store cannot hold is left out, and nothing else changes", () => {
  const payload = {
    text: "a\u0000b",
    code: "\\u0000",
    half: "x\ud83d",
    whole: "🚀",
    "n\u0000ame": [{ deep: "\u0000" }],
  };
  const kept = { text: "ab", code: "\\u0000", half: "x\ufffd", whole: "🚀", name: [{ deep: "" }] };
  expect(trimmed("repository_dispatch", { client_payload: payload })).toEqual({ client_payload: kept });
  expect(trimmed("issue_comment", { comment: { body: "y\ud83d\u0000" } })).toEqual({ comment: { body: "y\ufffd" } });
});
