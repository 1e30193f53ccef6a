import type { OtherDeployment } from "../core/plan.ts";
import type { GithubApi } from "./api.ts";
import { deployTimeAnnotation, firstSuccess } from "./deployments.ts";
import { PAGE_SIZE } from "./limits.ts";
import type { DeploymentRecord } from "./records.ts";

/** A deployment from its creation to the moment that it was done, epoch seconds. */
export interface PastDeployment extends OtherDeployment {
  readonly startedAt: number;
}

export interface DeploymentHistory {
  readonly deployments: readonly PastDeployment[];
  /** Deployments before this instant were not read; null: all of the span are here. */
  readonly since: number | null;
  /** Deployments whose end was not looked up: their creation stands for it. */
  readonly assumed: number;
}

export interface DeploymentHistoryQuestion {
  /** null: every environment. */
  readonly environment: string | null;
  readonly from: number;
  readonly to: number;
  /** Reads an annotated time; null when it is not one. */
  readonly parseTime: (written: string | number) => number | null;
}

/** A deployment that was created this long before the span may still have finished inside it. */
const SLOW_DEPLOY_SECONDS = 3600;
/** Requests that are kept for looking at how deployments ended. */
const LEAST_LOOK_UPS = 3;

type HistoryPort = Pick<GithubApi, "listDeployments" | "listDeploymentStatuses" | "remaining">;

/**
 * All deployments of a span, newest first as GitHub lists them, as far as the request budget reaches. Also those that
 * failed: half a roll-out touches units too. What is left of the budget is spent on when the newest ones were done.
 */
export async function deploymentHistory(
  api: HistoryPort,
  { environment, from, to, parseTime }: DeploymentHistoryQuestion,
): Promise<DeploymentHistory> {
  const records: DeploymentRecord[] = [];
  let since: number | null = null;
  for (let page = 1; ; page += 1) {
    const found = await api.listDeployments({ ...(environment === null ? {} : { environment }), page });
    records.push(...found);
    const oldest = Math.min(...found.map(({ createdAt }) => createdAt));
    if (found.length < PAGE_SIZE || oldest < from - SLOW_DEPLOY_SECONDS) break;
    if (api.remaining() > LEAST_LOOK_UPS) continue;
    since = oldest;
    break;
  }
  const inside = records.filter(({ createdAt }) => createdAt >= from - SLOW_DEPLOY_SECONDS && createdAt < to);
  let assumed = 0;
  const deployments: PastDeployment[] = [];
  for (const record of inside) {
    const annotation = deployTimeAnnotation(record.payload);
    const annotated = annotation === null ? null : parseTime(annotation);
    const isKnown = annotated !== null || api.remaining() > 0;
    if (!isKnown) assumed += 1;
    const done = annotated ?? (isKnown ? firstSuccess(await api.listDeploymentStatuses(record.id)) : null);
    deployments.push(pastOf(record, done));
  }
  return { deployments, since, assumed };
}

function pastOf({ id, environment, sha, createdAt }: DeploymentRecord, done: number | null): PastDeployment {
  const deployedAt = done ?? createdAt;
  return { id: String(id), environment, sha, startedAt: Math.min(createdAt, deployedAt), deployedAt };
}
