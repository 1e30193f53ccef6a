import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BotLog } from "../../src/bot/context.ts";
import type { JobData, JobHandlers, JobName, JobRun } from "../../src/bot/jobs/contract.ts";
import { createPauses } from "../../src/bot/jobs/pauses.ts";
import { POLICIES } from "../../src/bot/jobs/policies.ts";
import { type OpenQueue, openQueue } from "../../src/bot/jobs/queue.ts";
import { startWorker, type Worker } from "../../src/bot/jobs/worker.ts";
import { createRegistry } from "../../src/bot/observe/registry.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { DeployImpactError } from "../../src/core/errors.ts";
import { postgresqlAvailability, startPostgresql } from "./servers/postgresql.ts";
import { makeFolder } from "./servers/process.ts";

const { missing, note } = postgresqlAvailability();
const OPTIONS = { connections: 10, onError: () => undefined };

const silent: BotLog = {
  debug: () => undefined,
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  child: () => silent,
};

interface Place {
  readonly url: string | null;
  readonly open: () => Promise<OpenDatabase>;
  readonly remove: () => Promise<void>;
}

async function folderPlace(): Promise<Place> {
  const folder = await makeFolder("jobs");
  const store = { kind: "embedded", folder: join(folder.path, "data") } as const;
  return { url: null, open: () => openDatabase(store, OPTIONS), remove: folder.remove };
}

async function serverPlace(): Promise<Place> {
  const server = await startPostgresql();
  const url = await server.createDatabase();
  return { url, open: () => openDatabase({ kind: "server", url }, OPTIONS), remove: server.stop };
}

const BACKENDS = [
  { name: "the embedded database", skip: false, place: folderPlace },
  { name: `a PostgreSQL server${note}`, skip: missing, place: serverPlace },
];

/** Quick retries, so that a test sees the last one. */
const IMPATIENT = { ...POLICIES, judge: { tries: 3, firstPause: 1, longestPause: 1, timeLimit: 60 } };

type Seen = { readonly name: string; readonly data: unknown; readonly run: JobRun | null };

