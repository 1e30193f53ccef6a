import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import nock from "nock";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DeployImpactError } from "../../../src/core/errors.ts";
import { apiFor, type GithubApi } from "../../../src/github/api.ts";
import { connect } from "../../../src/github/client.ts";
import { DOORS, type Door } from "../../../src/github/errors.ts";

const HOST = "https://github.example";
const BASE = `${HOST}/api/v3`;
const REPO = "/api/v3/repos/acme/shop";

beforeAll(() => {
  nock.disableNetConnect();
});
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  nock.disableNetConnect();
});
afterAll(() => {
  nock.restore();
});

function client(door?: Door) {
  const warnings: string[] = [];
  const sleeps: number[] = [];
  const connected = connect({
    token: "ghs_x",
    apiUrl: BASE,
    log: { debug: () => undefined, info: () => undefined, warning: (message) => void warnings.push(message) },
    sleep: async (ms) => void sleeps.push(ms),
    secondMs: 0.01,
  });
  return {
    api: apiFor(connected, "acme/shop", door),
    requests: connected.requests,
    remaining: connected.remaining,
    warnings,
    sleeps,
  };
}

async function failure(call: (api: GithubApi) => Promise<unknown>, door?: Door) {
  const { api, requests, warnings } = client(door);
  const error = await call(api).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DeployImpactError)) throw new Error(`no DeployImpactError but ${String(error)}`);
  return { error, requests: requests(), warnings };
}

const CREATION = { name: "n", headSha: "a".repeat(40), externalId: "e", output: { title: "t", summary: "s" } };

test.each<[string, string, (api: GithubApi) => Promise<unknown>, string]>([
  ["get", "/deployments?per_page=100&page=1", (api) => api.listDeployments({}), "deployments: read"],
  ["get", "/contents/a.yml", (api) => api.getFile("a.yml"), "contents: read"],
  ["post", "/check-runs", (api) => api.createCheckRun(CREATION), "checks: write"],
  ["patch", "/check-runs/7", (api) => api.updateCheckRun(7, CREATION), "checks: write"],
  ["get", "/pulls/7", (api) => api.getPullRequest(7), "pull-requests: read"],
  ["post", "/issues/7/comments", (api) => api.createComment(7, "x"), "pull-requests: write"],
  ["delete", "/issues/comments/7", (api) => api.deleteComment(7), "pull-requests: write"],
])("403 on %s %s names the line that is missing, after one request", async (method, path, call, line) => {
  nock(HOST)
    .intercept(`${REPO}${path}`, method.toUpperCase())
    .reply(403, { message: "Resource not accessible by integration" });
  const { error, requests } = await failure(call);
  expect(error.code).toBe("GITHUB_PERMISSION");
  expect(error.hint).toContain(`\`${line}\``);
  expect(requests).toBe(1);
});

test.each([
  [401, "Bad credentials", "GITHUB_PERMISSION", "github-token"],
  [404, "Not Found", "GITHUB_NOT_FOUND", "contents: read"],
  [422, "No commit found", "GITHUB_REJECTED", "report"],
] as const)("%i (%s) is final and becomes %s", async (status, message, code, hint) => {
  nock(HOST).get(`${REPO}/contents/a.yml`).reply(status, { message });
  const { error, requests } = await failure((api) => api.getFile("a.yml"));
  expect(error).toMatchObject({ code });
  expect(error.hint).toContain(hint);
  expect(requests).toBe(1);
});

test("5xx on a read: three tries, then the request id", async () => {
  nock(HOST)
    .get(`${REPO}/pulls/7`)
    .times(3)
    .reply(502, { message: "Server Error" }, { "x-github-request-id": "AB:12" });
  const { error, requests } = await failure((api) => api.getPullRequest(7));
  expect(error).toMatchObject({ code: "GITHUB_UNAVAILABLE", retryable: true });
  expect(error.message).toContain("AB:12");
  expect(requests).toBe(3);
});

test("a GitHub that accepts a request and never answers is given up after the time limit, three times", async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  nock.enableNetConnect("127.0.0.1");
  const { port } = server.address() as AddressInfo;
  const log = { debug: () => undefined, info: () => undefined, warning: () => undefined };
  const client = connect({
    token: "t",
    apiUrl: `http://127.0.0.1:${port}`,
    log,
    sleep: async () => undefined,
    secondMs: 1,
    timeoutMs: 20,
  });
  const asked = apiFor(client, "acme/shop").getPullRequest(7);
  await expect(asked).rejects.toMatchObject({ code: "GITHUB_UNAVAILABLE", message: expect.stringMatching(/timeout/) });
  expect(client.requests()).toBe(3);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a POST is never repeated by itself, a PATCH is", async () => {
  nock(HOST).post(`${REPO}/issues/7/comments`).reply(502, {});
  expect((await failure((api) => api.createComment(7, "x"))).requests).toBe(1);
  nock(HOST).patch(`${REPO}/issues/comments/9`).times(3).reply(500, {});
  expect((await failure((api) => api.updateComment(9, "x"))).requests).toBe(3);
});

const SECONDARY = { message: "You have exceeded a secondary rate limit. Please wait." };

