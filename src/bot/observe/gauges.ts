import { monitorEventLoopDelay } from "node:perf_hooks";
import { SCHEMA } from "../jobs/boss.ts";
import type { Database } from "../store/database.ts";
import type { Registry } from "./registry.ts";

/** Brings the gauges up to date; called when somebody asks for the metrics. */
export type Measure = () => Promise<void>;

export function createMeasure(registry: Registry, database: Database, now: () => number): Measure {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const started = now() / 1000 - process.uptime();
  return async () => {
    registry.observe("process_resident_memory_bytes", {}, process.memoryUsage.rss());
    registry.observe("nodejs_heap_size_used_bytes", {}, process.memoryUsage().heapUsed);
    registry.observe("process_start_time_seconds", {}, started);
    registry.observe("nodejs_eventloop_lag_seconds", {}, Math.max(0, delay.percentile(99) / 1e9 - 0.02));
    delay.reset();
    await measureWork(registry, database, now());
  };
}

async function measureWork(registry: Registry, database: Database, now: number): Promise<void> {
  const [work] = await database.query<{ pending: number; oldest: Date | null }>(
    `select (select count(*) from analyses where state in ('announced', 'waiting')) as pending,
       least(
         (select min(next_at) from analyses where state in ('announced', 'waiting') and next_at < $1),
         (select min(next_at) from gates where state = 'waiting' and next_at < $1)
       ) as oldest`,
    [new Date(now)],
  );
  registry.observe("deploy_impact_analyses_pending", {}, work?.pending ?? 0);
  const oldest = work?.oldest ?? null;
  registry.observe("deploy_impact_oldest_overdue_seconds", {}, oldest === null ? 0 : (now - oldest.getTime()) / 1000);
  const jobs = await database.query<{ name: string; state: string; count: number }>(
    `select name, state::text as state, count(*) as count from ${SCHEMA}.job group by 1, 2`,
  );
  registry.reset("deploy_impact_jobs");
  for (const { name, state, count } of jobs) registry.observe("deploy_impact_jobs", { job: name, state }, count);
}
