import { checkNameOf, parseExternalId } from "../github/checks.ts";
import { type DeployTime, firstSuccess } from "../github/deployments.ts";
import { OPEN_CHECK_SECONDS, PAGE_SIZE } from "../github/limits.ts";
import type { CheckRunRecord, DeploymentRecord } from "../github/records.ts";
import { type PendingState, readPendingState } from "../github/state.ts";
import type { ActionSession } from "./action-session.ts";
import { SubjectCheck } from "./judge/check.ts";
import { concludeError, giveUp, isForgotten } from "./judge/endings.ts";
import { judge } from "./judge/judge.ts";
import { type Ending, nowOf, warnOf } from "./judge/session.ts";
import { annotatedTime, DEFAULT_ENVIRONMENT, type Subject } from "./judge/subject.ts";

/** Requests that one finished check may need: its update, and a comment looked up, posted and removed. */
const PER_FINISH = 4;

/** Deployments are looked at a little longer than GitHub keeps their checks open. */
const HORIZON_SECONDS = OPEN_CHECK_SECONDS + 86_400;

/** A commit that may carry an open check of ours. */
interface Candidate {
  readonly sha: string;
  /** Name of the check; null: any of ours. With a name the answer is short however many checks a commit has. */
  readonly name: string | null;
  /** Epoch seconds. */
  readonly at: number;
}

/**
 * Finishes every open check that is due, as far as the request budget goes: the newest commits first, because that is
 * where checks become due, and in between older ones at a place that the clock chooses, so that nothing is forgotten
 * however much is deployed. What is left is said and found by the next run.
 */
export async function sweep(session: ActionSession): Promise<Ending[]> {
  const deployments = await recentDeployments(session);
  const wanted = session.inputs.environment ?? DEFAULT_ENVIRONMENT;
  const known = deployments.some(({ environment }) => environment === wanted);
  const candidates = [...candidatesOf(session, deployments), ...(known ? [] : await commitCandidates(session))];
  const order = scanOrder(candidates, nowOf(session));
  const endings: Ending[] = [];
  let looked = 0;
  for (const candidate of order) {
    if (session.home.remaining() <= PER_FINISH) break;
    looked += 1;
    endings.push(...(await finishDue(session, candidate, deployments)));
  }
  const left = order.length - looked;
  session.desk.narrator.info(
    `Looked at ${looked} of ${order.length} deployed commits of the last 14 days, finished ${endings.length} checks${left > 0 ? `; ${left} commits are left to the next run` : ""}.`,
  );
  return endings;
}

async function recentDeployments(session: ActionSession): Promise<DeploymentRecord[]> {
  const { environment } = session.inputs;
  const since = nowOf(session) - HORIZON_SECONDS;
  const found: DeploymentRecord[] = [];
  try {
    for (let page = 1; page <= 2; page += 1) {
      const filter = environment === null ? { page } : { environment, page };
      const batch = await session.home.listDeployments(filter);
      found.push(...batch.filter((one) => one.createdAt >= since));
      if (batch.length < PAGE_SIZE || batch.some((one) => one.createdAt < since)) break;
    }
  } catch (error) {
    warnOf(session, error);
  }
  return found;
}

/** One per commit and environment. */
function candidatesOf(session: ActionSession, deployments: readonly DeploymentRecord[]): Candidate[] {
  const newest = new Map<string, Candidate>();
  for (const { sha, environment, createdAt } of deployments) {
    const name = session.inputs.checkName ?? checkNameOf(environment);
    const known = newest.get(`${sha} ${name}`);
    newest.set(`${sha} ${name}`, { sha, name, at: Math.max(known?.at ?? 0, createdAt) });
  }
  return [...newest.values()];
}

/**
 * Deploys that GitHub did not see have their checks on the default branch's commits; other deployments of the same
 * repository (pages, previews) say nothing about them.
 */
async function commitCandidates(session: ActionSession): Promise<Candidate[]> {
  try {
    const commits = await session.home.listCommits({ since: nowOf(session) - HORIZON_SECONDS });
    const { checkName, environment } = session.inputs;
    const name = checkName ?? (environment === null ? null : checkNameOf(environment));
    return commits.map(({ sha, committedAt }) => ({ sha, name, at: committedAt ?? 0 }));
  } catch (error) {
    warnOf(session, error);
    return [];
  }
}

