import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import { DeployImpactError } from "../../src/core/errors.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { crowded, DOCUMENTS } from "../surfaces/documents.ts";
import {
  CONFIG,
  CONFIG_PATH,
  DEPLOYED_AT,
  deployment,
  deploymentStatus,
  postAfter,
  postOf,
  type RunOptions,
  runOn,
  SHA,
} from "./action-harness.ts";
import { type GithubStandIn, type GithubState, type StandInDeployment, startGithub } from "./github-stand-in.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** deployedAt + settle 5m + post 1h + lag of one step. */
const READY_AT = DEPLOYED_AT + 66 * MINUTE;
const open: GithubStandIn[] = [];

afterEach(async () => {
  for (const github of open.splice(0)) {
    await github.close();
    expect(github.violations).toEqual([]);
  }
});

async function github(more: Partial<GithubState> = {}): Promise<GithubStandIn> {
  const started = await startGithub({
    files: { [CONFIG_PATH]: CONFIG },
    deployments: [deployment()],
    pullRequests: [{ number: 77, mergeSha: SHA, headSha: "c".repeat(40), files: ["src/checkout.ts"] }],
    ...more,
  });
  open.push(started);
  return started;
}

const deliver = (on: GithubStandIn, options: RunOptions = {}) =>
  runOn(on, { payload: deploymentStatus(deployment()), now: DEPLOYED_AT + MINUTE, ...options });

const sweep = (on: GithubStandIn, now: number, options: RunOptions = {}) =>
  runOn(on, {
    event: "schedule",
    payload: { schedule: "*/30 * * * *", repository: { private: true } },
    now,
    ...options,
  });

const statesOf = (on: GithubStandIn) => on.state.checks.map(({ fields }) => [fields.status, fields.conclusion ?? null]);

test("while the window is open: check in progress with its plan, outputs pending, green, the post step leaves it", async () => {
  const on = await github();
  const run = await deliver(on);
  await postOf(on, run);
  expect(statesOf(on)).toEqual([["in_progress", null]]);
  expect(on.state.checks[0]?.fields.output).toMatchObject({ title: "Waiting for data until 14:06 UTC" });
  expect(run.outputs).toMatchObject({
    verdict: "pending",
    "ready-at": new Date(READY_AT).toISOString(),
    "pull-request": "77",
    conclusion: "",
  });
  expect(run.failed).toBe(false);
  expect(run.sleeps).toEqual([]);
  expect(on.state.comments).toEqual([]);
});

test("a scheduled run finishes it when it is due, from what was registered, with one check and one comment", async () => {
  const on = await github();
  await deliver(on);
  const early = await sweep(on, READY_AT - MINUTE);
  expect(statesOf(on)).toEqual([["in_progress", null]]);
  expect(early.outputs.verdict).toBe("not-applicable");
  await postOf(on, early);
  expect(statesOf(on)).toEqual([["in_progress", null]]);
  on.requests.splice(0);
  const run = await sweep(on, READY_AT + MINUTE, { document: DOCUMENTS.regression });
  expect(statesOf(on)).toEqual([["completed", "failure"]]);
  expect(run.outputs).toMatchObject({ verdict: "regression", "pull-request": "77" });
  expect(run.failed).toBe(true);
  expect(on.state.comments).toHaveLength(1);
  expect(on.requests.length).toBeLessThanOrEqual(8);
  const writes = on.writes().length;
  await sweep(on, READY_AT + HOUR);
  expect(on.writes()).toHaveLength(writes);
});

/** The workflow that people copy. */
function readmeTriggers(): readonly string[] {
  const page = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const block = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  const workflow = parse(block.find((text) => /^jobs:/m.test(text)) ?? "") as { on: Record<string, unknown> };
  return Object.keys(workflow.on);
}

test("the triggers of the README do it together: one opens the check, each of the others finishes it", async () => {
  const [opens, ...finishes] = readmeTriggers();
  expect(opens).toBe("deployment_status");
  expect(finishes).toEqual(["schedule", "workflow_dispatch"]);
  for (const event of finishes) {
    const on = await github();
    await deliver(on);
    await sweep(on, READY_AT + MINUTE, { event, document: DOCUMENTS["no-impact"] });
    expect(statesOf(on)).toEqual([["completed", "success"]]);
  }
});

