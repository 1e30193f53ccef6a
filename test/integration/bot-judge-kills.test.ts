import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { amendmentsOf } from "../../src/bot/store/amendments.ts";
import { listAnalyses } from "../../src/bot/store/analyses.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { listVerdicts } from "../../src/bot/store/verdicts.ts";
import { rerequestedHandler } from "../../src/bot/webhooks/rerequested.ts";
import { embeddedStore } from "./bot-database.ts";
import {
  CONFIG,
  CONFIG_PATH,
  DEPLOYED_AT,
  deployment,
  HOUR,
  Killed,
  MINUTE,
  makeWorld,
  processDyingAt,
  READY_AT,
  SHA_2,
  type World,
} from "./bot-world.ts";

let database: OpenDatabase;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ database, close } = await embeddedStore("kills"));
});
afterAll(() => close?.());

/** Few points, so that a hundred lives take little time. */
const SHORT = CONFIG.replace("pre: 6h", "pre: 2h");

type Life = ReturnType<typeof processDyingAt>;

/** A life of the bot; `life` is the one process in it that may die. */
type Story = (on: World, work: () => Promise<void>) => Promise<void>;

const STORIES: Readonly<Record<string, Story>> = {
  "a regression on a pull request": async (on, work) => {
    await on.deploy(deployment());
    await work();
    on.setNow(READY_AT);
    await work();
  },
  "a regression that is worse news than the comment before": async (on, work) => {
    on.metrics.effect = 1.3;
    on.github.state.pullRequests[0] = {
      number: 77,
      mergeSha: "d".repeat(40),
      headSha: "c".repeat(40),
      indexedFor: ["a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"],
    };
    on.github.state.comments.push({
      id: 901,
      issue: 77,
      login: "deploy-impact[bot]",
      body: "<!-- deploy-impact:v1 env=production -->\nNo impact, said the deploy before.",
    });
    await on.deploy(deployment());
    await work();
    on.setNow(READY_AT + 3 * HOUR);
    await work();
  },
  "a newer deploy inside the window": async (on, work) => {
    await on.deploy(deployment());
    await work();
    on.setNow(DEPLOYED_AT + 21 * MINUTE);
    const at = DEPLOYED_AT + 20 * MINUTE;
    const statuses = [{ state: "success", at: new Date(at * 1000).toISOString() }];
    await on.deploy(deployment({ id: 2, sha: SHA_2, createdAt: new Date(at * 1000).toISOString(), statuses }), at);
    await work();
  },
  "an outage, and a person who asks again": async (on, work) => {
    await on.deploy(deployment());
    await work();
    on.metrics.failure = () => new Response("no", { status: 401 });
    on.setNow(READY_AT);
    await work();
    on.metrics.failure = null;
    const payload = {
      check_run: { id: on.github.state.checks.at(-1)?.id ?? 0, external_id: "di1:1234567:production" },
      sender: { login: "octocat" },
    };
    await on.deliver(rerequestedHandler, { id: "asked-once", event: "check_run", action: "rerequested", payload });
    await work();
  },
};

/** Everything that anybody can see in the end; not how often it was tried. */
async function outcome(on: World) {
  const analyses = await listAnalyses(database, on.tenant, {}, 20);
  const amendments = await Promise.all(analyses.map(({ tenant, id }) => amendmentsOf(database, tenant, id)));
  const verdicts = await listVerdicts(database, on.tenant, {}, 20);
  return {
    checks: on.github.state.checks.map(({ headSha, fields }) => ({ headSha, fields })),
    comments: on.github.state.comments.map(({ issue, body }) => ({ issue, body })),
    analyses: analyses.map(({ sha, state, look, publishing, nextAt, checkRunId, failingSince }) => ({
      sha,
      state,
      look,
      publishing,
      nextAt,
      checkRunId,
      failingSince,
    })),
    amendments: amendments.map((all) => all.map(({ kind }) => kind)),
    verdicts: verdicts.map(({ verdict, conclusion, digest, look }) => ({ verdict, conclusion, digest, look })),
    told: new Set(on.sent("react").map((data) => JSON.stringify(data))).size,
    waiting: await on.waiting().then((jobs) => jobs.map(({ name, at }) => ({ name, at }))),
  };
}

/** Whoever comes after a dead process does what it left undone, at the same moment. */
async function live(story: Story, life: Life): Promise<Awaited<ReturnType<typeof outcome>>> {
  const on = await makeWorld(database, { files: { [CONFIG_PATH]: SHORT } });
  try {
    await story(on, async () => {
      try {
        await on.work(life);
      } catch (error) {
        if (!life.isDead()) throw error;
        expect(error).toBeInstanceOf(Killed);
        await on.work();
      }
    });
    expect(on.github.violations).toEqual([]);
    return await outcome(on);
  } finally {
    await on.close();
  }
}

describe.each(Object.entries(STORIES))("killed between any two writes: %s", (_name, story) => {
  test("ends as if nothing had happened", async () => {
    const whole = processDyingAt(null);
    const expected = await live(story, whole);
    const points = whole.points();
    expect(points).toBeGreaterThan(8);
    const differing: unknown[] = [];
    for (let at = 1; at <= points; at += 1) {
      const life = processDyingAt(at);
      const found = await live(story, life);
      expect(life.isDead()).toBe(true);
      if (!isDeepStrictEqual(found, expected)) differing.push({ at, found });
    }
    expect(differing).toEqual([]);
  }, 300_000);
});
