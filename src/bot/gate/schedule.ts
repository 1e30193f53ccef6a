import { GATE_REPORTS, GATE_SECONDS } from "../../github/limits.ts";

/** When a gate looks, reports and gives up. All instants are epoch seconds. */

/** The last half day belongs to people: GitHub fails the job at the end of it. */
const RESERVE = 12 * 3600;

export function deadlineOf(requestedAt: number): number {
  return requestedAt + GATE_SECONDS - RESERVE;
}

/** Reports that only say how long it still takes; the rest of the ten is kept for what people must know. */
const WAITING_REPORTS = GATE_REPORTS - 4;

/** Two reports closer than this say nothing new. */
const APART = 600;

/** The report near the end comes a tenth of the wait before it, and at least this long. */
const NEAR_END = 300;

export interface Waiting {
  readonly requestedAt: number;
  /** When the wait should be over. */
  readonly until: number;
  /** The last report; null: none yet. */
  readonly reportedAt: number | null;
  readonly reports: number;
}

/** At the start, at half of the wait and near its end, and once more when it takes longer; the answer comes by itself. */
function moments({ requestedAt, until }: Waiting): readonly number[] {
  const wait = Math.max(0, until - requestedAt);
  const half = requestedAt + wait / 2;
  const nearEnd = until - Math.max(NEAR_END, wait / 10);
  return [...[half, nearEnd].filter((moment) => moment - requestedAt >= APART), until + APART];
}

/** True when a report about the waiting is due. One that comes too late, when the answer is due, is left out. */
export function reportDue(waiting: Waiting, now: number): boolean {
  const { reportedAt, reports, until } = waiting;
  if (reports >= WAITING_REPORTS) return false;
  if (reportedAt === null) return true;
  const due = moments(waiting).filter((moment) => moment <= now && reportedAt < moment);
  return now - reportedAt >= APART && due.some((moment) => now < until || moment > until);
}

/** The next moment at which there is something to do: a report, or the end of the wait. */
export function nextLook(waiting: Waiting, now: number): number {
  const reports = waiting.reports >= WAITING_REPORTS ? [] : moments(waiting);
  const next = [...reports, waiting.until].filter((moment) => moment > now);
  return next.length === 0 ? pollAgain(waiting.requestedAt, now) : Math.min(...next);
}

/** What cannot be foretold is looked at again and again, less often the longer it takes: at least hourly. */
export function pollAgain(since: number, now: number): number {
  return now + Math.min(3600, Math.max(60, (now - since) / 4));
}

/** Whether one more report may be sent at all. */
export function mayReport(reports: number): boolean {
  return reports < GATE_REPORTS;
}
