import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { extend } from "../../src/bot/commands/changes.ts";
import type { BotContext } from "../../src/bot/context.ts";
import { gateJob } from "../../src/bot/gate/step.ts";
import type { JobRun } from "../../src/bot/jobs/contract.ts";
import { createForget } from "../../src/bot/judge/forget.ts";
import { createJudge } from "../../src/bot/judge/step.ts";
import { listAnalyses } from "../../src/bot/store/analyses.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { knownDeliveries } from "../../src/bot/store/deliveries.ts";
import { overdueGates, requestGate } from "../../src/bot/store/gates.ts";
import { addInstallation, addRepository, suspendInstallation } from "../../src/bot/store/installations.ts";
import { findInstallation } from "../../src/bot/store/secrets.ts";
import { listVerdicts } from "../../src/bot/store/verdicts.ts";
import { DeployImpactError } from "../../src/core/errors.ts";
import { embeddedStore } from "./bot-database.ts";
import { recordingLog } from "./bot-log.ts";
import { DEPLOYED_AT, deployment, HOUR, MINUTE, makeWorld, READY_AT, SHA, type World } from "./bot-world.ts";

let database: OpenDatabase;
let close: () => Promise<void>;
let on: World;

beforeAll(async () => {
  ({ database, close } = await embeddedStore("faults"));
});
afterAll(() => close?.());
beforeEach(async () => {
  on = await makeWorld(database);
});
afterEach(async () => {
  await on.close();
  expect(on.github.violations).toEqual([]);
});

const runOf = (signal: AbortSignal): JobRun => ({ attempt: 0, last: false, signal });
const checks = () => on.github.state.checks.map(({ fields }) => [fields.status, fields.conclusion ?? null]);
const verdicts = () => listVerdicts(database, on.tenant, {}, 20);

/** Announced, and everything there for the last look; answers its id. */
async function ready(): Promise<string> {
  await on.deploy(deployment());
  await on.work();
  on.setNow(READY_AT);
  const [analysis] = await listAnalyses(database, on.tenant, {}, 1);
  return analysis?.id ?? "";
}

/** The bot, with something that happens when the metrics are first asked for. */
function whileLooking(happens: (context: BotContext) => Promise<void>): BotContext {
  const context = on.context();
  let happened = false;
  return {
    ...context,
    portsFor: async (tenant) => {
      const ports = await context.portsFor(tenant);
      const fetch: typeof ports.fetch = async (...given) => {
        if (!happened) {
          happened = true;
          await happens(context);
        }
        return ports.fetch(...given);
      };
      return { ...ports, fetch };
    },
  };
}

describe("a step of an analysis that is told to stop", () => {
  test("while it looks at the data stores and writes nothing, and the next one does all of it", async () => {
    const analysisId = await ready();
    const stop = new AbortController();
    const context = whileLooking(async () => stop.abort(new Error("Another process has taken the job over.")));
    await expect(createJudge(context)({ analysisId }, runOf(stop.signal))).rejects.toThrow("taken the job over");
    expect(checks()).toEqual([["in_progress", null]]);
    expect([await verdicts(), on.github.state.comments]).toEqual([[], []]);
    await on.work();
    expect(checks()).toEqual([["completed", "failure"]]);
    expect([await verdicts(), on.github.state.comments].map((all) => all.length)).toEqual([1, 1]);
  });

  test("between the check and the comment says nothing more, and the next one says the same verdict", async () => {
    const analysisId = await ready();
    const stop = new AbortController();
    const context = on.context();
    const stopping: BotContext = {
      ...context,
      connect: async (tenant) => {
        const connection = await context.connect(tenant);
        const api: typeof connection.api = (repository) => {
          const plain = connection.api(repository);
          return {
            ...plain,
            updateCheckRun: async (...given) => {
              const written = await plain.updateCheckRun(...given);
              stop.abort(new Error("It took longer than 1800 s."));
              return written;
            },
          };
        };
        return { ...connection, api };
      },
    };
    await expect(createJudge(stopping)({ analysisId }, runOf(stop.signal))).rejects.toThrow("longer than 1800 s");
    expect(on.github.state.comments).toEqual([]);
    const [stored] = await verdicts();
    await on.work();
    expect(checks()).toEqual([["completed", "failure"]]);
    expect(await verdicts()).toMatchObject([{ id: stored?.id }]);
    expect(on.github.state.comments).toHaveLength(1);
  });
});

describe("a longer window that is asked for while the last look runs", () => {
  test("is judged although the verdict of the shorter one comes first", async () => {
    const analysisId = await ready();
    const [analysis] = await listAnalyses(database, on.tenant, {}, 1);
    const context = whileLooking(async (bot) => {
      if (analysis === undefined) throw new Error("no analysis");
      const asker = { actor: "ann", origin: "comment:1", at: on.now() };
      expect(await extend(bot, analysis, { by: HOUR }, asker)).toEqual({ kind: "done" });
    });
    await createJudge(context)({ analysisId }, runOf(new AbortController().signal));
    await on.work();
    expect(await listAnalyses(database, on.tenant, {}, 1)).toMatchObject([
      { state: "waiting", nextAt: READY_AT + HOUR },
    ]);
    on.setNow(READY_AT + HOUR);
    await on.work();
    expect(await listAnalyses(database, on.tenant, {}, 1)).toMatchObject([{ state: "done" }]);
    expect(await verdicts()).toHaveLength(2);
  });
});