test("a cancelled sweep leaves the registered check to the next run, a crashed one closes it", async () => {
  const on = await github();
  await deliver(on);
  const unanswered = () => new Promise<ResultDocument>(() => undefined);
  const stopped = async (state: Record<string, string>) => {
    const saved: Record<string, string> = {};
    void sweep(on, READY_AT + MINUTE, { document: unanswered, state: saved });
    await expect.poll(() => saved["open-checks"]).toContain('"registered":true');
    await postAfter(on, { ...saved, ...state });
  };
  await stopped({ ended: "CANCELLED" });
  expect(statesOf(on)).toEqual([["in_progress", null]]);
  await stopped({});
  expect(statesOf(on)).toEqual([["completed", "neutral"]]);
});

test("a second identical delivery while the window is open writes nothing and keeps the announced time", async () => {
  const on = await github({ deployments: [] });
  const push = { event: "push", payload: { after: SHA, repository: { private: true } } };
  await runOn(on, { ...push, now: DEPLOYED_AT });
  const writes = on.writes().length;
  const again = await runOn(on, { ...push, now: DEPLOYED_AT + 10 * MINUTE });
  expect(on.writes()).toHaveLength(writes);
  expect(again.outputs["ready-at"]).toBe(new Date(READY_AT).toISOString());
});

test("without GitHub deployments the checks on the latest commits are finished", async () => {
  const on = await github({
    deployments: [],
    commits: [{ sha: SHA, message: "x", at: new Date(DEPLOYED_AT - HOUR).toISOString() }],
  });
  await runOn(on, { event: "push", payload: { after: SHA }, now: DEPLOYED_AT });
  await sweep(on, READY_AT + MINUTE, { document: DOCUMENTS["no-impact"] });
  expect(statesOf(on)).toEqual([["completed", "success"]]);
});

test("deployments to other environments do not hide checks of deploys that GitHub did not see", async () => {
  const pages = deployment({
    id: 9,
    sha: "e".repeat(40),
    environment: "github-pages",
    createdAt: new Date(DEPLOYED_AT).toISOString(),
  });
  const on = await github({
    deployments: [pages],
    commits: [{ sha: SHA, message: "x", at: new Date(DEPLOYED_AT - HOUR).toISOString() }],
  });
  const client_payload = { sha: SHA, environment: "production", deployedAt: new Date(DEPLOYED_AT).toISOString() };
  await runOn(on, { event: "repository_dispatch", payload: { client_payload }, now: DEPLOYED_AT + MINUTE });
  await sweep(on, READY_AT + MINUTE, { document: DOCUMENTS["no-impact"] });
  expect(statesOf(on)).toEqual([["completed", "success"]]);
});

test("a pending check in another repository says who comes back, and the same event finishes it", async () => {
  const on = await github({ deployments: [] });
  const deployedAt = new Date(DEPLOYED_AT).toISOString();
  const client_payload = { sha: SHA, environment: "production", deployedAt, repository: "acme/shop-web" };
  const event = { event: "repository_dispatch", payload: { client_payload } };
  const run = await runOn(on, { ...event, now: DEPLOYED_AT + MINUTE });
  expect(run.warnings.join()).toContain("Send the same event again after 2026-11-20T14:06:00.000Z");
  expect(on.state.checks[0]?.fields.output).toMatchObject({ summary: expect.stringContaining("The same event") });
  await runOn(on, { ...event, now: READY_AT + MINUTE, document: DOCUMENTS["no-impact"] });
  expect(statesOf(on)).toEqual([["completed", "success"]]);
});

test("`wait` bridges what is missing inside the run, and nothing longer", async () => {
  const short = await github();
  const run = await deliver(short, {
    now: READY_AT - 5 * MINUTE,
    inputs: { wait: "10m" },
    document: DOCUMENTS["no-impact"],
  });
  expect(run.sleeps).toEqual([5 * MINUTE]);
  expect(run.outputs.verdict).toBe("no-impact");
  const long = await github();
  const other = await deliver(long, { now: READY_AT - 11 * MINUTE, inputs: { wait: "10m" } });
  expect(other.sleeps).toEqual([]);
  expect(other.outputs.verdict).toBe("pending");
});

