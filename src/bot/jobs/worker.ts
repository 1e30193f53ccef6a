import { setTimeout as delay } from "node:timers/promises";
import { DeployImpactError } from "../../core/errors.ts";
import type { BotLog } from "../context.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Hold, OpenDatabase } from "../store/database.ts";
import type { JobData, JobHandler, JobHandlers, JobName } from "./contract.ts";
import { createLooks } from "./looks.ts";
import type { Pauses } from "./pauses.ts";
import { BEAT, DEAD, POLICIES, QUEUES } from "./policies.ts";
import type { OpenQueue, TakenJob } from "./queue.ts";

export interface WorkerOptions {
  readonly queue: OpenQueue;
  readonly database: Pick<OpenDatabase, "hold">;
  readonly handlers: JobHandlers;
  readonly pauses: Pauses;
  /** Jobs side by side. */
  readonly concurrency: number;
  readonly now: () => number;
  readonly log: BotLog;
  readonly metrics: Metrics;
}

export interface Worker {
  /** Takes no more jobs, tells the running ones, and gives back what has not ended after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  /** False when the queue could not be asked for a while: then another process should do the work. */
  healthy(): boolean;
}

/** After this long without an answer from the queue the worker calls itself ill. */
const ILL_MS = 30_000;
/** While all places are taken, a job that ends is what to wait for; this is for safety only. */
const FULL_MS = 1000;
/** After a failed look. */
const RETRY_MS = 2000;
/** How often pauses that other processes noted are read. */
const REFRESH_MS = 2000;
/** Pause of an installation after a rate limit that did not say how long, seconds. */
const LIMIT_PAUSE = 60;
/** When the same thing is being worked on, look again after this, seconds. */
const BUSY_PAUSE = 1;

/** Somebody is woken by these, mostly without GitHub: they begin while it asks to wait, and come back if they need it. */
const UNPAUSED: ReadonlySet<TakenJob["queue"]> = new Set(["react", "reaction"]);

interface Running {
  readonly job: TakenJob;
  readonly stop: AbortController;
  ended: Promise<void>;
}

type Ending = "done" | "failed" | "dead" | "postponed" | "lost";

/** Works on due jobs, several side by side, until it is told to stop. */
export function startWorker(options: WorkerOptions): Worker {
  const { queue, concurrency, log } = options;
  const running = new Set<Running>();
  const share = Math.ceil(concurrency / 2);
  const looks = createLooks(QUEUES);
  let stopping = false;
  let lastAnswer = performance.now();

  /** An installation that holds half of the places waits, so that one can never have them all (takes are as small). */
  const without = (name: TakenJob["queue"]): string[] => {
    const count = new Map<number, number>();
    for (const { job } of running) {
      if (job.installationId !== null) count.set(job.installationId, (count.get(job.installationId) ?? 0) + 1);
    }
    const full = [...count].filter(([, jobs]) => jobs >= Math.max(1, concurrency - share)).map(([id]) => String(id));
    const paused = UNPAUSED.has(name) ? [] : options.pauses.paused();
    return [...new Set([...(concurrency > 1 ? full : []), ...paused])];
  };

  const start = (job: TakenJob): void => {
    const run: Running = { job, stop: new AbortController(), ended: Promise.resolve() };
    running.add(run);
    run.ended = work(options, run, () => stopping).finally(() => {
      running.delete(run);
      looks.soon(job.queue);
    });
  };

  const look = async (): Promise<void> => {
    for (const name of looks.due()) {
      const free = concurrency - running.size;
      if (free <= 0 || stopping) return;
      const jobs = await queue.take(name, Math.min(free, share), without(name));
      lastAnswer = performance.now();
      if (jobs.length === 0) looks.empty(name);
      for (const job of jobs) start(job);
    }
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      try {
        await look();
        await looks.wait(running.size >= concurrency ? FULL_MS : undefined);
      } catch (error) {
        log.error("The queue did not answer", { error: messageOf(error) });
        await looks.wait(RETRY_MS);
      }
    }
  };

  queue.onSent(looks.soon);
  const looping = loop();
  const beating = setInterval(() => void beat(options, running), BEAT * 1000);
  const refreshing = setInterval(() => void options.pauses.refresh().catch(() => undefined), REFRESH_MS);

  return {
    healthy: () => performance.now() - lastAnswer < ILL_MS || running.size >= concurrency,
    stop: async (graceMs) => {
      stopping = true;
      looks.soon(DEAD);
      await looping;
      for (const run of running) run.stop.abort(new Error("The process is stopping."));
      const all = Promise.all([...running].map((run) => run.ended));
      await Promise.race([all, delay(graceMs, undefined, { ref: false })]);
      // What has not listened is given back: another process begins it anew.
      for (const { job } of running) await queue.postpone(job, options.now() / 1000).catch(() => undefined);
      clearInterval(beating);
      clearInterval(refreshing);
    },
  };
}

