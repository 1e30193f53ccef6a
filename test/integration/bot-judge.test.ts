import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listAnalyses } from "../../src/bot/store/analyses.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { listVerdicts, verdictDocument } from "../../src/bot/store/verdicts.ts";
import { DeployImpactError } from "../../src/core/errors.ts";
import { embeddedStore } from "./bot-database.ts";
import {
  CONFIG,
  CONFIG_PATH,
  DAY,
  DEPLOYED_AT,
  deployment,
  HOUR,
  MINUTE,
  makeWorld,
  READY_AT,
  SHA,
  SHA_2,
  type World,
} from "./bot-world.ts";
import type { GithubState } from "./github-stand-in.ts";

let database: OpenDatabase;
let close: () => Promise<void>;
const open: World[] = [];

beforeAll(async () => {
  ({ database, close } = await embeddedStore("judge"));
});
afterAll(() => close?.());
afterEach(async () => {
  for (const world of open.splice(0)) {
    await world.close();
    expect(world.github.violations).toEqual([]);
  }
});

async function world(given: Partial<GithubState> = {}): Promise<World> {
  const made = await makeWorld(database, given);
  open.push(made);
  return made;
}

/** Deployed, announced, and looked at when everything is there. */
async function judged(on: World, at = READY_AT): Promise<World> {
  await on.deploy(deployment());
  await on.work();
  on.setNow(at);
  await on.work();
  return on;
}

const checksOf = (on: World) => on.github.state.checks.map(({ fields }) => [fields.status, fields.conclusion ?? null]);
const output = (on: World, index = -1) =>
  on.github.state.checks.at(index)?.fields.output as { title: string; summary: string; text?: string };
const analyses = (on: World) => listAnalyses(database, on.tenant, {}, 20);
const verdicts = (on: World) => listVerdicts(database, on.tenant, {}, 20);
const later = (more: object = {}) =>
  deployment({
    id: 1234568,
    sha: SHA_2,
    createdAt: new Date((DEPLOYED_AT + 19 * MINUTE) * 1000).toISOString(),
    statuses: [{ state: "success", at: new Date((DEPLOYED_AT + 20 * MINUTE) * 1000).toISOString() }],
    ...more,
  });

