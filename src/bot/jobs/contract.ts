import type { Database } from "../store/database.ts";

/**
 * Work that must happen although this process may die at any moment. A job runs at least once; what it does is
 * idempotent by the rows and the GitHub objects it looks up first. Only ids travel: the rows say the rest.
 */
export interface JobData {
  /** A webhook that was answered with 202 and stored. */
  readonly delivery: { readonly deliveryId: string };
  /** The next step of an analysis: announce it, look at the data, publish, or come back later. */
  readonly judge: { readonly analysisId: string };
  /** The next step of a deployment protection rule that waits for an answer. */
  readonly gate: { readonly gateId: string };
  /** Decides what follows from a verdict: alerts, rollback. */
  readonly react: { readonly verdictId: string };
  /** Sends one alert or starts one rollback. */
  readonly reaction: { readonly reactionId: string };
  /** Deletes what an uninstalled account or a removed repository left. */
  readonly forget: { readonly installationId: number; readonly repositoryId: number | null };
  /** Retention, and a look for work whose job was lost. Runs on a schedule. */
  readonly housekeeping: Readonly<Record<string, never>>;
}

export type JobName = keyof JobData;

export interface SendOptions {
  /** At most one waiting job of this name and key; a second one is dropped. */
  readonly key: string;
  /** Not before this moment (epoch seconds); left out: now. */
  readonly notBefore?: number;
  /** Fairness: one installation cannot take all workers. */
  readonly installationId?: number;
  /** Sent if and only if this transaction commits. */
  readonly inside?: Database;
}

export interface JobQueue {
  send<N extends JobName>(name: N, data: JobData[N], options: SendOptions): Promise<void>;
}

/** What a handler is told besides its data. */
export interface JobRun {
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** True when a failure of this attempt makes the job a dead letter. */
  readonly last: boolean;
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
}

/** A handler that throws is tried again with backoff, after its last attempt the job becomes a dead letter. */
export type JobHandler<N extends JobName> = (data: JobData[N], run: JobRun) => Promise<void>;

/** Total by type: a job without a handler does not compile. `dead` says on GitHub what was given up. */
export type JobHandlers = { readonly [N in JobName]: JobHandler<N> } & {
  readonly dead: (name: JobName, data: JobData[JobName], reason: string) => Promise<void>;
};
