import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { overdueGates } from "../../src/bot/store/gates.ts";
import { protectionRuleHandler } from "../../src/bot/webhooks/protection-rule.ts";
import { rerequestedHandler } from "../../src/bot/webhooks/rerequested.ts";
import { DeployImpactError } from "../../src/core/errors.ts";
import { embeddedStore } from "./bot-database.ts";
import {
  CONFIG,
  CONFIG_PATH,
  DAY,
  DEPLOYED_AT,
  deployment,
  HOUR,
  Killed,
  MINUTE,
  makeWorld,
  processDyingAt,
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
  ({ database, close } = await embeddedStore("gate"));
});
afterAll(() => close?.());
afterEach(async () => {
  for (const world of open.splice(0)) {
    await world.close();
    expect(world.github.violations).toEqual([]);
  }
});

const gated = (gate: string): string => `${CONFIG}environments:\n  staging: {}\n  production:\n    ${gate}\n`;
const GATED = gated("gate: { watches: staging }");
const RUN = 42;

async function world(given: Partial<GithubState> = {}): Promise<World> {
  const made = await makeWorld(database, { files: { [CONFIG_PATH]: GATED }, ...given });
  open.push(made);
  return made;
}

const staging = (more: object = {}) => deployment({ environment: "staging", ...more });

interface Asked {
  readonly sha?: string;
  readonly callback?: string;
  readonly deploymentId?: number | null;
  readonly id?: string;
}

/** GitHub asks whether a job may deploy to production. */
function ask(on: World, { sha = SHA, callback, deploymentId = 99, id }: Asked = {}): Promise<string> {
  const url = callback ?? `${on.github.url}/repos/acme/shop/actions/runs/${RUN}/deployment_protection_rule`;
  return on.deliver(protectionRuleHandler, {
    event: "deployment_protection_rule",
    action: "requested",
    payload: {
      environment: "production",
      event: "push",
      sha,
      ref: "refs/heads/main",
      deployment_callback_url: url,
      deployment: deploymentId === null ? null : { id: deploymentId, sha, environment: "production" },
      pull_requests: [],
    },
    ...(id === undefined ? {} : { id }),
  });
}

const reviews = (on: World) => on.github.state.reviews;
const states = (on: World) => reviews(on).map(({ state }) => state);
const gates = (on: World) =>
  database.query<{ state: string; reports: number; reason: string }>(
    "select state, reports, reason from gates where repository_id = $1",
    [on.tenant.repositoryId],
  );

/** Deployed to staging and asked for production while the window there is open. */
async function waiting(on: World): Promise<World> {
  await on.deploy(staging());
  await on.work();
  await ask(on);
  await on.work();
  return on;
}

