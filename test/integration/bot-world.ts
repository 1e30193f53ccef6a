/**
 * The judging of the bot with everything around it under the test's hand: a clock, a queue that hands out jobs when they
 * are due, a GitHub that keeps what is written to it, a source of metrics, and a process that can die between any two
 * writes. The store is a real database.
 */
import { randomUUID } from "node:crypto";
import type { BotContext } from "../../src/bot/context.ts";
import { gateJob } from "../../src/bot/gate/step.ts";
import type { JobName, JobQueue } from "../../src/bot/jobs/contract.ts";
import { judgeIsDead } from "../../src/bot/judge/dead.ts";
import { createForget } from "../../src/bot/judge/forget.ts";
import { createJudge } from "../../src/bot/judge/step.ts";
import type { Database, OpenDatabase } from "../../src/bot/store/database.ts";
import type { TenantRepository } from "../../src/bot/tenant.ts";
import type { Delivery, DeliveryHandler } from "../../src/bot/webhooks/contract.ts";
import { deploymentStatusHandler } from "../../src/bot/webhooks/deployment-status.ts";
import type { DeployImpactError } from "../../src/core/errors.ts";
import { apiFor } from "../../src/github/api.ts";
import { connect } from "../../src/github/client.ts";
import { DOORS } from "../../src/github/errors.ts";
import type { Ports } from "../../src/ports.ts";
import { recordingLog } from "./bot-log.ts";
import { botSettings } from "./bot-settings.ts";
import {
  deploymentBody,
  type GithubStandIn,
  type GithubState,
  type StandInDeployment,
  startGithub,
} from "./github-stand-in.ts";

export const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
export const SHA_2 = "b2c3d4e5f60718293a4b5c6d7e8f9012345678a1";
export const DEPLOYED_AT = Date.UTC(2026, 10, 20, 13, 0, 0) / 1000;
export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;
export const CONFIG_PATH = ".github/deploy-impact.yml";
export const APP_ID = 12345;

/** Ready 5 + 60 + 5 minutes after the deploy: settle, post and the lag of one step. */
export const CONFIG = `version: 1
source: { type: prometheus, url: "https://prometheus.example.com" }
units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } }, control: { match: { zone: [us-1, us-2, us-3] } } }
windows: { pre: 6h, settle: 5m, post: 1h, step: 5m }
slis:
  - { id: p95-latency, kind: gauge, query: latency, worse: up, margin: 5% }
`;
export const READY_AT = DEPLOYED_AT + 70 * MINUTE;

/** What the process that runs the bot is, until it dies. */
export interface Process {
  /** Before and after every write; throws when this is where the process dies, and from then on. */
  readonly point: () => void;
  readonly isDead: () => boolean;
}

export class Killed extends Error {}

/** Dies at the `at`-th point; never when null. Counts the points. */
export function processDyingAt(at: number | null): Process & { readonly points: () => number } {
  let seen = 0;
  let dead = false;
  return {
    point: () => {
      if (dead) throw new Killed("dead");
      seen += 1;
      if (seen !== at) return;
      dead = true;
      throw new Killed("killed");
    },
    isDead: () => dead,
    points: () => seen,
  };
}

/** Multiplies the latency of treated zones from the deploy on. */
export interface MetricsPlan {
  effect: number;
  /** Answers instead of the series. */
  failure: (() => Response) | null;
  requests: number;
  /** Epoch seconds of every `end` that was asked for. */
  readonly ends: number[];
}