describe("a deploy from its webhook to its verdict", () => {
  test("is announced with its plan and gets its verdict, its check and one comment when the window is over", async () => {
    const on = await world();
    expect(await on.deploy(deployment())).toMatch(/^analysis /);
    await on.work();
    expect(checksOf(on)).toEqual([["in_progress", null]]);
    expect(on.github.state.checks[0]?.fields).toMatchObject({
      name: "Deploy impact / production",
      external_id: "di1:1234567:production",
      head_sha: SHA,
    });
    expect(output(on).title).toBe("Waiting for data until 14:10 UTC");
    expect(output(on).summary).toContain("The bot comes back by itself.");
    expect(output(on).summary).toContain("p95 latency");
    expect(on.github.state.comments).toEqual([]);
    expect(on.metrics.requests).toBe(0);
    expect(await on.waiting()).toMatchObject([{ name: "judge", at: READY_AT }]);

    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    expect(output(on).title).toMatch(/^Regression: p95 latency \+2\d\.\d% /);
    expect(on.github.state.comments.map(({ issue }) => issue)).toEqual([77]);
    expect(await on.waiting()).toEqual([]);
    expect(await analyses(on)).toMatchObject([
      { state: "done", publishing: null, nextAt: null, look: 1, lateSeconds: 0 },
    ]);
    const [verdict] = await verdicts(on);
    expect(verdict).toMatchObject({
      verdict: "regression",
      conclusion: "failure",
      sha: SHA,
      environment: "production",
    });
    expect(on.sent("react")).toEqual([{ verdictId: verdict?.id }]);
    const document = await verdictDocument(database, on.tenant, verdict?.id ?? "");
    expect(document?.slis[0]?.series).toBeDefined();
  });

  test("needs at most 15 requests, those of a batch with a comment included", async () => {
    const batch = [SHA_2, "3".repeat(40), SHA].map((sha, index) => ({
      sha,
      message: `Change (#${75 + index})`,
      at: "2026-11-20T12:00:00Z",
    }));
    const before = deployment({
      id: 1,
      sha: "0".repeat(40),
      createdAt: "2026-11-19T12:00:00Z",
      statuses: [{ state: "success", at: "2026-11-19T12:00:00Z" }],
    });
    const on = await world({
      deployments: [before],
      comparisons: {
        [`${"0".repeat(40)}...${SHA}`]: {
          status: "ahead",
          commits: [batch[2] ?? { sha: SHA, message: "", at: "" }],
          files: ["src/a.ts"],
        },
      },
    });
    await judged(on);
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    const [analysis] = await analyses(on);
    expect(analysis?.requests).toBe(on.requests());
    // A token for each of the two steps is counted where it is made.
    expect((analysis?.requests ?? 99) + 2).toBeLessThanOrEqual(15);
  });

  test("the same event again, before and after the verdict, changes nothing", async () => {
    const on = await world();
    await on.deploy(deployment());
    expect(await on.deploy(deployment())).toBe("known");
    await on.work();
    const announced = on.github.writes().length;
    expect(await on.deploy(deployment())).toBe("known");
    await on.work();
    expect(on.github.writes()).toHaveLength(announced);
    on.setNow(READY_AT);
    await on.work();
    const finished = on.github.writes().length;
    expect(await on.deploy(deployment())).toBe("known");
    await on.work();
    expect(on.github.writes()).toHaveLength(finished);
    expect(await analyses(on)).toHaveLength(1);
    expect(await verdicts(on)).toHaveLength(1);
  });

  test("a status that is no success is no deploy", async () => {
    const on = await world();
    const { deploymentStatusHandler } = await import("../../src/bot/webhooks/deployment-status.ts");
    const { deploymentStatus } = await import("./bot-world.ts");
    const payload = deploymentStatus(deployment(), DEPLOYED_AT, "in_progress");
    expect(await on.deliver(deploymentStatusHandler, { event: "deployment_status", payload })).toContain("in_progress");
    expect(await analyses(on)).toEqual([]);
  });

  test("a success that a tool repeats is no new deploy; one after a rollback is", async () => {
    const on = await judged(await world());
    const at = (minutes: number) => new Date((DEPLOYED_AT + minutes * MINUTE) * 1000).toISOString();
    const [first] = on.github.state.deployments;
    if (first === undefined) throw new Error("nothing was deployed");
    const repeated = { ...first, statuses: [...(first.statuses ?? []), { state: "success", at: at(90) }] };
    on.github.state.deployments = [repeated];
    expect(await on.deploy(repeated, DEPLOYED_AT + 90 * MINUTE)).toBe("known");

    const other = later({ createdAt: at(119), statuses: [{ state: "success", at: at(120) }] });
    on.setNow(DEPLOYED_AT + 121 * MINUTE);
    await on.deploy(other, DEPLOYED_AT + 120 * MINUTE);
    expect(await on.deploy(repeated, DEPLOYED_AT + 240 * MINUTE)).toMatch(/^analysis /);
    on.setNow(DEPLOYED_AT + 241 * MINUTE);
    await on.work();
    expect((await analyses(on)).map(({ subject, generation, state }) => [subject, generation, state])).toEqual([
      ["di1:1234567:production", 2, "waiting"],
      ["di1:1234568:production", 1, "done"],
      ["di1:1234567:production", 1, "done"],
    ]);
    const ofFirst = on.github.state.checks.filter(({ headSha }) => headSha === SHA);
    expect(ofFirst.map(({ fields }) => [fields.external_id, fields.status])).toEqual([
      ["di1:1234567:production", "completed"],
      ["di1:1234567:production", "in_progress"],
    ]);
  });

  test("waves: the window runs from the last unit's own time", async () => {
    const on = await world();
    const times = { "eu-1": DEPLOYED_AT, "eu-2": DEPLOYED_AT + 30 * MINUTE };
    await on.deploy(deployment({ payload: { deployedAt: times } }));
    await on.work();
    expect(await on.waiting()).toMatchObject([{ at: READY_AT + 30 * MINUTE }]);
    expect(output(on).title).toBe("Waiting for data until 14:40 UTC");
  });

  test("a deploy time that is none is an error on the check, not another time", async () => {
    const on = await world();
    await on.deploy(deployment({ payload: { deployedAt: "yesterday" } }));
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(output(on).summary).toContain("deployedAt");
    expect(await analyses(on)).toMatchObject([{ state: "given-up" }]);
  });

  test("a preview that no config names gets no check", async () => {
    const on = await world();
    await on.deploy(deployment({ transient: true, environment: "preview-1" }));
    await on.work();
    expect(on.github.state.checks).toEqual([]);
    expect(await analyses(on)).toMatchObject([{ state: "cancelled" }]);
  });
});

