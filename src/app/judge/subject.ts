import { parseTime, requireTime } from "../../config/time.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/outcome.ts";
import type { GithubApi } from "../../github/api.ts";
import { type CheckKey, checkNameOf, externalIdOf } from "../../github/checks.ts";
import { type DeployTime, deployTimeAnnotation, firstSuccess, successSince } from "../../github/deployments.ts";
import type { GithubEvent } from "../../github/event.ts";
import type { DeploymentRecord } from "../../github/records.ts";
import type { PendingState } from "../../github/state.ts";
import type { JudgeInputs } from "./desk.ts";

/** Events that name no environment are about this one. */
export const DEFAULT_ENVIRONMENT = "production";

/** The deployment that is judged, as far as the event and GitHub tell; the config is not needed for any of it. */
export interface Subject {
  readonly repository: string;
  readonly sha: string;
  readonly environment: string;
  readonly deploymentId: number | null;
  readonly transient: boolean;
  readonly payload: JsonValue;
  readonly url: string | null;
  readonly time: DeployTime;
  /** Named by the event. */
  readonly pullRequests: readonly number[];
  /** Of the same environment, newest first; null: nobody could look. */
  readonly deployments: readonly DeploymentRecord[] | null;
  readonly key: CheckKey;
  /** What was registered when the analysis was announced; null: this run announces it. */
  readonly registered: PendingState | null;
}

export type Judgeable = Exclude<GithubEvent, { kind: "sweep" } | { kind: "not-applicable" }>;

type SubjectPort = Pick<GithubApi, "repository" | "listDeployments" | "listDeploymentStatuses" | "remaining">;

export interface SubjectQuestion {
  readonly event: Judgeable;
  readonly inputs: JudgeInputs;
  /** Epoch seconds. */
  readonly now: number;
  readonly warn: (error: unknown) => void;
}

export function environmentOf(event: Judgeable, inputs: JudgeInputs): string {
  if (event.kind === "deployment") return event.deployment.environment;
  return inputs.environment ?? (event.kind === "dispatch" ? event.environment : null) ?? DEFAULT_ENVIRONMENT;
}

export async function resolveSubject(api: SubjectPort, question: SubjectQuestion): Promise<Subject> {
  const { event, inputs } = question;
  const environment = environmentOf(event, inputs);
  const sha = inputs.sha ?? commitOf(event);
  const deployments = await listedDeployments(api, environment, question.warn);
  const deployment =
    event.kind === "deployment" ? event.deployment : (deployments?.find((one) => one.sha === sha) ?? null);
  return {
    repository: api.repository,
    sha,
    environment,
    deploymentId: deployment?.id ?? null,
    transient: deployment?.transient ?? false,
    payload: deployment?.payload ?? null,
    url: event.kind === "deployment" ? event.url : null,
    time: await deployTime(api, question, deployment),
    pullRequests: event.kind === "commit" ? event.pullRequests : [],
    deployments,
    key: checkKey(inputs, { sha, environment, deploymentId: deployment?.id ?? null }),
    registered: null,
  };
}

export function checkKey(
  inputs: Pick<JudgeInputs, "checkName">,
  { sha, environment, deploymentId }: Pick<Subject, "sha" | "environment" | "deploymentId">,
): CheckKey {
  return {
    sha,
    name: inputs.checkName ?? checkNameOf(environment),
    externalId: externalIdOf(deploymentId, sha, environment),
  };
}

function commitOf(event: Judgeable): string {
  if (event.kind === "deployment") return event.deployment.sha;
  if (event.sha !== null && /^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(event.sha)) return event.sha.toLowerCase();
  throw new DeployImpactError(
    "USAGE",
    event.sha === null ? "The event names no commit." : `"${event.sha}" is not a full commit SHA.`,
    {
      hint: "Send the full 40-digit `sha` in the payload of the event, or set the input `sha`.",
    },
  );
}

async function listedDeployments(
  api: SubjectPort,
  environment: string,
  warn: (error: unknown) => void,
): Promise<readonly DeploymentRecord[] | null> {
  try {
    return await api.listDeployments({ environment });
  } catch (error) {
    warn(error);
    return null;
  }
}

/** Input, then the deploy tool's annotation, then GitHub's success status, then what the event itself says. */
async function deployTime(
  api: SubjectPort,
  { event, inputs, now }: SubjectQuestion,
  deployment: DeploymentRecord | null,
): Promise<DeployTime> {
  if (inputs.deployedAt !== null) return { deployedAt: inputs.deployedAt, source: "input" };
  if (event.kind === "dispatch" && event.deployedAt !== null) {
    return { deployedAt: requireTime(event.deployedAt, "`deployedAt` of the event"), source: "dispatch" };
  }
  const annotated = annotatedTime(deployment?.payload ?? null);
  if (annotated !== null) return { deployedAt: annotated, source: "payload" };
  if (event.kind === "deployment") return { deployedAt: event.succeededAt, source: "status" };
  const succeededAt = deployment === null ? null : firstSuccess(await api.listDeploymentStatuses(deployment.id));
  if (succeededAt !== null) return { deployedAt: succeededAt, source: "status" };
  if (event.kind === "commit" && event.deployedAt !== null)
    return { deployedAt: event.deployedAt, source: "workflow-run" };
  return { deployedAt: now, source: "run" };
}

/** For a deployment that was judged before: the same deploy time again when the success status was only repeated. */
export async function withoutRepeats(
  api: Pick<GithubApi, "listDeploymentStatuses">,
  subject: Subject,
  warn: SubjectQuestion["warn"],
): Promise<Subject> {
  const { deploymentId, time } = subject;
  if (deploymentId === null || time.source !== "status") return subject;
  try {
    const deployedAt = successSince(await api.listDeploymentStatuses(deploymentId), time.deployedAt);
    return { ...subject, time: { ...time, deployedAt } };
  } catch (error) {
    warn(error);
    return subject;
  }
}

/** A wrong annotation is an error, not a reason to take another time: a wrong time biases everything. */
export function annotatedTime(payload: JsonValue): number | null {
  const annotation = deployTimeAnnotation(payload);
  return annotation === null ? null : requireTime(annotation, "`deployedAt` in the deployment's payload");
}

/** For other deployments an unreadable annotation is only a reason to look at the status. */
export function readableTime(written: string | number): number | null {
  const parsed = parseTime(written);
  return parsed.ok ? parsed.value : null;
}