export interface World {
  readonly github: GithubStandIn;
  readonly database: OpenDatabase;
  readonly tenant: TenantRepository & { readonly defaultBranch: string };
  readonly metrics: MetricsPlan;
  readonly log: ReturnType<typeof recordingLog>;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly setNow: (seconds: number) => void;
  /** Requests to GitHub that the bot made. */
  readonly requests: () => number;
  /** Hands a webhook of the tenant to its handler; answers what it did. */
  readonly deliver: (make: (context: BotContext) => DeliveryHandler, webhook: Partial<Delivery>) => Promise<string>;
  readonly deploy: (one: StandInDeployment, at?: number, id?: string) => Promise<string>;
  /** Runs every job that is due, until none is. */
  readonly work: (life?: Process) => Promise<void>;
  /** The moments and names of jobs that wait. */
  readonly waiting: () => Promise<readonly { readonly name: string; readonly key: string; readonly at: number }[]>;
  readonly sent: (name: JobName) => readonly object[];
  readonly connectFails: (error: DeployImpactError | null) => void;
  readonly context: (life?: Process) => BotContext;
  readonly bury: (analysisId: string, reason: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

let tenants = 0;

export async function makeWorld(database: OpenDatabase, given: Partial<GithubState> = {}): Promise<World> {
  tenants += 1;
  const tenant = {
    installationId: 1000 + tenants,
    repositoryId: 5000 + tenants,
    repository: "acme/shop",
    isPrivate: true,
    defaultBranch: "main",
  };
  const github = await startGithub({
    appSlug: "deploy-impact",
    appId: APP_ID,
    files: { [CONFIG_PATH]: CONFIG },
    pullRequests: [{ number: 77, mergeSha: SHA, headSha: "c".repeat(40), files: ["src/checkout.ts"] }],
    commits: [{ sha: SHA, message: "Faster checkout (#77)", at: new Date((DEPLOYED_AT - HOUR) * 1000).toISOString() }],
    ...given,
  });
  await database.query(
    "create table if not exists test_jobs (tenant bigint, name text, key text, data jsonb, at double precision, unique (tenant, name, key))",
  );
  const metrics: MetricsPlan = { effect: 1.25, failure: null, requests: 0, ends: [] };
  const log = recordingLog();
  const history: { name: JobName; data: object }[] = [];
  let now = DEPLOYED_AT + MINUTE;
  let requests = 0;
  let connectError: DeployImpactError | null = null;
  const alive = processDyingAt(null);

  const context = (life: Process = alive): BotContext => ({
    version: "1.4.0",
    settings: botSettings({ apiUrl: github.url, store: { kind: "embedded", folder: "" }, appId: APP_ID }),
    database: mortal(database, life),
    queue: tableQueue(database, tenant.installationId, () => now, life),
    connect: async () => {
      if (connectError !== null) throw connectError;
      const client = connect({
        token: "ghs_token",
        apiUrl: github.url,
        log,
        sleep: async () => undefined,
        secondMs: 1,
      });
      let counted = 0;
      return {
        api: (repository) => mortalApi(apiFor(client, repository, DOORS.app), life),
        requests: () => {
          requests += client.requests() - counted;
          counted = client.requests();
          return counted;
        },
      };
    },
    portsFor: async () => ports(metrics, () => now, life),
    now: () => now * 1000,
    log,
    metrics: { count: () => undefined, observe: () => undefined },
  });

  const work = async (life: Process = alive): Promise<void> => {
    for (let turn = 0; ; turn += 1) {
      if (turn > 100) throw new Error("jobs without end");
      const [job] = await database.query<{ name: JobName; key: string; data: never }>(
        "delete from test_jobs where ctid in (select ctid from test_jobs where tenant = $1 and at <= $2 order by at, name, key limit 1) returning name, key, data",
        [tenant.installationId, now],
      );
      if (job === undefined) return;
      history.push({ name: job.name, data: job.data });
      try {
        await handle(context(life), job.name, job.data);
        if (life.isDead()) throw new Killed("after the last word");
      } catch (error) {
        // What a queue does: the job is there again, for whoever lives.
        await database.query(
          "insert into test_jobs values ($1, $2, $3, $4::jsonb, $5) on conflict (tenant, name, key) do update set at = least(test_jobs.at, excluded.at)",
          [tenant.installationId, job.name, job.key, JSON.stringify(job.data), now],
        );
        throw error;
      }
    }
  };

  const deliver: World["deliver"] = async (make, webhook) => {
    const { repository = tenant } = webhook;
    return make(context())({
      id: randomUUID(),
      event: "",
      action: null,
      installationId: tenant.installationId,
      repository,
      payload: {},
      receivedAt: now,
      ...webhook,
    });
  };

  return {
    github,
    database,
    tenant,
    metrics,
    log,
    now: () => now,
    setNow: (seconds) => {
      now = seconds;
    },
    requests: () => requests,
    deliver,
    deploy: (one, at = DEPLOYED_AT, id = randomUUID()) => {
      if (!github.state.deployments.some((known) => known.id === one.id)) github.state.deployments.unshift(one);
      return deliver(deploymentStatusHandler, {
        id,
        event: "deployment_status",
        action: "created",
        payload: deploymentStatus(one, at),
      });
    },
    work,
    waiting: async () =>
      database.query<{ name: string; key: string; at: number }>(
        "select name, key, at from test_jobs where tenant = $1 order by at, name",
        [tenant.installationId],
      ),
    sent: (name) => history.filter((job) => job.name === name).map(({ data }) => data),
    connectFails: (error) => {
      connectError = error;
    },
    context,
    bury: (analysisId, reason) => judgeIsDead(context(), analysisId, reason),
    close: github.close,
  };
}

async function handle(context: BotContext, name: JobName, data: never): Promise<void> {
  const run = { attempt: 0, last: false, signal: new AbortController().signal };
  if (name === "judge") await createJudge(context)(data, run);
  if (name === "gate") await gateJob(context)(data, run);
  if (name === "forget") await createForget(context)(data, run);
}

export function deployment(more: Partial<StandInDeployment> = {}): StandInDeployment {
  return {
    id: 1234567,
    sha: SHA,
    environment: "production",
    createdAt: new Date((DEPLOYED_AT - MINUTE) * 1000).toISOString(),
    statuses: [{ state: "success", at: new Date(DEPLOYED_AT * 1000).toISOString() }],
    ...more,
  };
}

/** `at`: epoch seconds. */
export function deploymentStatus(one: StandInDeployment, at: number, state = "success"): unknown {
  return {
    deployment: deploymentBody(one),
    deployment_status: { state, created_at: new Date(at * 1000).toISOString(), log_url: "https://ci.example/run/1" },
  };
}

/** Jobs in a table of the same database, so that one is sent if and only if its transaction commits. */
function tableQueue(database: Database, tenant: number, now: () => number, life: Process): JobQueue {
  return {
    send: async (name, data, { key, notBefore, inside }) => {
      if (inside === undefined) life.point();
      await (inside ?? database).query(
        "insert into test_jobs values ($1, $2, $3, $4::jsonb, $5) on conflict (tenant, name, key) do update set at = least(test_jobs.at, excluded.at)",
        [tenant, name, key, JSON.stringify(data), notBefore ?? now()],
      );
    },
  };
}

const isWrite = (sql: string): boolean => /^\s*(insert|update|delete)/i.test(sql);

/** Dies before or after every write that stands alone, and before or after every commit. */
function mortal(database: OpenDatabase, life: Process): Database {
  return {
    query: async (sql, parameters) => {
      if (isWrite(sql)) life.point();
      else if (life.isDead()) throw new Killed("dead");
      const rows = await database.query<never>(sql, parameters);
      if (isWrite(sql)) life.point();
      return rows;
    },
    transaction: async (work) => {
      const result = await database.transaction(async (inside) => {
        const done = await work(inside);
        life.point();
        return done;
      });
      life.point();
      return result;
    },
  };
}

/** Dies before or after every call that writes. */
function mortalApi<T extends object>(api: T, life: Process): T {
  return new Proxy(api, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== "function") return value;
      const writes = /^(create|update|delete|review)/.test(String(name));
      return async (...given: unknown[]) => {
        if (writes) life.point();
        else if (life.isDead()) throw new Killed("dead");
        const answer: unknown = await value(...given);
        if (writes) life.point();
        return answer;
      };
    },
  });
}

