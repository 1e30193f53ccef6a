import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HookDelivery } from "../../src/bot/github/app.ts";
import type { JobData, JobName } from "../../src/bot/jobs/contract.ts";
import { createForget } from "../../src/bot/judge/forget.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { addDeliveries } from "../../src/bot/store/deliveries.ts";
import { addRepository } from "../../src/bot/store/installations.ts";
import { housekeepingJob } from "../../src/bot/upkeep/housekeeping.ts";
import { embeddedStore } from "./bot-database.ts";
import { recordingLog } from "./bot-log.ts";
import { botSettings } from "./bot-settings.ts";

const DAY = 86_400;
const NOW = Date.UTC(2026, 10, 20, 12) / 1000;
const RUN = { attempt: 0, last: false, signal: new AbortController().signal };

let database: OpenDatabase;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ database, close } = await embeddedStore("upkeep"));
});
afterAll(() => close?.());
beforeEach(async () => {
  await database.query("delete from installations");
  await database.query("delete from deliveries");
  await database.query("delete from upkeep");
});

async function repository(installationId: number, repositoryId: number): Promise<void> {
  const given = {
    installationId,
    repositoryId,
    repository: `acme-${installationId}/r${repositoryId}`,
    isPrivate: true,
  };
  await addRepository(database, { ...given, defaultBranch: "main" });
}

/** An analysis with a verdict of its own. */
async function analysis(
  repositoryId: number,
  given: { readonly state: string; readonly at: number; readonly nextAt?: number; readonly verdict?: boolean },
): Promise<string> {
  const at = new Date(given.at * 1000);
  const [row] = await database.query<{ id: string }>(
    `insert into analyses (installation_id, repository_id, environment, sha, subject, deployed_at, deployed_at_source,
       state, event, next_at, created_at, finished_at)
     select installation_id, id, 'production', $2, gen_random_uuid()::text, $3, 'status', $4, '{}', $5, $3, $6
     from repositories where id = $1 returning id`,
    [
      repositoryId,
      "a".repeat(40),
      at,
      given.state,
      given.nextAt === undefined ? null : new Date(given.nextAt * 1000),
      given.state === "done" ? at : null,
    ],
  );
  const id = row?.id ?? "";
  if (given.verdict) {
    await database.query(
      `insert into verdicts (analysis_id, installation_id, repository_id, environment, services, sha, deployed_at, verdict,
         conclusion, mode, reason_codes, title, look, late_seconds, digest, document, ledger, created_at)
       select id, installation_id, repository_id, environment, '{}', sha, deployed_at, 'no-impact', 'success', 'enforcing',
         '{}', 't', 1, 0, 'd', '\\x00', '{}', deployed_at from analyses where id = $1`,
      [id],
    );
  }
  return id;
}

async function delivery(id: string, installationId: number, at: number, repositoryId: number | null = null) {
  const given = { id, event: "push", action: null, installationId, repositoryId, payload: {}, receivedAt: at };
  await addDeliveries(database, [given]);
}

function upkeep(
  given: {
    now?: number;
    listed?: readonly HookDelivery[] | Error;
    unfinished?: readonly string[];
    retention?: number;
  } = {},
) {
  const sent: [JobName, unknown][] = [];
  const again: number[] = [];
  const since: number[] = [];
  const listed = given.listed ?? [];
  const run = housekeepingJob({
    database,
    settings: botSettings({
      apiUrl: "http://127.0.0.1:9",
      store: { kind: "embedded", folder: "" },
      retention: given.retention ?? 90 * DAY,
    }),
    now: () => (given.now ?? NOW) * 1000,
    log: recordingLog(),
    queue: {
      send: async <N extends JobName>(name: N, data: JobData[N]) => void sent.push([name, data]),
      unfinished: async () => new Set(given.unfinished ?? []),
    },
    app: {
      deliveriesSince: async (moment) => {
        since.push(moment);
        if (listed instanceof Error) throw listed;
        return listed;
      },
      deliverAgain: async (id) => void again.push(id),
    },
  });
  return { run: () => run({}, RUN), sent, again, since };
}

const count = async (table: string): Promise<number> =>
  (await database.query<{ n: number }>(`select count(*) as n from ${table}`))[0]?.n ?? -1;

/** Webhooks of which more than their ids is left. */
const remembered = async (): Promise<number> =>
  (await database.query("select 1 from deliveries where outcome is distinct from 'forgotten'")).length;