describe("webhooks of what was forgotten", () => {
  test("stay known by their ids and nothing else, so that nobody asks GitHub for them again", async () => {
    const { installationId, repositoryId } = on.tenant;
    await addRepository(database, on.tenant);
    await database.query(
      `insert into deliveries (id, installation_id, repository_id, event, action, payload, received_at)
       values ('told', $1, $2, 'deployment_status', 'created', '{"secret": 1}', $3)`,
      [installationId, repositoryId, new Date(DEPLOYED_AT * 1000)],
    );
    await createForget({ database, log: recordingLog() })(
      { installationId, repositoryId: null },
      runOf(new AbortController().signal),
    );
    expect(await knownDeliveries(database, ["told"])).toEqual(new Set(["told"]));
    const rows = await database.query(
      "select repository_id, action, payload, outcome from deliveries where id = 'told'",
    );
    expect(rows).toEqual([{ repository_id: null, action: null, payload: null, outcome: "forgotten" }]);
  });
});

describe("a name that GitHub gave to somebody else", () => {
  test("names no installation until it is clear which one is meant, so that nobody gets another one's secrets", async () => {
    await addInstallation(database, { id: 71, account: "moved" });
    await addInstallation(database, { id: 72, account: "Moved" });
    await expect(findInstallation(database, { owner: "moved", repository: null })).rejects.toThrow("71 and 72");
    for (const [repositoryId, installationId] of [
      [711, 71],
      [721, 72],
    ] as const) {
      const repository = { installationId, repositoryId, repository: "moved/shop", isPrivate: true };
      await addRepository(database, { ...repository, defaultBranch: "main" });
    }
    await expect(findInstallation(database, { owner: "moved", repository: "shop" })).rejects.toThrow("71 and 72");
  });
});

describe("a webhook that comes late", () => {
  const shop = { repositoryId: 811, repository: "old/shop", isPrivate: true, defaultBranch: "main" };
  const known = () => database.query("select installation_id, full_name from repositories where id = 811");

  test("does not take a repository back from the account that it moved to, nor its old name", async () => {
    await addRepository(database, { ...shop, installationId: 81 }, 100);
    await addRepository(database, { ...shop, installationId: 82, repository: "new/shop" }, 200);
    await database.query(
      "insert into secrets (installation_id, repository_id, name, ciphertext, created_by) values (82, 811, 'T', '\\x00', 'ann')",
    );
    await addRepository(database, { ...shop, installationId: 81 }, 150);
    await addRepository(database, { ...shop, installationId: 82, repository: "new/store" }, 220);
    await addRepository(database, { ...shop, installationId: 82, repository: "new/shop" }, 210);
    expect(await known()).toEqual([{ installation_id: 82, full_name: "new/store" }]);
    expect(await database.query("select name from secrets where repository_id = 811")).toEqual([{ name: "T" }]);
    await addRepository(database, { ...shop, installationId: 81 }, 300);
    expect(await known()).toEqual([{ installation_id: 81, full_name: "old/shop" }]);
    expect(await database.query("select name from secrets where repository_id = 811")).toEqual([]);
  });
});

describe("a gate of an App that was removed or suspended", () => {
  const gone = new DeployImpactError("GITHUB_UNINSTALLED", "Installation 1 of the App is suspended.", {
    hint: "Lift it.",
  });

  async function gate(): Promise<string> {
    await addRepository(database, on.tenant);
    const request = { runId: 9, environment: "production", deploymentId: 1, sha: SHA, requestedAt: on.now() };
    return (await requestGate(database, on.tenant, { ...request, deadline: on.now() + 30 * HOUR })) ?? "";
  }

  test("looks once an hour instead of failing again and again, and ends at its deadline", async () => {
    const gateId = await gate();
    on.connectFails(gone);
    const look = () => gateJob(on.context())({ gateId }, runOf(new AbortController().signal));
    await look();
    expect(await on.waiting()).toEqual([{ name: "gate", key: gateId, at: on.now() + HOUR }]);
    on.setNow(on.now() + 31 * HOUR);
    await look();
    expect(await database.query("select state from gates where id = $1", [gateId])).toEqual([{ state: "expired" }]);
  });

  test("is no lost job while the suspension lasts", async () => {
    const gateId = await gate();
    const ids = async () => (await overdueGates(database, on.now() + MINUTE, 100)).map(({ id }) => id);
    expect(await ids()).toContain(gateId);
    await suspendInstallation(database, on.tenant.installationId, on.now());
    expect(await ids()).not.toContain(gateId);
  });
});
