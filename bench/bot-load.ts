/**
 * Webhooks of deploys at a steady rate on top of analyses that already wait, with one process for webhooks and two for
 * jobs on a real PostgreSQL: is one lost, is one doubled, how fast are they answered, does memory grow?
 * PENDING, RATE and SECONDS in the environment make it smaller.
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { openQueue } from "../src/bot/jobs/queue.ts";
import { createLog } from "../src/bot/observe/log.ts";
import { openDatabase } from "../src/bot/store/open.ts";
import { startPostgresql } from "../test/integration/servers/postgresql.ts";
import { environmentOf, INSTALLATIONS, installationOf, shaOf, webhookOf } from "./measure/bot-deploys.ts";
import { type BotProcess, kill, send, startBotProcess, startWorld } from "./measure/bot-processes.ts";

const PENDING = Number(process.env.PENDING ?? 10_000);
const RATE = Number(process.env.RATE ?? 50);
const SECONDS = Number(process.env.SECONDS ?? 60);
const WORKERS = 2;
/** One webhook in so many is sent a second time, as by a person who presses "Redeliver". */
const REPEATED = 20;
/** Longest that the work may take once the last webhook was sent, milliseconds. */
const LIMIT_MS = Number(process.env.LIMIT_MINUTES ?? 20) * 60_000;
const DAY = 86_400;

interface Sample {
  readonly at: number;
  readonly memory: readonly number[];
}

export async function bench(): Promise<string> {
  const deployedAt = Math.floor(Date.now() / 1000);
  const deploys = RATE * SECONDS;
  const server = await startPostgresql();
  const database = await server.createDatabase();
  const world = await startWorld(deploys, deployedAt);
  const processes: BotProcess[] = [];
  const start = async (role: "web" | "worker"): Promise<BotProcess> => {
    const made = await startBotProcess({ github: world.github, database, role });
    processes.push(made);
    return made;
  };
  try {
    await addPending(database, deployedAt);
    const web = await start("web");
    for (let worker = 0; worker < WORKERS; worker += 1) await start("worker");
    const samples: Sample[] = [];
    const began = performance.now();
    const sampling = setInterval(() => {
      samples.push({ at: (performance.now() - began) / 1000, memory: processes.map((one) => one.memory()) });
    }, 1000);
    const answers = await sendAll(web.port, deploys, deployedAt);
    const sent = performance.now();
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    const count = async (sql: string): Promise<number> => Number((await client.query(sql)).rows[0]?.n ?? 0);
    const unfinished = (): Promise<number> =>
      count(`select (select count(*) from deliveries where processed_at is null)
        + (select count(*) from analyses where state = 'announced') as n`);
    while ((await unfinished()) > 0 && performance.now() - sent < LIMIT_MS) await delay(500);
    const drained = (performance.now() - sent) / 1000;
    // What memory is left when there is nothing to do.
    await delay(10_000);
    clearInterval(sampling);
    const waiting = await count("select count(*) as n from analyses where state = 'waiting'");
    const jobs = await count(`select count(*) as n from analyses where state = 'waiting' and 1 = (
      select count(*) from pgboss.job where name = 'judge' and singleton_key = analyses.id::text
        and state in ('created', 'retry', 'active'))`);
    const left = await unfinished();
    const report = await world.report();
    await client.end();
    const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share: number): string => `${Math.round(times[Math.floor(share * (times.length - 1))] ?? 0)} ms`;
    return [
      `| ${PENDING} analyses wait; ${RATE} webhooks a second for ${SECONDS} s; ${WORKERS} workers | |`,
      "|---|---|",
      `| webhooks answered with 202 | ${answers.filter(({ status }) => status === 202).length} of ${answers.length} (${answers.length - deploys} of them repeats) |`,
      `| time to the answer, p50 / p99 / longest | ${at(0.5)} / ${at(0.99)} / ${at(1)} |`,
      `| analyses that wait afterwards | ${waiting} of ${PENDING + deploys}; ${jobs} with exactly one job; unfinished ${left} |`,
      `| checks on GitHub | ${report.checks.all} on ${report.checks.different} commits, more than one on ${report.checks.repeated} |`,
      `| requests to GitHub, per deploy; refused | ${report.requests}, ${(report.requests / deploys).toFixed(1)}; ${report.violations.length} ${report.violations.join("; ")} |`,
      `| last plan announced after the last webhook | ${drained.toFixed(0)} s |`,
      `| memory of web and workers, MiB | ${memoryLine(samples)} |`,
    ].join("\n");
  } finally {
    for (const one of processes) await kill(one);
    world.stop();
    await server.stop();
  }
}

