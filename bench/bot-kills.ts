/**
 * Processes of the bot are killed (-9) at random moments while they judge: every deploy must end with exactly one check,
 * one stored verdict and one comment. ANALYSES and KILLS in the environment make it smaller.
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startPostgresql } from "../test/integration/servers/postgresql.ts";
import { type Deploy, webhookOf } from "./measure/bot-deploys.ts";
import { type BotProcess, kill, send, startBotProcess, startWorld } from "./measure/bot-processes.ts";

const ANALYSES = Number(process.env.ANALYSES ?? 1000);
const KILLS = Number(process.env.KILLS ?? 100);
const WORKERS = 2;
/** Longest that the whole may take, milliseconds. */
const LIMIT_MS = Number(process.env.LIMIT_MINUTES ?? 30) * 60_000;

export async function bench(): Promise<string> {
  const deployedAt = Math.floor(Date.now() / 1000) - 7200;
  const server = await startPostgresql();
  const database = await server.createDatabase();
  const world = await startWorld(ANALYSES, deployedAt);
  const began = performance.now();
  let killed = 0;
  try {
    const start = (role: "web" | "worker"): Promise<BotProcess> =>
      startBotProcess({ github: world.github, database, role, concurrency: 2 });
    let web = await start("web");
    const workers = await Promise.all(Array.from({ length: WORKERS }, () => start("worker")));
    const deploys: Deploy[] = Array.from({ length: ANALYSES }, (_, index) => ({ number: index + 1, deployedAt }));
    for (const deploy of deploys) {
      const { status } = await send(web.port, `delivery-${deploy.number}`, webhookOf(deploy));
      if (status !== 202) throw new Error(`a webhook was answered with ${status}`);
    }
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    const count = async (sql: string): Promise<number> => Number((await client.query(sql)).rows[0]?.n ?? 0);
    const open = (): Promise<number> =>
      count(`select (select count(*) from deliveries where processed_at is null)
        + (select count(*) from analyses where state in ('announced', 'waiting')) as n`);
    for (let left = await open(); left > 0; left = await open()) {
      if (performance.now() - began > LIMIT_MS) break;
      if (killed < KILLS) {
        const index = Math.floor(Math.random() * (WORKERS + 0.2));
        const victim = workers[index] ?? web;
        await kill(victim);
        killed += 1;
        const next = await start(victim === web ? "web" : "worker");
        if (victim === web) web = next;
        else workers[index] = next;
      }
      await delay(Math.random() * 1000);
    }
    await delay(2000);
    const report = await world.report();
    const left = await open();
    const verdicts = await count("select count(*) as n from verdicts");
    const twice = await count(
      "select count(*) as n from (select 1 from verdicts group by analysis_id having count(*) > 1) t",
    );
    const requests = await count("select max(requests) as n from analyses");
    const states = (await client.query("select state, count(*)::int as n from analyses group by 1")).rows;
    await client.end();
    for (const one of [web, ...workers]) await kill(one);
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    return [
      `| ${ANALYSES} deploys, ${WORKERS} workers, ${killed} kills (-9) | |`,
      "|---|---|",
      `| analyses by state | ${states.map(({ state, n }) => `${n} ${state}`).join(", ")}; unfinished ${left} |`,
      `| verdicts stored | ${verdicts}, twice for ${twice} analyses |`,
      `| checks on GitHub | ${report.checks.all} on ${report.checks.different} commits, more than one on ${report.checks.repeated} |`,
      `| their states | ${JSON.stringify(report.states)} |`,
      `| comments | ${report.comments.all} on ${report.comments.different} pull requests, more than one on ${report.comments.repeated} |`,
      `| most requests of one analysis | ${requests} |`,
      `| requests that GitHub would refuse | ${report.violations.length} ${report.violations.join("; ")} |`,
      `| time | ${minutes} min |`,
    ].join("\n");
  } finally {
    world.stop();
    await server.stop();
  }
}