const newerSha = "b".repeat(40);
const newer = deployment({
  id: 1234568,
  sha: newerSha,
  createdAt: new Date(DEPLOYED_AT + 20 * MINUTE).toISOString(),
  statuses: [{ state: "success", at: new Date(DEPLOYED_AT + 30 * MINUTE).toISOString() }],
});

test("a source that is down for a moment keeps the check open, said loudly, and the next run finishes it", async () => {
  const down = () =>
    Promise.reject(new DeployImpactError("SOURCE_UNAVAILABLE", "The server answered 503.", { hint: "Wait for it." }));
  const on = await github();
  await deliver(on);
  const run = await sweep(on, READY_AT + MINUTE, { document: down });
  expect(statesOf(on)).toEqual([["in_progress", null]]);
  expect(on.state.checks[0]?.fields.output).toMatchObject({
    title: "Could not read metrics: source unavailable; the next scheduled run tries again",
  });
  expect(run.errors[0]?.message).toContain("answered 503");
  expect(run.summary.join("")).toContain("answered 503");
  expect(run.outputs).toMatchObject({ verdict: "error", "reason-code": "SOURCE_UNAVAILABLE", conclusion: "" });
  expect(run.failed).toBe(false);
  await postOf(on, run);
  await sweep(on, READY_AT + 16 * MINUTE, { document: DOCUMENTS["no-impact"] });
  expect(statesOf(on)).toEqual([["completed", "success"]]);
  const lasting = await github();
  await deliver(lasting);
  await sweep(lasting, READY_AT + 7 * HOUR, { document: down });
  expect(statesOf(lasting)).toEqual([["completed", "neutral"]]);
  const strict = await github();
  await deliver(strict);
  const red = await sweep(strict, READY_AT + MINUTE, { document: down, inputs: { "fail-on": "error" } });
  expect(statesOf(strict)).toEqual([["completed", "failure"]]);
  expect(red.failed).toBe(true);
});

test("a newer deploy inside the window closes the older check as overlapped and announces its own", async () => {
  const on = await github();
  await deliver(on);
  on.state.deployments.push(newer);
  await runOn(on, {
    payload: deploymentStatus(newer, "success", DEPLOYED_AT + 30 * MINUTE),
    now: DEPLOYED_AT + 31 * MINUTE,
  });
  expect(on.state.checks.map(({ headSha, fields }) => [headSha, fields.status, fields.conclusion ?? null])).toEqual([
    [SHA, "completed", "neutral"],
    [newerSha, "in_progress", null],
  ]);
  expect(JSON.stringify(on.state.checks[0]?.fields.output)).toContain("another deploy (bbbbbbb) at 13:30 UTC");
  expect(on.state.comments).toEqual([]);
});

test("a failed deploy in between is no overlap", async () => {
  const on = await github();
  await deliver(on);
  on.state.deployments.push({
    ...newer,
    statuses: [{ state: "failure", at: new Date(DEPLOYED_AT + 30 * MINUTE).toISOString() }],
  });
  await sweep(on, DEPLOYED_AT + 40 * MINUTE);
  expect(statesOf(on)).toEqual([["in_progress", null]]);
});

test("nobody came back: concluded neutral before GitHub calls the check stale", async () => {
  const on = await github({ files: { [CONFIG_PATH]: `${CONFIG}windows: { post: 20d }\n` } });
  await deliver(on);
  await sweep(on, DEPLOYED_AT + 13 * DAY);
  expect(statesOf(on)).toEqual([["in_progress", null]]);
  await sweep(on, DEPLOYED_AT + 13 * DAY + 13 * HOUR);
  expect(statesOf(on)).toEqual([["completed", "neutral"]]);
  expect(on.state.checks[0]?.fields.output).toMatchObject({ title: "Nobody came back" });
});

function many(count: number): StandInDeployment[] {
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(DEPLOYED_AT - index * 3 * HOUR).toISOString();
    return deployment({
      id: 5000 + index,
      sha: (index + 16).toString(16).padStart(40, "0"),
      createdAt: at,
      statuses: [{ state: "success", at }],
    });
  });
}