const ZONES = ["eu-1", "eu-2", "us-1", "us-2", "us-3"];

/** Prometheus as far as one query needs it: a daily wave, some noise that is the same in every run, and the effect. */
function ports(plan: MetricsPlan, now: () => number, life: Process): Ports {
  return {
    now: () => now() * 1000,
    sleep: async () => undefined,
    env: {},
    log: { debug: () => undefined, info: () => undefined, warning: () => undefined },
    random: () => 0.5,
    fetch: async (input, init) => {
      if (life.isDead()) throw new Killed("dead");
      plan.requests += 1;
      if (plan.failure !== null) return plan.failure();
      const request = new Request(input, init);
      const asked = new URLSearchParams(request.method === "POST" ? await request.text() : new URL(request.url).search);
      const [start, end, step] = ["start", "end", "step"].map((name) => Number(asked.get(name))) as [
        number,
        number,
        number,
      ];
      plan.ends.push(end);
      const result = ZONES.map((zone, unit) => ({
        metric: { zone },
        values: Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => {
          const time = start + index * step;
          return [time, String(latency(unit, time) * (unit < 2 && time >= DEPLOYED_AT ? plan.effect : 1))];
        }),
      }));
      return Response.json({ status: "success", data: { resultType: "matrix", result } });
    },
  };
}

/** Seconds. The noise is a hash of unit and time. */
function latency(unit: number, time: number): number {
  let hash = Math.imul(unit + 1, 0x9e3779b1) ^ Math.imul(time | 0, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  const noise = ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32 - 0.5;
  return (0.2 + 0.02 * unit) * (1 + 0.05 * Math.sin((2 * Math.PI * time) / DAY) + 0.04 * noise);
}