/** Analyses of yesterday that are due tomorrow, each with its job. */
async function addPending(url: string, now: number): Promise<void> {
  const options = { connections: 10, onError: () => undefined };
  const database = await openDatabase({ kind: "server", url }, options);
  const queue = await openQueue(database, { supervise: false, log: createLog({ logLevel: "error" }, []) });
  for (let id = 1; id <= INSTALLATIONS; id += 1) {
    await database.query("insert into installations (id, account) values ($1, $2)", [id, `acme-${id}`]);
    await database.query(
      "insert into repositories (id, installation_id, full_name, is_private, default_branch) values ($1, $2, $3, true, 'main')",
      [5000 + id, id, `acme-${id}/shop`],
    );
  }
  const add = async (number: number): Promise<void> => {
    const installationId = installationOf(number);
    const [row] = await database.query<{ id: string }>(
      `insert into analyses (installation_id, repository_id, environment, deployment_id, sha, subject, deployed_at,
         deployed_at_source, state, event, next_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'status', 'waiting', '{}', $8) returning id`,
      [
        installationId,
        5000 + installationId,
        environmentOf(number),
        number,
        shaOf(number),
        `di1:${number}:${environmentOf(number)}`,
        new Date((now - DAY) * 1000),
        new Date((now + DAY) * 1000),
      ],
    );
    const key = row?.id ?? "";
    await queue.send("judge", { analysisId: key }, { key, installationId, notBefore: now + DAY });
  };
  // Numbers that no deploy of the run has.
  for (let first = 0; first < PENDING; first += 100) {
    const batch = Array.from({ length: Math.min(100, PENDING - first) }, (_, index) => 1_000_000 + first + index);
    await Promise.all(batch.map(add));
  }
  await queue.stop();
  await database.close();
}

/** Each at its own moment, whether or not those before it are answered. */
async function sendAll(
  port: number,
  deploys: number,
  deployedAt: number,
): Promise<readonly { readonly status: number; readonly ms: number }[]> {
  const began = performance.now();
  const answers: Promise<{ status: number; ms: number }>[] = [];
  for (let number = 1; number <= deploys; number += 1) {
    await delay(Math.max(0, began + (number / RATE) * 1000 - performance.now()));
    const body = webhookOf({ number, deployedAt });
    answers.push(send(port, `delivery-${number}`, body));
    if (number % REPEATED === 0) answers.push(send(port, `delivery-${number}`, body));
  }
  return Promise.all(answers);
}

/** At the start, in the middle, at the end of the load, at the end, and the most. */
function memoryLine(samples: readonly Sample[]): string {
  const near = (seconds: number): string =>
    (samples.find(({ at }) => at >= seconds) ?? samples.at(-1))?.memory.join("/") ?? "";
  const most = samples[0]?.memory.map((_, index) => Math.max(...samples.map(({ memory }) => memory[index] ?? 0)));
  const last = samples.at(-1);
  return `${near(5)} after 5 s, ${near(SECONDS / 2)} after ${SECONDS / 2} s, ${near(SECONDS)} after ${SECONDS} s, ${last?.memory.join("/")} after ${last?.at.toFixed(0)} s; most ${most?.join("/")}`;
}