describe("another deploy inside the window", () => {
  test("closes the older analysis at once, and is judged by itself", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.setNow(DEPLOYED_AT + 21 * MINUTE);
    await on.deploy(later(), DEPLOYED_AT + 20 * MINUTE);
    await on.work();
    expect(checksOf(on)).toEqual([
      ["completed", "neutral"],
      ["in_progress", null],
    ]);
    expect(output(on, 0).title).toContain("another deploy (b2c3d4e) at 13:20 UTC");
    expect((await analyses(on)).map(({ state }) => state)).toEqual(["waiting", "overtaken"]);
    expect(on.github.state.comments).toEqual([]);
    expect(await on.waiting()).toHaveLength(1);
  });

  test("is seen on GitHub when its webhook was lost", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.github.state.deployments.unshift(later());
    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(output(on).summary).toContain("OVERLAPPING_DEPLOY");
    expect(await analyses(on)).toMatchObject([{ state: "overtaken" }]);
    expect(on.metrics.requests).toBe(0);
  });

  test("of another environment changes nothing", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.deploy(later({ environment: "staging" }), DEPLOYED_AT + 20 * MINUTE);
    on.setNow(DEPLOYED_AT + 21 * MINUTE);
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    expect((await analyses(on)).map(({ environment, state }) => [environment, state])).toEqual([
      ["staging", "waiting"],
      ["production", "done"],
    ]);
  });
});

describe("the config", () => {
  test("that is missing is said on a neutral check with an example", async () => {
    const on = await world({ files: {} });
    await on.deploy(deployment());
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(output(on).summary).toContain(CONFIG_PATH);
    expect(output(on).summary).not.toContain("input `config`");
  });

  test("that is wrong fails the check and says where", async () => {
    const on = await world({ files: { [CONFIG_PATH]: CONFIG.replace("margin: 5%", "margin: much") } });
    await on.deploy(deployment());
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    expect(output(on).summary).toContain("line 6");
  });

  test.each([
    ["changed", { [CONFIG_PATH]: CONFIG.replace("margin: 5%", "margin: 90%") }],
    ["broken", { [CONFIG_PATH]: "slis: {" }],
    ["removed", {}],
  ])("that is %s after the announcement changes nothing but is said", async (_what, files) => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.github.state.files = files;
    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    expect(output(on).title).toContain("margin 5%");
    expect(`${output(on).summary}${output(on).text}`).toContain("The config changed between the announcement");
  });
});