describe("a gate and the verdict of the environment before it", () => {
  test("waits with the time at which the verdict comes, and opens with it", async () => {
    const on = await world();
    on.metrics.effect = 1;
    await waiting(on);
    expect(states(on)).toEqual([null]);
    expect(reviews(on)[0]).toMatchObject({ runId: RUN, environment: "production" });
    expect(reviews(on)[0]?.comment).toMatch(
      /^Waiting for the verdict on `a1b2c3d` in staging\. 1 hour 9 minutes of data are missing; it comes about 14:10 UTC\./,
    );
    on.setNow(READY_AT);
    await on.work();
    expect(states(on)).toEqual([null, "approved"]);
    expect(reviews(on)[1]?.comment).toMatch(/^Approved\. `a1b2c3d` in staging: No impact: p95 latency/);
    expect(await gates(on)).toMatchObject([{ state: "approved" }]);
  });

  test("stays shut after a regression and says why, with a link to the verdict", async () => {
    const on = await waiting(await world());
    on.setNow(READY_AT);
    await on.work();
    expect(states(on)).toEqual([null, "rejected"]);
    expect(reviews(on)[1]?.comment).toMatch(/^Rejected\. .*Regression: p95 latency \+2\d\.\d%/);
    expect(reviews(on)[1]?.comment).toContain("The verdict</a>");
  });

  test("answers at once when the verdict is there already", async () => {
    const on = await world();
    on.metrics.effect = 1;
    await on.deploy(staging());
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    await ask(on);
    await on.work();
    expect(states(on)).toEqual(["approved"]);
  });

  test("a wait of hours has a report at its half and one near its end, and never more than ten", async () => {
    const on = await waiting(await world());
    for (let now = on.now(); now < READY_AT; now += 2 * MINUTE) {
      on.setNow(now);
      await on.work();
    }
    expect(states(on)).toEqual([null, null, null]);
    on.setNow(READY_AT);
    await on.work();
    expect(states(on)).toEqual([null, null, null, "rejected"]);
    for (const { comment } of reviews(on)) expect(comment.length).toBeLessThanOrEqual(1024);
  });

  test("an inconclusive verdict is left to people, and a later verdict still decides", async () => {
    const config = GATED.replace("margin: 5%", "margin: 0.01%");
    const on = await world({ files: { [CONFIG_PATH]: config } });
    on.metrics.effect = 1;
    await waiting(on);
    on.setNow(READY_AT);
    await on.work();
    expect(states(on)).toEqual([null, null]);
    expect(reviews(on)[1]?.comment).toMatch(/^Not decided\. .*Inconclusive.*People decide/);
    expect(await gates(on)).toMatchObject([{ state: "left-to-people" }]);
    // Somebody asks for another look, and what only began then is harm.
    on.metrics.effect = 1.25;
    const check_run = { id: on.github.state.checks[0]?.id ?? 0, external_id: null };
    await on.deliver(rerequestedHandler, {
      event: "check_run",
      action: "rerequested",
      payload: { check_run, sender: { login: "alice" } },
    });
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(states(on).at(-1)).toBe("rejected");
  });

  test("the deployment that carried the commit there counts when the commit itself was not deployed", async () => {
    const on = await world({ comparisons: { [`${SHA_2}...${SHA}`]: { status: "ahead", commits: [] } } });
    on.metrics.effect = 1;
    await on.deploy(staging());
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    await ask(on, { sha: SHA_2 });
    await on.work();
    expect(states(on)).toEqual(["approved"]);
  });

  test("a deployment that does not contain the commit says nothing about it", async () => {
    const on = await world({ comparisons: { [`${SHA_2}...${SHA}`]: { status: "behind", commits: [] } } });
    on.metrics.effect = 1;
    await on.deploy(staging());
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    await ask(on, { sha: SHA_2 });
    await on.work();
    expect(states(on)).toEqual([null]);
    expect(reviews(on)[0]?.comment).toMatch(/^Waiting: no deployment to staging that carries `b2c3d4e` is known yet\./);
  });
});

describe("what is never mute", () => {
  test("no verdict in a day: the config decides, here nobody", async () => {
    const on = await world();
    await ask(on);
    await on.work();
    on.setNow(on.now() + DAY);
    await on.work();
    expect(states(on)).toEqual([null, null]);
    expect(reviews(on)[1]?.comment).toMatch(
      /^Not decided\. No deployment to staging that carries `a1b2c3d` came in time\./,
    );
  });

  test("a config without the gate is named, and counts as soon as it is there", async () => {
    const on = await world({ files: { [CONFIG_PATH]: CONFIG } });
    on.metrics.effect = 1;
    await on.deploy(staging());
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    await ask(on);
    await on.work();
    expect(reviews(on)[0]?.comment).toContain(
      "The config says nothing about this gate: write `gate: { watches: ... }`",
    );
    on.github.state.files[CONFIG_PATH] = GATED;
    on.setNow(READY_AT + 5 * MINUTE);
    await on.work();
    expect(states(on)).toEqual([null, "approved"]);
  });

  test("our own failure is told with its code while it is tried again, and on-error ends it", async () => {
    const on = await world({ files: { [CONFIG_PATH]: gated("gate: { watches: staging, on-errors: reject }") } });
    await ask(on);
    await on.work();
    expect(reviews(on)[0]?.comment).toMatch(/^Could not assess: CONFIG_INVALID\. /);
    on.setNow(on.now() + 30 * MINUTE);
    await on.work();
    // Said once, and not at every try.
    expect(reviews(on)).toHaveLength(1);
    on.github.state.files[CONFIG_PATH] = gated("gate: { watches: staging, on-error: reject, after: 1h }");
    on.github.state.failures = Array.from({ length: 20 }, () => ({
      match: ({ path }: { path: string }) => path.includes("/contents/"),
      status: 502,
    }));
    on.setNow(on.now() + 3 * HOUR);
    await on.work();
    expect(reviews(on).at(-1)?.comment).toMatch(/^Not decided\. Could not assess: GITHUB_UNAVAILABLE\./);
  });

  test("thirty days are never reached: it stops looking half a day before and says so", async () => {
    const on = await world({ files: { [CONFIG_PATH]: gated("gate: { watches: staging, max-wait: 29d }") } });
    await ask(on);
    await on.work();
    on.setNow(on.now() + 30 * DAY - 12 * HOUR);
    await on.work();
    expect(await gates(on)).toMatchObject([{ state: "expired" }]);
    expect(reviews(on).at(-1)?.comment).toContain("30 days");
  });
});

