import type { JobName } from "./contract.ts";

/** How persistent a job is. All times in seconds. */
export interface JobPolicy {
  /** Attempts before it becomes a dead letter, the first included. */
  readonly tries: number;
  /** Pause after the first attempt; each next one is about twice as long, with some chance in it. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** Longest that one attempt may take: then it is told to stop, and another one may begin. */
  readonly timeLimit: number;
}

/** Twelve tries are 2, 4, 8, ... 900, 900 seconds apart: about three quarters of an hour together. */
const PATIENT: JobPolicy = { tries: 12, firstPause: 2, longestPause: 900, timeLimit: 300 };

export type Policies = Readonly<Record<JobName | typeof DEAD, JobPolicy>>;

/** Where a job goes after its last attempt; its own handler says so on GitHub. */
export const DEAD = "dead";

export const POLICIES: Policies = {
  delivery: PATIENT,
  // Reading a day of metrics of several SLIs from a slow source, and the statistics.
  judge: { ...PATIENT, timeLimit: 1800 },
  gate: PATIENT,
  react: PATIENT,
  reaction: PATIENT,
  forget: { ...PATIENT, tries: 20 },
  dead: { ...PATIENT, tries: 30 },
  housekeeping: { tries: 3, firstPause: 2, longestPause: 60, timeLimit: 600 },
};

export const QUEUES = Object.keys(POLICIES) as readonly (keyof Policies)[];

/** A worker says this often that it is alive, and is taken for dead after BEAT_LIMIT (pg-boss takes 10 at least). */
export const BEAT = 3;
export const BEAT_LIMIT = 15;

/** How often somebody looks for jobs whose worker died or took too long. */
export const SUPERVISE = 5;

/** Jobs that wait are kept this long after they were due: longer than any outage that somebody means to survive. */
export const WAITING_KEPT = 400 * 86_400;
/** Jobs that are done or dead are kept this long, for whoever looks into the table. */
export const FINISHED_KEPT = 3600;