async function beat({ queue, log }: WorkerOptions, running: ReadonlySet<Running>): Promise<void> {
  if (running.size === 0) return;
  try {
    const lost = new Set((await queue.beat([...running].map((run) => run.job))).map((job) => job.id));
    for (const run of running) {
      if (lost.has(run.job.id)) run.stop.abort(new Error("Another process has taken the job over."));
    }
  } catch (error) {
    log.error("The queue did not answer", { error: messageOf(error) });
  }
}

/** Runs one attempt and says how it ended; never rejects. */
async function work(options: WorkerOptions, run: Running, isStopping: () => boolean): Promise<void> {
  const { job } = run;
  const log = options.log.child({ job: job.queue, key: job.key, attempt: job.attempt });
  const began = options.now();
  let ending: Ending = "lost";
  try {
    const hold = await options.database.hold(`${job.queue}:${job.key}`);
    ending = hold === null ? await busy(options, job) : await attempt(options, run, hold, isStopping);
  } catch (error) {
    // The queue could not be told; it will notice by itself that nobody works on the job.
    log.error("The end of a job could not be noted", { error: messageOf(error) });
  }
  options.metrics.count("deploy_impact_jobs_total", { job: job.queue, outcome: ending });
  options.metrics.observe("deploy_impact_job_seconds", { job: job.queue }, (options.now() - began) / 1000);
}

async function busy({ queue, now }: WorkerOptions, job: TakenJob): Promise<Ending> {
  await queue.postpone(job, now() / 1000 + BUSY_PAUSE);
  return "postponed";
}

async function attempt(
  options: WorkerOptions,
  { job, stop }: Running,
  hold: Hold,
  isStopping: () => boolean,
): Promise<Ending> {
  const { queue } = options;
  const limit = POLICIES[job.queue].timeLimit;
  const timer = setTimeout(() => stop.abort(new Error(`It took longer than ${limit} s.`)), limit * 1000);
  const lost = (): void => stop.abort(hold.lost.reason);
  hold.lost.addEventListener("abort", lost);
  try {
    // Its process died again and again, so that no attempt could fail: it must not take this one down as well.
    if (job.attempt > job.lastAttempt) throw new Error("The process that worked on it ended every time.");
    await handle(options.handlers, job, stop.signal);
    await queue.done(job);
    return "done";
  } catch (error) {
    return await unfinished(options, job, error, isStopping());
  } finally {
    clearTimeout(timer);
    hold.lost.removeEventListener("abort", lost);
    await hold.release();
  }
}

async function handle(handlers: JobHandlers, job: TakenJob, signal: AbortSignal): Promise<void> {
  if (job.queue === DEAD) {
    // The dead queue is filled from our own queues only.
    const { name, reason } = job.dead ?? { name: "delivery", reason: "" };
    return handlers.dead(name as JobName, job.data as JobData[JobName], reason);
  }
  const handler = handlers[job.queue] as JobHandler<JobName>;
  return handler(job.data as JobData[JobName], { attempt: job.attempt, last: job.attempt >= job.lastAttempt, signal });
}

async function unfinished(options: WorkerOptions, job: TakenJob, error: unknown, stopping: boolean): Promise<Ending> {
  const { queue, pauses, now, log } = options;
  const fields = { job: job.queue, key: job.key, attempt: job.attempt, error: messageOf(error) };
  if (stopping) {
    await queue.postpone(job, now() / 1000);
    return "postponed";
  }
  if (error instanceof DeployImpactError && error.code === "GITHUB_RATE_LIMITED" && job.installationId !== null) {
    log.warning("A job waits until GitHub allows more requests", fields);
    // A refusal that did not say for how long is for its installation all the same.
    if (pauses.until(job.installationId) === null) await pauses.pause(job.installationId, now() / 1000 + LIMIT_PAUSE);
    await queue.postpone(job, pauses.until(job.installationId) ?? now() / 1000);
    return "postponed";
  }
  const last = job.attempt >= job.lastAttempt;
  if (last) log.error("A job was given up", fields);
  else log.warning("A job failed and is tried again", fields);
  await queue.failed(job, messageOf(error));
  return last ? "dead" : "failed";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