function handlersOf(
  judge: (id: string, run: JobRun) => Promise<void>,
  seen: Seen[],
  dead: unknown[] = [],
): JobHandlers {
  const note =
    <N extends JobName>(name: N) =>
    async (data: JobData[N], run: JobRun) =>
      void seen.push({ name, data, run });
  return {
    delivery: note("delivery"),
    judge: async (data, run) => {
      seen.push({ name: "judge", data, run });
      await judge(data.analysisId, run);
    },
    gate: note("gate"),
    react: note("react"),
    reaction: note("reaction"),
    forget: note("forget"),
    housekeeping: note("housekeeping"),
    dead: async (name, data, reason) => void dead.push({ name, data, reason }),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(20);
}

for (const { name, skip, place } of BACKENDS) {
  describe.skipIf(skip)(`jobs on ${name}`, () => {
    let at: Place;
    let database: OpenDatabase;
    let queue: OpenQueue;
    const workers: Worker[] = [];

    beforeAll(async () => {
      at = await place();
      database = await at.open();
      queue = await openQueue(database, { supervise: true, log: silent, policies: IMPATIENT });
      await database.query("insert into installations (id, account) values (1, 'a'), (2, 'b')");
    });
    afterEach(async () => {
      for (const worker of workers.splice(0)) await worker.stop(1000);
      await database.query("delete from pgboss.job");
    });
    afterAll(async () => {
      await queue?.stop();
      await database?.close();
      await at?.remove();
    });

    const pauses = () => createPauses(database, Date.now);
    const work = (handlers: JobHandlers, concurrency = 4, its = pauses()): Worker => {
      const metrics = createRegistry();
      const worker = startWorker({
        queue,
        database,
        handlers,
        pauses: its,
        concurrency,
        now: Date.now,
        log: silent,
        metrics,
      });
      workers.push(worker);
      return worker;
    };
    const judge = (id: string, more: { notBefore?: number; installationId?: number } = {}) =>
      queue.send("judge", { analysisId: id }, { key: id, ...more });
    const waiting = () =>
      database.query<{ key: string; at: Date }>(
        "select singleton_key as key, start_after as at from pgboss.job where state = 'created' order by 1",
      );

    test("a job is sent if and only if its transaction commits", async () => {
      const seen: Seen[] = [];
      await database.transaction((inside) => queue.send("gate", { gateId: "yes" }, { key: "yes", inside }));
      const failed = database.transaction(async (inside) => {
        await queue.send("gate", { gateId: "no" }, { key: "no", inside });
        throw new Error("rolled back");
      });
      await expect(failed).rejects.toThrow("rolled back");
      expect((await waiting()).map((row) => row.key)).toEqual(["yes"]);
      work(handlersOf(async () => undefined, seen));
      await until(() => seen.length > 0);
      expect(seen).toMatchObject([{ name: "gate", data: { gateId: "yes" }, run: { attempt: 0, last: false } }]);
    });

    test("one job per key waits; a second one brings it forward and never back", async () => {
      const now = Math.floor(Date.now() / 1000);
      await judge("a", { notBefore: now + 3600 });
      await judge("a", { notBefore: now + 7200 });
      await judge("b", { notBefore: now + 3600 });
      /** Minutes from now, by the clock of the database. */
      const minutes = async () =>
        (await waiting()).map((row) => [row.key, Math.round((row.at.getTime() / 1000 - now) / 60)]);
      expect(await minutes()).toEqual([
        ["a", 60],
        ["b", 60],
      ]);
      await judge("a", { notBefore: now + 600 });
      expect((await minutes())[0]).toEqual(["a", 10]);
      await judge("a");
      const seen: Seen[] = [];
      work(handlersOf(async () => undefined, seen));
      await until(() => seen.length > 0);
      expect(seen.map((one) => one.data)).toEqual([{ analysisId: "a" }]);
      expect((await waiting()).map((row) => row.key)).toEqual(["b"]);
    });

    test("nothing runs before its time; what is overdue runs", async () => {
      const seen: { readonly id: string; readonly at: number }[] = [];
      const due = Date.now() / 1000 + 1.5;
      await judge("later", { notBefore: due });
      await judge("overdue", { notBefore: due - 86_400 });
      work(handlersOf(async (id) => void seen.push({ id, at: Date.now() / 1000 }), []));
      await until(() => seen.length === 2);
      expect(seen.map((one) => one.id)).toEqual(["overdue", "later"]);
      expect(seen[1]?.at).toBeGreaterThanOrEqual(due);
    });

    test("a job sent while its like is running waits for it to end", async () => {
      let inside = 0;
      let most = 0;
      let runs = 0;
      const handlers = handlersOf(async (id) => {
        runs += 1;
        inside += 1;
        most = Math.max(most, inside);
        if (runs === 1) await judge(id);
        await delay(300);
        inside -= 1;
      }, []);
      await judge("same");
      work(handlers);
      await until(() => runs === 2 && inside === 0);
      expect(most).toBe(1);
    });

    test("a failing job is tried again and ends as a dead letter that says why", async () => {
      const seen: Seen[] = [];
      const dead: unknown[] = [];
      await judge("bad");
      work(handlersOf(async () => Promise.reject(new Error("no such thing")), seen, dead));
      await until(() => dead.length > 0);
      expect(seen.map(({ run }) => [run?.attempt, run?.last])).toEqual([
        [0, false],
        [1, false],
        [2, true],
      ]);
      expect(dead).toEqual([{ name: "judge", data: { analysisId: "bad" }, reason: "no such thing" }]);
    });

    test("an installation with much to do leaves a place for another one", async () => {
      const seen: string[] = [];
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      for (let index = 0; index < 12; index += 1) await judge(`many ${index}`, { installationId: 1 });
      const handlers = handlersOf(async (id) => {
        seen.push(id);
        if (id.startsWith("many")) await gate;
      }, []);
      work(handlers, 4);
      await until(() => seen.length >= 2);
      await judge("other", { installationId: 2 });
      await until(() => seen.includes("other"));
      expect(seen.filter((id) => id.startsWith("many")).length).toBeLessThan(4);
      open();
      await until(() => seen.length === 13);
    });

    test("a rate limit of one installation holds back its jobs and nobody else's, and costs no attempt", async () => {
      const seen: [string, number][] = [];
      const its = pauses();
      const until1 = Date.now() / 1000 + 2;
      const handlers = handlersOf(async (id, run) => {
        seen.push([id, run.attempt]);
        if (id !== "limited" || seen.length > 1) return;
        await its.pause(1, until1);
        throw new DeployImpactError("GITHUB_RATE_LIMITED", "Too many.", { hint: "Wait." });
      }, []);
      await judge("limited", { installationId: 1 });
      work(handlers, 4, its);
      await until(() => seen.length === 1);
      await judge("also limited", { installationId: 1 });
      await judge("free", { installationId: 2 });
      await until(() => seen.length === 4);
      expect(seen.slice(0, 2)).toEqual([
        ["limited", 0],
        ["free", 0],
      ]);
      expect(seen.slice(2).sort()).toEqual([
        ["also limited", 0],
        ["limited", 0],
      ]);
      expect(Date.now() / 1000).toBeGreaterThanOrEqual(until1);
      const others = pauses();
      await its.pause(2, Date.now() / 1000 + 60);
      await others.refresh();
      expect(others.paused()).toEqual(["2"]);
      await database.query("update installations set paused_until = null");
    });

    test("alerts begin also while GitHub asks their installation to wait", async () => {
      const seen: Seen[] = [];
      const its = pauses();
      await its.pause(1, Date.now() / 1000 + 3600);
      await judge("waits", { installationId: 1 });
      await queue.send("react", { verdictId: "v" }, { key: "v", installationId: 1 });
      await queue.send("reaction", { reactionId: "r" }, { key: "r", installationId: 1 });
      work(
        handlersOf(async () => undefined, seen),
        4,
        its,
      );
      await until(() => seen.length === 2);
      expect(seen.map((one) => one.name).sort()).toEqual(["react", "reaction"]);
      await database.query("update installations set paused_until = null");
    });

    test("a clock that is behind that of the database makes no job begin before its time", async () => {
      const log = silent;
      const behind = await openQueue(database, { supervise: false, log, now: () => Date.now() - 3_600_000 });
      const sentAt = Date.now();
      const inTenMinutes = { key: "x", notBefore: sentAt / 1000 - 3600 + 600 };
      await behind.send("judge", { analysisId: "x" }, inTenMinutes);
      await behind.send("judge", { analysisId: "x" }, inTenMinutes);
      const [row] = await waiting();
      expect(row?.at.getTime()).toBeGreaterThan(sentAt + 590_000);
      const [taken] = await queue.take("judge", 1, []);
      expect(taken).toBeUndefined();
      await behind.stop();
    });

    test("told to stop, a worker tells its jobs and gives back what does not end", async () => {
      const told: unknown[] = [];
      const handlers = handlersOf((_id, run) => {
        run.signal.addEventListener("abort", () => told.push(run.signal.reason));
        return new Promise(() => undefined);
      }, []);
      await judge("stubborn");
      const first = work(handlers);
      const active = () => database.query("select 1 from pgboss.job where state = 'active'");
      while ((await active()).length === 0) await delay(20);
      await delay(100);
      await first.stop(100);
      expect(told.map(String)).toEqual(["Error: The process is stopping."]);
      const seen: Seen[] = [];
      // The first worker's handler never ended, so the process still holds its key: another process would not.
      expect(await database.query("select state, retry_count from pgboss.job where state <> 'completed'")).toEqual([
        { state: "retry", retry_count: 0 },
      ]);
      expect(seen).toEqual([]);
    });

    test("many jobs each run once", async () => {
      const seen = new Map<string, number>();
      const ids = Array.from({ length: 200 }, (_, index) => `j${index}`);
      await Promise.all(ids.map((id) => judge(id)));
      work(
        handlersOf(async (id) => void seen.set(id, (seen.get(id) ?? 0) + 1), []),
        8,
      );
      work(
        handlersOf(async (id) => void seen.set(id, (seen.get(id) ?? 0) + 1), []),
        8,
      );
      await until(() => seen.size === ids.length);
      expect([...seen.values()].every((count) => count === 1)).toBe(true);
    });

    test("a job whose process was killed is taken over", async () => {
      if (at.url === null) return;
      const child = spawn(process.execPath, [join(import.meta.dirname, "bot-jobs-child.ts"), at.url], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await judge("orphan");
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "close");
      const seen: Seen[] = [];
      work(handlersOf(async () => undefined, seen));
      await until(() => seen.length > 0);
      expect(seen).toMatchObject([{ data: { analysisId: "orphan" }, run: { attempt: 1 } }]);
    });
  });
}
