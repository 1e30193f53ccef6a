import type { JobWithMetadata, PgBoss } from "pg-boss";
import type { Database, OpenDatabase } from "../store/database.ts";
import { asBossDatabase, type BossOptions, SCHEMA, startBoss } from "./boss.ts";
import type { JobData, JobName, JobQueue, SendOptions } from "./contract.ts";
import { type DEAD, QUEUES } from "./policies.ts";

/** A job that this process has to work on, to fail or to give back. */
export interface TakenJob {
  readonly id: string;
  /** Its queue: a job's name, or DEAD. */
  readonly queue: JobName | typeof DEAD;
  readonly key: string;
  readonly installationId: number | null;
  readonly data: unknown;
  /** 0 for the first attempt; also says whether a claim is still ours. */
  readonly attempt: number;
  readonly lastAttempt: number;
  /** For a dead letter: whose, and why. */
  readonly dead: { readonly name: string; readonly reason: string } | null;
}

export interface NewJob<N extends JobName> {
  readonly data: JobData[N];
  readonly key: string;
  readonly installationId: number;
}

export interface OpenQueue extends JobQueue {
  /** Many jobs that are due at once in one statement, none of whose keys waits yet. */
  sendAll<N extends JobName>(name: N, jobs: readonly NewJob<N>[], inside: Database): Promise<void>;
  /** Claims up to `count` due jobs, none of the installations in `without`. */
  take(queue: TakenJob["queue"], count: number, without: readonly string[]): Promise<TakenJob[]>;
  done(job: TakenJob): Promise<void>;
  /** The attempt failed: the job is tried again later, or becomes a dead letter. */
  failed(job: TakenJob, reason: string): Promise<void>;
  /** Not now: back into the queue as if it had not been taken. */
  postpone(job: TakenJob, notBefore: number): Promise<void>;
  /** Says that we still work on them; answers those whose claim is no longer ours. */
  beat(jobs: readonly TakenJob[]): Promise<readonly TakenJob[]>;
  /** Which of these keys have a job of this name that waits, runs or will be tried again. */
  unfinished(name: JobName, keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Called when a job was sent by this process, so that its worker need not wait for its next look. */
  onSent(listener: (name: JobName) => void): void;
  stop(): Promise<void>;
}

export async function openQueue(database: OpenDatabase, options: BossOptions): Promise<OpenQueue> {
  const boss = await startBoss(database, options);
  if (database.kind === "embedded") await orphaned(database);
  const listeners: ((name: JobName) => void)[] = [];
  const now = options.now ?? Date.now;
  /**
   * Seconds from now, never a moment: the database compares with its own clock, and where that is ahead of ours a job
   * would begin before its time, find nothing to do, and be sent for the same moment again and again.
   */
  const waitFor = (notBefore: number | undefined): number =>
    notBefore === undefined ? 0 : Math.max(0, Math.round(notBefore * 1000 - now()) / 1000);
  return {
    send: async (name, data, sendOptions) => {
      await send(boss, sendOptions.inside ?? database, {
        name,
        data,
        ...sendOptions,
        wait: waitFor(sendOptions.notBefore),
      });
      for (const listener of listeners) listener(name);
    },
    sendAll: async (name, jobs, inside) => {
      if (jobs.length === 0) return;
      const rows = jobs.map(({ data, key, installationId }) => ({
        data,
        singletonKey: key,
        group: { id: String(installationId) },
      }));
      await boss.insert(name, rows, { db: asBossDatabase(inside) });
      for (const listener of listeners) listener(name);
    },
    onSent: (listener) => void listeners.push(listener),
    take: async (queue, count, without) =>
      (await boss.fetch<object>(queue, { batchSize: count, includeMetadata: true, ignoreGroups: [...without] })).map(
        (job) => takenJob(queue, job),
      ),
    done: async (job) => void (await boss.complete(job.queue, attemptOf(job))),
    failed: async (job, reason) => void (await boss.fail(job.queue, attemptOf(job), { message: reason })),
    postpone: (job, notBefore) => postpone(database, job, waitFor(notBefore)),
    beat: (jobs) => beat(boss, jobs),
    unfinished: async (name, keys) => {
      const rows = await database.query<{ key: string }>(
        `select singleton_key as key from ${SCHEMA}.job
         where name = $1 and singleton_key = any($2) and state in ('created', 'retry', 'active')`,
        [name, keys],
      );
      return new Set(rows.map((row) => row.key));
    },
    stop: () => boss.stop({ graceful: false, close: false }),
  };
}

const attemptOf = (job: TakenJob) => ({ id: job.id, retryCount: job.attempt });

function takenJob(queue: TakenJob["queue"], job: JobWithMetadata<object>): TakenJob {
  return {
    id: job.id,
    queue,
    key: job.singletonKey ?? job.id,
    installationId: typeof job.groupId === "string" ? Number(job.groupId) : null,
    data: job.data,
    attempt: job.retryCount,
    lastAttempt: job.retryLimit,
    dead: job.sourceName === null ? null : { name: job.sourceName, reason: reasonOf(job.sourceOutput) },
  };
}

function reasonOf(output: unknown): string {
  // A job that failed by itself has { message }, one that pg-boss gave up { value: { message } }.
  const { message, value } = (output ?? {}) as { message?: unknown; value?: { message?: unknown } };
  const said = message ?? value?.message;
  return typeof said === "string" ? said : "It failed without saying why.";
}

interface Sent<N extends JobName> extends SendOptions {
  readonly name: N;
  readonly data: JobData[N];
  /** Seconds. */
  readonly wait: number;
}

/** The job that was in the way may start between our look and our touch; several times in a row is not to be expected. */
const SEND_TRIES = 5;

/**
 * At most one job per key waits. A second one brings it forward, never back; and because it touches the waiting one,
 * nobody can start that before our transaction has ended: whoever runs it sees what we wrote.
 */
async function send<N extends JobName>(boss: PgBoss, on: Database, job: Sent<N>): Promise<void> {
  const { name, data, key, wait, installationId } = job;
  for (let attempt = 0; attempt < SEND_TRIES; attempt += 1) {
    const id = await boss.send(name, data, {
      singletonKey: key,
      db: asBossDatabase(on),
      ...(wait > 0 ? { startAfter: wait } : {}),
      ...(installationId === undefined ? {} : { group: { id: String(installationId) } }),
    });
    if (id !== null) return;
    const waiting = await on.query(
      `update ${SCHEMA}.job set start_after = least(start_after, ${SCHEMA}.job_now() + make_interval(secs => $3))
       where name = $1 and singleton_key = $2 and state = 'created' returning id`,
      [name, key, wait],
    );
    if (waiting.length > 0) return;
  }
  throw new Error(`The job ${name} ${key} could not be sent: one in its way came and went ${SEND_TRIES} times.`);
}

/** Without `started_on` the next claim is the same attempt again. */
async function postpone(database: Database, job: TakenJob, wait: number): Promise<void> {
  await database.query(
    `update ${SCHEMA}.job set state = 'retry', start_after = ${SCHEMA}.job_now() + make_interval(secs => $4), started_on = null, heartbeat_on = null
     where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
    [job.queue, job.id, job.attempt, wait],
  );
}

/** Nobody else can have the embedded database, so whoever worked on these is dead. */
async function orphaned(database: Database): Promise<void> {
  await database.query(
    `update ${SCHEMA}.job set state = 'retry', start_after = ${SCHEMA}.job_now(), heartbeat_on = null
     where state = 'active' and name = any($1)`,
    [QUEUES],
  );
}

async function beat(boss: PgBoss, jobs: readonly TakenJob[]): Promise<readonly TakenJob[]> {
  const lost: TakenJob[] = [];
  for (const queue of new Set(jobs.map((job) => job.queue))) {
    const group = jobs.filter((job) => job.queue === queue);
    const { settled } = (await boss.touch(queue, group.map(attemptOf))) as { settled?: readonly string[] };
    if (settled !== undefined) lost.push(...group.filter((job) => !settled.includes(job.id)));
  }
  return lost;
}