describe("time", () => {
  test("hours of downtime: the same window is judged, late, and that is said", async () => {
    const inTime = await judged(await world());
    const late = await judged(await world(), READY_AT + 3 * HOUR);
    expect(late.metrics.ends).toEqual(inTime.metrics.ends);
    expect(output(late).title).toBe(output(inTime).title);
    expect(`${output(late).summary}${output(late).text}`).toContain("Looked at 3 hours later than planned");
    expect(`${output(inTime).summary}${output(inTime).text}`).not.toContain("later than planned");
    expect(await analyses(late)).toMatchObject([{ state: "done", lateSeconds: 3 * HOUR }]);
    expect(await verdicts(late)).toMatchObject([{ lateSeconds: 3 * HOUR }]);
  });

  test("a deploy that is heard of only after its window is announced and judged", async () => {
    const on = await world();
    on.setNow(READY_AT + DAY);
    await on.deploy(deployment());
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    expect(await verdicts(on)).toMatchObject([{ verdict: "regression", lateSeconds: DAY }]);
  });

  test("a clock that is set back waits again and loses nothing", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.setNow(READY_AT - 3 * HOUR);
    await on.work();
    const [job] = await on.waiting();
    expect(job?.at).toBe(READY_AT);
    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
  });

  test("a job that comes too early waits until its time", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    const [analysis] = await analyses(on);
    await on.context().queue.send("judge", { analysisId: analysis?.id ?? "" }, { key: analysis?.id ?? "" });
    await on.work();
    expect(await on.waiting()).toMatchObject([{ name: "judge", at: READY_AT }]);
    expect(on.github.writes()).toHaveLength(1);
  });

  test("a window longer than GitHub keeps a check open ends in a neutral check before that", async () => {
    const on = await world({ files: { [CONFIG_PATH]: CONFIG.replace("post: 1h", "post: 20d") } });
    await on.deploy(deployment());
    await on.work();
    const [job] = await on.waiting();
    expect(job?.at).toBeLessThan(DEPLOYED_AT + 14 * DAY);
    on.setNow(job?.at ?? 0);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(await analyses(on)).toMatchObject([{ state: "given-up" }]);
    expect(await on.waiting()).toEqual([]);
  });

  test("several planned looks: what is open waits for the next one, and a look that decides ends it", async () => {
    const on = await world({ files: { [CONFIG_PATH]: `looks: 3\n${CONFIG}` } });
    on.metrics.effect = 1.05;
    await on.deploy(deployment());
    await on.work();
    const first = DEPLOYED_AT + 30 * MINUTE;
    expect(await on.waiting()).toMatchObject([{ at: first }]);
    on.setNow(first);
    await on.work();
    expect(await analyses(on)).toMatchObject([{ state: "waiting", look: 1 }]);
    expect(await on.waiting()).toMatchObject([{ at: DEPLOYED_AT + 50 * MINUTE }]);
    expect(await verdicts(on)).toEqual([]);
    expect(checksOf(on)).toEqual([["in_progress", null]]);
    on.metrics.effect = 1.5;
    on.setNow(DEPLOYED_AT + 50 * MINUTE);
    await on.work();
    expect(await analyses(on)).toMatchObject([{ state: "done", look: 2 }]);
    expect(await verdicts(on)).toMatchObject([{ verdict: "regression", look: 2 }]);
    expect(`${output(on).summary}${output(on).text}`).toContain("look 2 of 3");
  });
});

