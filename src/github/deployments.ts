import type { JsonValue } from "../core/outcome.ts";
import type { OtherDeployment } from "../core/plan.ts";
import type { GithubApi } from "./api.ts";
import type { DeploymentRecord, DeploymentStatusRecord } from "./records.ts";

/** When the deploy happened, and who said so. */
export interface DeployTime {
  /** Epoch seconds. */
  readonly deployedAt: number;
  /** input, payload, status, dispatch, workflow-run, run */
  readonly source: string;
}

/** Keys under which deploy tools write the true time into `deployment.payload`. */
export const PAYLOAD_KEYS = ["deployedAt", "deployed_at", "deployed-at"] as const;

/** The deploy tool's own annotation as it was written; absent: null. */
export function deployTimeAnnotation(payload: JsonValue): string | number | null {
  if (payload === null || typeof payload !== "object" || Array.isArray(payload)) return null;
  for (const key of PAYLOAD_KEYS) {
    const value = payload[key];
    if (typeof value === "string" || typeof value === "number") return value;
  }
  return null;
}

/** The first success: later ones are repeats of the same fact. */
export function firstSuccess(statuses: readonly DeploymentStatusRecord[]): number | null {
  const times = statuses.filter((status) => status.state === "success").map((status) => status.createdAt);
  return times.length === 0 ? null : Math.min(...times);
}

/**
 * When the success that is known at `at` began. Some tools repeat the success status, which deploys nothing again; a
 * success after any other state (a rollback makes an inactive deployment active again) is a new one.
 */
export function successSince(statuses: readonly DeploymentStatusRecord[], at: number): number {
  const before = statuses.filter((status) => status.createdAt <= at).toSorted((a, b) => b.createdAt - a.createdAt);
  const change = before.findIndex((status) => status.state !== "success");
  const spell = change < 0 ? before : before.slice(0, change);
  return spell.at(-1)?.createdAt ?? at;
}

export interface DeploymentSurvey {
  /** The newest successful deployment of the environment before this one; null: none, or not found within the budget. */
  readonly previous: OtherDeployment | null;
  /** Everything else that was deployed to the environment inside the window. */
  readonly others: readonly OtherDeployment[];
  /** The others after this one. */
  readonly newer: readonly OtherDeployment[];
}

export interface SurveyQuestion {
  readonly current: { readonly id: number | null; readonly sha: string; readonly deployedAt: number };
  readonly deployments: readonly DeploymentRecord[];
  /** First and last instant that matter to the analysis. */
  readonly from: number;
  readonly to: number;
  /** Requests that may be spent on looking at statuses. */
  readonly lookUps: number;
  /** Reads an annotated time; null when it is not one. */
  readonly parseTime: ParseTime;
}

type ParseTime = (written: string | number) => number | null;

/** A deployment that was created this long before the window may still have finished inside it. */
const SLOW_DEPLOY_SECONDS = 3600;

type StatusPort = Pick<GithubApi, "listDeploymentStatuses">;

/**
 * Looks at the deployments of one environment around the one that is judged. The nearest ones are looked up, newer
 * first; for the rest `created_at` stands for the deploy time, which errs on the side of naming a deployment too many.
 */
export async function surveyDeployments(api: StatusPort, question: SurveyQuestion): Promise<DeploymentSurvey> {
  const { current, from, to } = question;
  const rest = question.deployments.filter((other) => other.id !== current.id);
  const after = rest.filter((other) => other.createdAt > current.deployedAt && other.createdAt <= to);
  const before = rest.filter((other) => other.createdAt <= current.deployedAt);
  const look = new StatusLookUps(api, question.lookUps, question.parseTime);
  const newer = await look.happened(after.toSorted((a, b) => a.createdAt - b.createdAt));
  const older = await look.happened(before.toSorted((a, b) => b.createdAt - a.createdAt));
  const inside = [...older.filter((other) => other.deployedAt >= from), ...newer].filter(
    (other) => other.deployedAt <= to,
  );
  return {
    previous: older.find((other) => other.deployedAt < current.deployedAt) ?? null,
    others: inside.toSorted((a, b) => a.deployedAt - b.deployedAt),
    newer: inside.filter((other) => other.deployedAt > current.deployedAt),
  };
}

/** Spends the look-ups that are left, nearest deployments first. */
class StatusLookUps {
  readonly #api: StatusPort;
  readonly #parseTime: ParseTime;
  #left: number;

  constructor(api: StatusPort, lookUps: number, parseTime: ParseTime) {
    this.#api = api;
    this.#parseTime = parseTime;
    this.#left = lookUps;
  }

  /** Only deployments that reached `success`, as far as looked up. */
  async happened(deployments: readonly DeploymentRecord[]): Promise<OtherDeployment[]> {
    const found: OtherDeployment[] = [];
    for (const deployment of deployments) {
      const other = await this.#lookUp(deployment);
      if (other !== null) found.push(other);
    }
    return found;
  }

  async #lookUp(deployment: DeploymentRecord): Promise<OtherDeployment | null> {
    const { id, environment, sha, createdAt } = deployment;
    const known = { id: String(id), environment, sha };
    if (this.#left <= 0) return { ...known, deployedAt: createdAt };
    this.#left -= 1;
    const succeededAt = firstSuccess(await this.#api.listDeploymentStatuses(id));
    if (succeededAt === null) return null;
    const annotation = deployTimeAnnotation(deployment.payload);
    const annotated = annotation === null ? null : this.#parseTime(annotation);
    return { ...known, deployedAt: annotated ?? succeededAt };
  }
}

/** Keeps the deployments that may matter to a window; the list endpoint returns newest first. */
export function aroundWindow(deployments: readonly DeploymentRecord[], from: number): DeploymentRecord[] {
  const inside = deployments.filter((deployment) => deployment.createdAt >= from - SLOW_DEPLOY_SECONDS);
  const older = deployments.filter((deployment) => deployment.createdAt < from - SLOW_DEPLOY_SECONDS);
  const newestOlder = older.toSorted((a, b) => b.createdAt - a.createdAt).slice(0, 3);
  return [...inside, ...newestOlder];
}