describe("housekeeping", () => {
  test("deletes what was kept long enough with all that hangs on it, and nothing that is open", async () => {
    await repository(1, 11);
    await analysis(11, { state: "done", at: NOW - 91 * DAY, verdict: true });
    const kept = await analysis(11, { state: "done", at: NOW - 89 * DAY, verdict: true });
    const open = await analysis(11, { state: "waiting", at: NOW - 200 * DAY, nextAt: NOW + DAY });
    await delivery("old", 1, NOW - 31 * DAY);
    await delivery("new", 1, NOW - 60);
    await database.query(
      "insert into web_sessions (id, user_id, login, token, expires_at) values ('s', 1, 'ann', '\\x00', $1)",
      [new Date((NOW - 1) * 1000)],
    );
    await upkeep().run();
    const left = await database.query<{ id: string }>("select id from analyses");
    expect(left.map(({ id }) => id).sort()).toEqual([kept, open].sort());
    expect([await count("verdicts"), await count("web_sessions")]).toEqual([1, 0]);
    expect(await database.query("select id from deliveries")).toEqual([{ id: "new" }]);
  });

  test("sends again what is due and has no job, and only that", async () => {
    await repository(1, 11);
    const lost = await analysis(11, { state: "waiting", at: NOW - DAY, nextAt: NOW - 3600 });
    const busy = await analysis(11, { state: "waiting", at: NOW - DAY, nextAt: NOW - 3600 });
    await analysis(11, { state: "waiting", at: NOW - DAY, nextAt: NOW - 60 });
    await analysis(11, { state: "done", at: NOW - DAY, nextAt: NOW - 3600 });
    await delivery("unhandled", 1, NOW - 3600);
    const { run, sent } = upkeep({ unfinished: [busy] });
    await run();
    expect(sent).toEqual([
      ["delivery", { deliveryId: "unhandled" }],
      ["judge", { analysisId: lost }],
    ]);
  });

  const attempt = (id: number, guid: string, more: Partial<HookDelivery> = {}): HookDelivery => ({
    id,
    guid,
    event: "deployment_status",
    action: "created",
    installationId: 1,
    isFirst: true,
    at: NOW - 3600,
    ...more,
  });

  test("asks GitHub again for webhooks that never arrived", async () => {
    await delivery("arrived", 1, NOW - 3600);
    const { run, again } = upkeep({
      listed: [
        attempt(1, "arrived"),
        attempt(2, "missed"),
        attempt(3, "missed", { at: NOW - 7200 }),
        attempt(4, "on its way", { at: NOW - 10 }),
        attempt(5, "not ours", { event: "star" }),
        attempt(6, "of the App", { installationId: null }),
        attempt(8, "tried for an hour", { isFirst: false }),
        attempt(7, "of another App's check", { event: "check_run", action: "completed" }),
        ...Array.from({ length: 5 }, (_, index) => attempt(10 + index, "hopeless")),
      ],
    });
    await run();
    expect(again).toEqual([2]);
  });

  test("looks back to its last complete look, so that an outage is covered however much came since", async () => {
    const first = upkeep();
    await first.run();
    expect(first.since).toEqual([NOW - 3 * DAY]);
    const many = Array.from({ length: 600 }, (_, index) => attempt(index, `missed ${index}`));
    const flooded = upkeep({ now: NOW + 7 * 3600, listed: many });
    await flooded.run();
    expect(flooded.since).toEqual([NOW - 3600]);
    expect(flooded.again).toHaveLength(500);
    const next = upkeep({ now: NOW + 8 * 3600, listed: new Error("GitHub is away") });
    await expect(next.run()).rejects.toThrow("away");
    const last = upkeep({ now: NOW + 9 * 3600 });
    await last.run();
    expect([next.since, last.since]).toEqual([[NOW - 3600], [NOW - 3600]]);
    const after = upkeep({ now: NOW + 10 * 3600 });
    await after.run();
    expect(after.since).toEqual([NOW + 8 * 3600]);
  });

  test("asks for nothing again that is known, however short the retention and whatever was forgotten", async () => {
    await repository(1, 11);
    await delivery("old", 1, NOW - 2 * DAY);
    await delivery("forgotten", 1, NOW - 3600);
    await createForget({ database, log: recordingLog() })({ installationId: 1, repositoryId: null }, RUN);
    const listed = [attempt(1, "old", { at: NOW - 2 * DAY }), attempt(2, "forgotten")];
    const { run, again } = upkeep({ retention: DAY, listed });
    await run();
    expect(again).toEqual([]);
  });

  test("a server without the list of deliveries is no failure; another failure is, after all else was done", async () => {
    await upkeep({ listed: Object.assign(new Error("Not Found"), { status: 404 }) }).run();
    await repository(1, 11);
    const lost = await analysis(11, { state: "waiting", at: NOW - DAY, nextAt: NOW - 3600 });
    const { run, sent } = upkeep({ listed: new Error("GitHub is away") });
    await expect(run()).rejects.toThrow("GitHub is away");
    expect(sent).toEqual([["judge", { analysisId: lost }]]);
  });
});

describe("forgetting", () => {
  const forget = (installationId: number, repositoryId: number | null) =>
    createForget({ database, log: recordingLog() })({ installationId, repositoryId }, RUN);

  test("an account's uninstall deletes everything of it and nothing of others", async () => {
    for (const [installation, repo] of [
      [1, 11],
      [1, 12],
      [2, 21],
    ] as const) {
      await repository(installation, repo);
      await analysis(repo, { state: "done", at: NOW, verdict: true });
      await delivery(`d${repo}`, installation, NOW, repo);
    }
    await forget(1, 12);
    expect([await count("repositories"), await count("verdicts"), await remembered()]).toEqual([2, 2, 2]);
    await forget(2, 11);
    expect(await count("repositories")).toBe(2);
    await forget(1, null);
    expect(await database.query("select id from repositories")).toEqual([{ id: 21 }]);
    expect(await database.query("select id from installations")).toEqual([{ id: 2 }]);
    expect([await count("verdicts"), await remembered()]).toEqual([1, 1]);
    expect(await count("deliveries")).toBe(3);
  });
});