describe("failures", () => {
  const unavailable = () => new Response("down for maintenance", { status: 503 });

  test("metrics that are away for an hour: the open check says so, and the verdict comes when they are back", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.metrics.failure = unavailable;
    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["in_progress", null]]);
    expect(output(on).title).toContain("the bot tries again");
    const writes = on.github.writes().length;
    const [next] = await on.waiting();
    expect(next?.at).toBeGreaterThan(READY_AT);
    on.setNow(next?.at ?? 0);
    await on.work();
    expect(on.github.writes()).toHaveLength(writes);
    on.metrics.failure = null;
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    expect(await analyses(on)).toMatchObject([{ state: "done", failingSince: null, attempts: 0, lastError: null }]);
  });

  test("metrics that stay away: after six hours the check is neutral and names the reason", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.metrics.failure = unavailable;
    for (let time = READY_AT; time <= READY_AT + 7 * HOUR; time += HOUR) {
      on.setNow(time);
      await on.work();
    }
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(output(on).summary).toContain("SOURCE_UNAVAILABLE");
    expect(output(on).summary).toContain("/deploy-impact rerun");
    expect(await analyses(on)).toMatchObject([{ state: "given-up" }]);
    expect(await on.waiting()).toEqual([]);
    expect(on.github.state.comments).toEqual([]);
  });

  test("a credential that the source refuses is not tried for hours", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.metrics.failure = () => new Response("who are you", { status: 401 });
    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(await analyses(on)).toMatchObject([{ state: "given-up" }]);
  });

  test("GitHub away at the announcement: it is made when GitHub is back", async () => {
    const on = await world();
    for (let times = 0; times < 3; times += 1)
      on.github.state.failures.push({ match: ({ path }) => path.includes("/contents/"), status: 502 });
    await on.deploy(deployment());
    await on.work();
    expect(on.github.state.checks).toEqual([]);
    const [next] = await on.waiting();
    on.setNow(next?.at ?? 0);
    await on.work();
    expect(checksOf(on)).toEqual([["in_progress", null]]);
    expect(await analyses(on)).toMatchObject([{ state: "waiting", failingSince: null }]);
  });

  test("GitHub away at the end: the verdict is stored, and the same one is published later", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.setNow(READY_AT);
    for (let times = 0; times < 3; times += 1)
      on.github.state.failures.push({ match: ({ method }) => method === "PATCH", status: 503 });
    await on.work();
    expect(checksOf(on)).toEqual([["in_progress", null]]);
    const [verdict] = await verdicts(on);
    expect(await analyses(on)).toMatchObject([{ state: "waiting", publishing: verdict?.id }]);
    expect(on.sent("react")).toEqual([]);
    // What the source says by then does not matter any more.
    on.metrics.failure = unavailable;
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
    expect(await verdicts(on)).toMatchObject([{ id: verdict?.id }]);
    expect(on.sent("react")).toEqual([{ verdictId: verdict?.id }]);
    expect(on.github.state.comments).toHaveLength(1);
  });

  test("a secondary rate limit is waited out, not hammered", async () => {
    const on = await world();
    on.github.state.failures.push({
      match: ({ method }) => method === "POST",
      status: 403,
      body: { message: "You have exceeded a secondary rate limit" },
      headers: { "retry-after": "900" },
    });
    await on.deploy(deployment());
    await on.work();
    expect(on.github.state.checks).toEqual([]);
    const [next] = await on.waiting();
    on.setNow(next?.at ?? 0);
    await on.work();
    expect(checksOf(on)).toEqual([["in_progress", null]]);
  });

  test("without the permission for checks the verdict is stored, and the log names the App's permission", async () => {
    const on = await judged(await world({ denied: new Set(["checks"]) }));
    expect(on.github.state.checks).toEqual([]);
    expect(await verdicts(on)).toMatchObject([{ verdict: "regression" }]);
    expect(await analyses(on)).toMatchObject([{ state: "done", checkRunId: null }]);
    expect(on.log.lines.map(({ message }) => message).join("\n")).toContain('"Checks: Read and write"');
    expect(on.log.lines.map(({ message }) => message).join("\n")).not.toContain("permissions:");
  });

  test("a repository that is gone ends without a check and without a job", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.setNow(READY_AT);
    for (let times = 0; times < 20; times += 1) on.github.state.failures.push({ match: () => true, status: 404 });
    await on.work();
    on.github.state.failures.splice(0);
    expect(await on.waiting()).toEqual([]);
    const [analysis] = await analyses(on);
    expect(["given-up", "done"]).toContain(analysis?.state);
  });

  test("an App that was removed or suspended is asked for now and then, not tried for nothing", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    on.connectFails(new DeployImpactError("GITHUB_UNINSTALLED", "It is suspended.", { hint: "Lift it." }));
    on.setNow(READY_AT);
    await on.work();
    expect(await on.waiting()).toMatchObject([{ at: READY_AT + HOUR }]);
    on.connectFails(null);
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "failure"]]);
  });

  test("a step that died at every try ends in a neutral check with a code that the log knows", async () => {
    const on = await world();
    await on.deploy(deployment());
    await on.work();
    const [analysis] = await analyses(on);
    await on.bury(analysis?.id ?? "", "out of memory");
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
    expect(output(on).title).toMatch(/^Could not finish: DI-[0-9a-f]{4}$/);
    expect(await analyses(on)).toMatchObject([
      { state: "given-up", lastError: expect.stringContaining("out of memory") },
    ]);
    const code = output(on).title.slice(-7);
    expect(on.log.lines.some(({ fields }) => fields.code === code)).toBe(true);
    on.setNow(READY_AT);
    await on.work();
    expect(checksOf(on)).toEqual([["completed", "neutral"]]);
  });
});