test("more due checks than the budget allows: the run stays within it, says what is left, later runs finish all", async () => {
  const deployments = many(20);
  const on = await github({ deployments, pullRequests: [] });
  for (const one of deployments.slice(0, 6)) {
    await runOn(on, {
      payload: deploymentStatus(one, "success", Date.parse(one.createdAt)),
      now: Date.parse(one.createdAt) + MINUTE,
    });
  }
  expect(statesOf(on).filter(([status]) => status === "in_progress").length).toBe(6);
  const said: string[] = [];
  let runs = 0;
  for (; runs < 12 && statesOf(on).some(([status]) => status === "in_progress"); runs += 1) {
    on.requests.splice(0);
    const run = await sweep(on, DEPLOYED_AT + DAY + runs * 30 * MINUTE, { document: DOCUMENTS["no-impact"] });
    expect(on.requests.length).toBeLessThanOrEqual(15);
    said.push(run.info.join("\n"));
  }
  expect(statesOf(on).every(([status, conclusion]) => status === "completed" && conclusion === "success")).toBe(true);
  expect(runs).toBeGreaterThan(1);
  expect(said[0]).toMatch(/\d+ commits are left to the next run/);
});

test("several large reports of one run fit into the one job summary that GitHub keeps", async () => {
  const deployments = many(2);
  const on = await github({ deployments, pullRequests: [] });
  for (const one of deployments) {
    const at = Date.parse(one.createdAt);
    await runOn(on, { payload: deploymentStatus(one, "success", at), now: at + MINUTE });
  }
  const run = await sweep(on, DEPLOYED_AT + DAY, { document: crowded(200) });
  expect(run.summary.filter((text) => text.includes("Regression"))).toHaveLength(2);
  expect(Buffer.byteLength(run.summary.join("\n"), "utf8")).toBeLessThan(1024 * 1024);
});

test("one broken check does not keep the others open", async () => {
  const on = await github();
  await deliver(on);
  on.state.deployments.push(newer);
  await runOn(on, {
    payload: deploymentStatus({ ...newer, environment: "staging" }, "success", DEPLOYED_AT + 30 * MINUTE),
    now: DEPLOYED_AT + 31 * MINUTE,
    inputs: { environment: "staging" },
  });
  let calls = 0;
  const document = async (): Promise<ResultDocument> => {
    calls += 1;
    if (calls === 1) throw new Error("boom");
    return DOCUMENTS["no-impact"];
  };
  on.state.deployments.pop();
  on.state.deployments.push({ ...newer, environment: "staging" });
  const run = await sweep(on, DEPLOYED_AT + 3 * HOUR, { document });
  expect(statesOf(on).map(([status]) => status)).toEqual(["completed", "completed"]);
  expect(
    statesOf(on)
      .map(([, conclusion]) => conclusion)
      .sort(),
  ).toEqual(["neutral", "success"]);
  expect(run.errors).toHaveLength(1);
});

test("workflow_dispatch without a deployment finishes what is due; with one it judges that one", async () => {
  const on = await github();
  await deliver(on);
  await runOn(on, {
    event: "workflow_dispatch",
    payload: { inputs: null },
    now: READY_AT + MINUTE,
    document: DOCUMENTS["no-impact"],
  });
  expect(statesOf(on)).toEqual([["completed", "success"]]);
  const other = await github({ deployments: [] });
  const inputs = { sha: SHA, "deployed-at": new Date(DEPLOYED_AT).toISOString(), environment: "canary" };
  await runOn(other, { event: "workflow_dispatch", payload: { inputs: {} }, inputs, document: DOCUMENTS["no-impact"] });
  expect(other.state.checks[0]?.fields).toMatchObject({ name: "Deploy impact / canary", conclusion: "success" });
});

test("a check planted by another app with our external id cannot be changed; ours is made beside it", async () => {
  const on = await github();
  on.state.checks.push({
    id: 1,
    headSha: SHA,
    appSlug: "stranger",
    appId: 99,
    fields: {
      name: "Deploy impact / production",
      external_id: "di1:1234567:production",
      status: "in_progress",
      output: { title: "x", summary: "y" },
    },
  });
  await runOn(on, { payload: deploymentStatus(deployment()), document: DOCUMENTS["no-impact"] });
  expect(on.state.checks.map(({ appSlug, fields }) => [appSlug, fields.status])).toEqual([
    ["stranger", "in_progress"],
    ["github-actions", "completed"],
  ]);
});
