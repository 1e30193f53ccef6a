import { type Db, PgBoss } from "pg-boss";
import type { BotLog } from "../context.ts";
import type { Database, OpenDatabase, Parameter } from "../store/database.ts";
import {
  BEAT_LIMIT,
  DEAD,
  FINISHED_KEPT,
  type JobPolicy,
  POLICIES,
  type Policies,
  QUEUES,
  SUPERVISE,
  WAITING_KEPT,
} from "./policies.ts";

const NO_JOB = "00000000-0000-0000-0000-000000000000";

/** Where pg-boss keeps its tables. */
export const SCHEMA = "pgboss";

export interface BossOptions {
  /** False in a process that works on no jobs. */
  readonly supervise: boolean;
  readonly log: BotLog;
  /** Milliseconds since the epoch; left out: the process's clock. */
  readonly now?: () => number;
  /** POLICIES except in tests. */
  readonly policies?: Policies;
}

/** pg-boss on our own connections, with one queue per kind of job and one for the dead. */
export async function startBoss(database: OpenDatabase, options: BossOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    db: { executeSql: async (sql, values) => ({ rows: await execute(database, sql, values) }) },
    backend: database.kind === "embedded" ? "pglite" : "postgres",
    schema: SCHEMA,
    supervise: options.supervise,
    superviseIntervalSeconds: SUPERVISE,
    monitorIntervalSeconds: SUPERVISE,
    maintenanceIntervalSeconds: 600,
    // Workers poll: a notification cannot say that a job became due.
    useListenNotify: false,
    schedule: false,
  });
  boss.on("error", (error) => options.log.error("queue", { error: error.message }));
  boss.on("warning", (warning) => options.log.warning("queue", { warning: warning.message }));
  await boss.start();
  const policies = options.policies ?? POLICIES;
  await makeQueue(boss, DEAD, policies[DEAD]);
  for (const name of QUEUES) if (name !== DEAD) await makeQueue(boss, name, policies[name], DEAD);
  return boss;
}

/** Our transaction as the connection that pg-boss uses for one call. */
export function asBossDatabase(inside: Database): Db {
  return { executeSql: async (sql, values = []) => ({ rows: await inside.query(sql, values as Parameter[]) }) };
}

function execute(database: OpenDatabase, sql: string, values: readonly unknown[] | undefined): Promise<object[]> {
  // Without values it may be several statements in one text.
  return values === undefined || values.length === 0
    ? database.script(sql)
    : database.query(sql, values as readonly Parameter[]);
}

async function makeQueue(boss: PgBoss, name: string, policy: JobPolicy, deadLetter?: string): Promise<void> {
  const options = {
    retryLimit: policy.tries - 1,
    retryDelay: policy.firstPause,
    retryBackoff: true,
    retryDelayMax: policy.longestPause,
    expireInSeconds: policy.timeLimit,
    heartbeatSeconds: BEAT_LIMIT,
    retentionSeconds: WAITING_KEPT,
    deleteAfterSeconds: FINISHED_KEPT,
    // No warning: thousands of analyses that wait for their data are normal.
    warningQueueSize: 1_000_000,
    ...(deadLetter === undefined ? {} : { deadLetter }),
  };
  // "short": one job per key may wait; what one per key may run is the worker's business (see worker.ts).
  await boss.createQueue(name, { ...options, policy: "short" });
  // A queue that was there keeps the settings of the version that made it.
  await boss.updateQueue(name, options);
  // pg-boss reads a queue's settings at the first use of it, which may be inside a transaction of ours: read them now.
  await boss.findJobs(name, { id: NO_JOB });
}
