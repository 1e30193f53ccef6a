import { afterEach, expect, test } from "vitest";
import type { AnalysisPlan, PlannedLook } from "../../src/core/plan.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { readPendingState } from "../../src/github/state.ts";
import { DOCUMENTS } from "../surfaces/documents.ts";
import {
  CONFIG,
  CONFIG_PATH,
  DEPLOYED_AT,
  deployment,
  deploymentStatus,
  type RunOptions,
  runOn,
  SHA,
} from "./action-harness.ts";
import { type GithubStandIn, type GithubState, startGithub } from "./github-stand-in.ts";

/** A deploy that is looked at three times: settle 5m + post 1h in thirds, a lag of one step. */
const MINUTE = 60_000;
const LOOK_AT = [26, 46, 66].map((minutes) => DEPLOYED_AT + minutes * MINUTE);
const open: GithubStandIn[] = [];

afterEach(async () => {
  for (const github of open.splice(0)) {
    await github.close();
    expect(github.violations).toEqual([]);
  }
});

/** `post`: the whole post window. */
async function github(post = "1h", more: Partial<GithubState> = {}): Promise<GithubStandIn> {
  const started = await startGithub({
    files: { [CONFIG_PATH]: `${CONFIG}windows: { post: ${post} }\nlooks: 3\n` },
    deployments: [deployment()],
    pullRequests: [{ number: 77, mergeSha: SHA, headSha: "c".repeat(40), files: ["src/checkout.ts"] }],
    ...more,
  });
  open.push(started);
  return started;
}

/** What an analysis at look `number` says when it cannot decide yet. */
function undecided(number: number, times: readonly number[] = LOOK_AT): ResultDocument {
  const document = DOCUMENTS["inconclusive-never"];
  const [plan] = document?.plans ?? [];
  if (document === undefined || plan === undefined) throw new Error("there is no such document");
  const planned = times.map(
    (at, k): PlannedLook => ({ postEnd: at / 1000 - 60, readyAt: at / 1000, alpha: 0.01 * (k + 1), alphaSpent: 0.01 }),
  );
  const looking: AnalysisPlan = { ...plan, look: { number, alpha: 0.05, planned } };
  return { ...document, plans: [looking] };
}

const deliver = (on: GithubStandIn, options: RunOptions = {}) =>
  runOn(on, { payload: deploymentStatus(deployment()), now: DEPLOYED_AT + MINUTE, ...options });

const sweep = (on: GithubStandIn, now: number, options: RunOptions = {}) =>
  runOn(on, {
    event: "schedule",
    payload: { schedule: "*/10 * * * *", repository: { private: true } },
    now,
    ...options,
  });

interface Shown {
  readonly status: string;
  readonly conclusion?: string;
  readonly output: { readonly title: string; readonly summary: string; readonly text: string };
}

const checkOf = (on: GithubStandIn) => on.state.checks[0]?.fields as unknown as Shown;

test("the open check waits for the first look and lists all of them before the data exist", async () => {
  const on = await github();
  const run = await deliver(on);
  expect(checkOf(on)).toMatchObject({ status: "in_progress", output: { title: "Waiting for data until 13:26 UTC" } });
  expect(checkOf(on).output.summary).toContain("13:26 UTC (99.44%), 13:46 UTC");
  expect(run.outputs).toMatchObject({ verdict: "pending", "ready-at": new Date(LOOK_AT[0] ?? 0).toISOString() });
});

test("the first look that decides finishes the check", async () => {
  const on = await github();
  await deliver(on);
  await sweep(on, LOOK_AT[0] ?? 0, { document: DOCUMENTS.regression });
  expect(checkOf(on)).toMatchObject({ status: "completed", conclusion: "failure" });
});

test("one that does not leaves it open until the next, which is the one that finishes it", async () => {
  const on = await github();
  await deliver(on);
  const first = await sweep(on, LOOK_AT[0] ?? 0, { document: undecided(1) });
  expect(first.failed).toBe(false);
  expect(checkOf(on)).toMatchObject({
    status: "in_progress",
    output: { title: "Look 1 of 3 did not decide; waiting for data until 13:46 UTC" },
  });
  expect(readPendingState(checkOf(on).output.text)).toMatchObject({ looked: 1, pullRequests: [77] });
  // Between two looks nothing is read: an analysis here would fail the run.
  const between = await sweep(on, (LOOK_AT[0] ?? 0) + 10 * MINUTE);
  expect(between.failed).toBe(false);
  expect(checkOf(on).status).toBe("in_progress");
  await sweep(on, LOOK_AT[1] ?? 0, { document: DOCUMENTS["no-impact"] });
  expect(checkOf(on)).toMatchObject({ status: "completed", conclusion: "success" });
});

test("the last look finishes it whatever it says", async () => {
  const on = await github();
  await deliver(on);
  await sweep(on, LOOK_AT[2] ?? 0, { document: undecided(3) });
  expect(checkOf(on)).toMatchObject({ status: "completed", conclusion: "neutral" });
});

/** Looks of a post window of twelve minutes. */
const SOON = [10, 14, 18].map((minutes) => DEPLOYED_AT + minutes * MINUTE);

test("a run that may wait takes the looks itself", async () => {
  const on = await github("12m");
  const documents = [undecided(1, SOON), undecided(2, SOON), DOCUMENTS.regression as ResultDocument];
  const run = await deliver(on, {
    inputs: { wait: "10m" },
    now: DEPLOYED_AT + 8 * MINUTE,
    document: async () => documents.shift() ?? (DOCUMENTS.improvement as ResultDocument),
  });
  expect(run.sleeps.map((ms) => ms / MINUTE)).toEqual([2, 4, 4]);
  expect(documents).toEqual([]);
  expect(checkOf(on)).toMatchObject({ status: "completed", conclusion: "failure" });
});

test("waits for several looks together no longer than for one", async () => {
  const on = await github("12m");
  const run = await deliver(on, { inputs: { wait: "10m" }, document: undecided(1, SOON) });
  expect(run.sleeps.map((ms) => ms / MINUTE)).toEqual([9]);
  expect(checkOf(on).output.title).toBe("Look 1 of 3 did not decide; waiting for data until 13:14 UTC");
  expect(checkOf(on).output.summary).toContain("The next scheduled or manual run");
});

test("a later deploy ends the waiting after a look that did not decide", async () => {
  const later = deployment({
    id: 1234599,
    sha: "f".repeat(40),
    createdAt: new Date(DEPLOYED_AT + 30 * MINUTE).toISOString(),
  });
  const on = await github();
  await deliver(on);
  on.state.deployments.push({
    ...later,
    statuses: [{ state: "success", at: new Date(DEPLOYED_AT + 31 * MINUTE).toISOString() }],
  });
  await sweep(on, (LOOK_AT[0] ?? 0) + 10 * MINUTE, { document: undecided(1) });
  expect(checkOf(on)).toMatchObject({ status: "completed" });
  expect(checkOf(on).output.title).toContain("ffffff");
});