/** Seconds after which the older look starts somewhere else. */
const TURN_SECONDS = 600;

/**
 * Newest first, alternating with older ones from a place that the clock chooses. The place jumps instead of moving on,
 * because a fixed stride would miss the same commits again whenever the interval of the schedule fits into it. Every candidate appears once.
 */
export function scanOrder<T extends { readonly at: number }>(candidates: readonly T[], now: number): T[] {
  const newest = candidates.toSorted((a, b) => b.at - a.at);
  const start = Math.floor((mixed(Math.floor(now / TURN_SECONDS)) / 2 ** 32) * newest.length);
  const turned = [...newest.slice(start), ...newest.slice(0, start)];
  return [...new Set(newest.flatMap((one, index) => [one, turned[index] ?? one]))];
}

/** An integer spread over all 32 bits. Source: the finalizer of MurmurHash3 (A. Appleby, public domain). */
function mixed(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

async function finishDue(
  session: ActionSession,
  candidate: Candidate,
  deployments: readonly DeploymentRecord[],
): Promise<Ending[]> {
  const endings: Ending[] = [];
  const filter = { ref: candidate.sha, ...(candidate.name === null ? {} : { name: candidate.name }) };
  try {
    for (const run of await session.home.listCheckRuns(filter)) {
      const subject = run.completed ? null : await subjectOf(session, { run, sha: candidate.sha, deployments });
      if (subject === null || session.home.remaining() < 1) continue;
      const ending = await finishOne(session, subject, run);
      if (ending !== null) endings.push(ending);
    }
  } catch (error) {
    warnOf(session, error);
  }
  return endings;
}

interface Found {
  readonly run: CheckRunRecord;
  readonly sha: string;
  readonly deployments: readonly DeploymentRecord[];
}

/** null: not a check that one of our runs left open. */
async function subjectOf(session: ActionSession, { run, sha, deployments }: Found): Promise<Subject | null> {
  const id = parseExternalId(run.externalId);
  const wanted = session.inputs.environment;
  if (id === null || (wanted !== null && wanted !== id.environment)) return null;
  const deployment = deployments.find((one) => String(one.id) === id.subject) ?? null;
  const registered = readPendingState(run.text);
  const time = registered === null ? await deployTime(session, deployment) : registeredTime(registered);
  if (time === null) return null;
  return {
    repository: session.context.repository,
    sha,
    environment: id.environment,
    deploymentId: deployment?.id ?? null,
    transient: false,
    payload: deployment?.payload ?? null,
    url: registered?.url ?? null,
    time,
    pullRequests: registered?.pullRequests ?? [],
    deployments: deployments.filter((one) => one.environment === id.environment),
    key: { sha, name: run.name, externalId: run.externalId ?? "" },
    registered,
  };
}

function registeredTime({ deployedAt, deployedAtSource }: PendingState): DeployTime {
  return { deployedAt, source: deployedAtSource };
}

/** The run that opened the check ended before it wrote down what it knew. */
async function deployTime(session: ActionSession, deployment: DeploymentRecord | null): Promise<DeployTime | null> {
  if (deployment === null) return null;
  const annotated = annotatedTime(deployment.payload);
  if (annotated !== null) return { deployedAt: annotated, source: "payload" };
  const succeededAt = firstSuccess(await session.home.listDeploymentStatuses(deployment.id));
  return succeededAt === null ? null : { deployedAt: succeededAt, source: "status" };
}

/** null: not due yet. */
async function finishOne(session: ActionSession, subject: Subject, run: CheckRunRecord): Promise<Ending | null> {
  const check = new SubjectCheck(session, subject);
  check.adopt(run);
  try {
    const ending = await judge(session, subject, check);
    if (ending.outputs.verdict !== "pending") return ending;
    return isForgotten(session, subject.time.deployedAt) ? await giveUp(session, check) : null;
  } catch (error) {
    return concludeError(session, { check, settings: null, error });
  }
}