test("a secondary limit is waited out as long as it asks, three tries in all", async () => {
  nock(HOST).get(`${REPO}/pulls/7`).times(3).reply(403, SECONDARY, { "retry-after": "2" });
  const { error, requests, warnings } = await failure((api) => api.getPullRequest(7));
  expect(error.code).toBe("GITHUB_RATE_LIMITED");
  expect(error.message).toContain("wait 2 s");
  expect(requests).toBe(3);
  expect(warnings).toHaveLength(3);
});

test("a secondary limit as 429 without retry-after waits a minute and then succeeds", async () => {
  const body = {
    number: 7,
    merged_at: null,
    merge_commit_sha: null,
    head: { sha: "a" },
    base: { repo: { full_name: "acme/shop" } },
  };
  nock(HOST).get(`${REPO}/pulls/7`).reply(429, SECONDARY);
  nock(HOST).get(`${REPO}/pulls/7`).reply(200, body);
  const { api, warnings } = client();
  expect((await api.getPullRequest(7)).number).toBe(7);
  expect(warnings[0]).toContain("60 s");
});

test("a secondary limit that asks for longer than five minutes is reported instead", async () => {
  nock(HOST).get(`${REPO}/pulls/7`).reply(403, SECONDARY, { "retry-after": "900" });
  const { error, requests } = await failure((api) => api.getPullRequest(7));
  expect(error.message).toContain("900 s");
  expect(requests).toBe(1);
});

test("a primary limit that resets soon is waited out; a later one is an error with its time", async () => {
  const limited = (seconds: number) => ({
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + seconds),
  });
  const message = { message: "API rate limit exceeded for installation." };
  nock(HOST).get(`${REPO}/pulls/7`).times(3).reply(403, message, limited(20));
  expect((await failure((api) => api.getPullRequest(7))).requests).toBe(3);
  nock(HOST).get(`${REPO}/pulls/7`).reply(403, message, limited(3000));
  const { error, requests } = await failure((api) => api.getPullRequest(7));
  expect(error.code).toBe("GITHUB_RATE_LIMITED");
  expect(error.message).toMatch(/resets at \d{4}-\d\d-\d\dT/);
  expect(requests).toBe(1);
});

test("an answer of another shape is refused with a sentence, not passed on", async () => {
  nock(HOST).get(`${REPO}/pulls/7`).reply(200, { number: "seven" });
  const { error } = await failure((api) => api.getPullRequest(7));
  expect(error.message).toContain("unknown shape");
});

test("an answer that was cut off is a failure that passes, in words of whoever asked", async () => {
  const cut = '{"number": 7, "merged_at": "2026-11-2';
  nock(HOST).get(`${REPO}/pulls/7`).reply(200, cut, { "content-type": "application/json" });
  const { error } = await failure((api) => api.getPullRequest(7));
  expect(error).toMatchObject({ code: "GITHUB_UNAVAILABLE", retryable: true });
  expect(error.message).toContain("find the pull request of the deployed commit");
});

test.each([
  [401, "private key", "GITHUB_PERMISSION"],
  [403, '"Pull requests: Read and write"', "GITHUB_PERMISSION"],
  [404, "the App is installed", "GITHUB_NOT_FOUND"],
  [500, "The bot tries again", "GITHUB_UNAVAILABLE"],
])("to people who installed the App a %i speaks of the App", async (status, words, code) => {
  nock(HOST)
    .get(`${REPO}/pulls/7`)
    .times(status === 500 ? 3 : 1)
    .reply(status, { message: "no" });
  const { error } = await failure((api) => api.getPullRequest(7), DOORS.app);
  expect(error).toMatchObject({ code, hint: expect.stringContaining(words) });
  expect(error.hint).not.toMatch(/workflow|`permissions:`/);
});

test("a page of a list that has another shape is refused with the same sentence", async () => {
  nock(HOST)
    .get(`${REPO}/issues/7/comments`)
    .query(true)
    .reply(200, [{ id: "x" }]);
  const { error } = await failure((api) => api.listComments(7));
  expect(error).toMatchObject({ code: "GITHUB_REJECTED" });
  expect(error.message).toContain("unknown shape (read the comments of the pull request)");
});

test("a file that is too large to be shown is refused", async () => {
  nock(HOST)
    .get(`${REPO}/contents/a.yml`)
    .reply(200, { type: "file", encoding: "none", size: 2_000_000, content: "", sha: "a" });
  const { error } = await failure((api) => api.getFile("a.yml"));
  expect(error.message).toContain("2000000 bytes");
});

test("writes go out one at a time, with a pause of a second from the sixth on", async () => {
  let running = 0;
  let most = 0;
  nock(HOST)
    .delete(/issues\/comments/)
    .times(8)
    .reply(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running -= 1;
      return [204];
    });
  const { api, sleeps, requests, remaining } = client();
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((id) => api.deleteComment(id)));
  expect(most).toBe(1);
  expect(sleeps).toEqual([1000, 1000, 1000]);
  expect(requests()).toBe(8);
  expect(remaining()).toBe(7);
});

test("a repository that is none is refused before any request", () => {
  const { api } = client();
  expect(api.repository).toBe("acme/shop");
  const connected = connect({
    token: "t",
    apiUrl: BASE,
    log: { debug() {}, info() {}, warning() {} },
    sleep: async () => undefined,
  });
  expect(() => apiFor(connected, "acme")).toThrow(/not a repository/);
});