describe("deliveries and crashes", () => {
  test("the same question asked again changes nothing, another attempt of the run is a new question", async () => {
    const on = await waiting(await world());
    expect(await ask(on)).toBe("asked before");
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    expect(await ask(on)).toBe("asked before");
    await on.work();
    expect(states(on)).toEqual([null, "rejected"]);
    on.github.state.reviews = [];
    expect(await ask(on, { deploymentId: 100 })).toMatch(/^gate /);
    await on.work();
    expect(states(on)).toEqual(["rejected"]);
  });

  test.each([
    "https://evil.example/repos/acme/shop/actions/runs/42/deployment_protection_rule",
    "/repos/acme/other/actions/runs/42/deployment_protection_rule",
    "/repos/acme/shop/actions/runs/42/deployment_protection_rule/../../../../../x",
    "/repos/acme/shop/actions/runs/42/pending_deployments",
    "/repos/acme/shop/actions/runs/x/deployment_protection_rule",
    "/repos/acme/shop/actions/runs/42/deployment_protection_rule?to=elsewhere",
  ])("a callback %s is refused", async (callback) => {
    const on = await world();
    const url = callback.startsWith("/") ? `${on.github.url}${callback}` : callback;
    expect(await ask(on, { callback: url })).toMatch(/^refused: /);
    expect(await gates(on)).toEqual([]);
    expect(await on.waiting()).toEqual([]);
  });

  test("killed anywhere between two writes it ends with one decision, whatever was sent before it died", async () => {
    const on = await world();
    await on.deploy(staging());
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    const answered = async (at: number | null, deploymentId: number): Promise<number> => {
      on.github.state.reviews = [];
      await ask(on, { deploymentId });
      const life = processDyingAt(at);
      await on.work(life).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
      });
      await on.work();
      expect(states(on)).toEqual(["rejected"]);
      expect(await gates(on)).toMatchObject([{ state: "rejected" }]);
      return life.points();
    };
    const points = await answered(null, 1);
    expect(points).toBeGreaterThan(4);
    for (let at = 1; at <= points; at += 1) await answered(at, 1 + at);
  });

  test("a decision that GitHub cannot take now is tried again and stays the same", async () => {
    const on = await waiting(await world());
    on.setNow(READY_AT);
    on.github.state.failures = [{ match: ({ path }) => path.includes("deployment_protection_rule"), status: 503 }];
    await expect(on.work()).rejects.toThrow(DeployImpactError);
    expect(await gates(on)).toMatchObject([{ state: "waiting" }]);
    await on.work();
    expect(states(on)).toEqual([null, "rejected"]);
  });

  test("a gate whose job was lost is found by whoever keeps house", async () => {
    const on = await waiting(await world());
    const due = await overdueGates(database, on.now() + DAY, 1000);
    expect(due.filter(({ installationId }) => installationId === on.tenant.installationId)).toHaveLength(1);
    expect(await overdueGates(database, DEPLOYED_AT - DAY, 1000)).toEqual([]);
  });
});
