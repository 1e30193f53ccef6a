import { z } from "zod";
import { readableTime } from "../../app/judge/subject.ts";
import { externalIdOf } from "../../github/checks.ts";
import { deployTimeAnnotation, successSince } from "../../github/deployments.ts";
import { deploymentSchema, deploymentStatusSchema } from "../../github/records.ts";
import { type Analysis, analysisOfSubject, type NewAnalysis } from "../store/analyses.ts";
import { deploysAround } from "../store/analysis-changes.ts";
import { type AnnounceContext, announceDeploy } from "./announce-deploy.ts";
import type { Delivery, DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const event = z.object({ deployment: deploymentSchema, deployment_status: deploymentStatusSchema });

type DeployEvent = z.infer<typeof event>;

/** `deployment_status`: a success is a deploy, and every deploy gets its analysis, once. */
export function deploymentStatusHandler(context: AnnounceContext): DeliveryHandler {
  return async (delivery) => {
    const { repository } = delivery;
    if (repository === null) return "no repository";
    const said = payloadOf(delivery, event);
    const { state } = said.deployment_status;
    if (state !== "success") return `the deployment is ${state}`;
    const { id, sha, environment } = said.deployment;
    const subject = externalIdOf(id, sha, environment);
    const known = await analysisOfSubject(context.database, repository, subject);
    const given = known === null ? firstTime(said, subject, delivery) : await again(context, known, said, delivery);
    if (given === null) return "known";
    return announceDeploy(context, repository, given);
  };
}

function firstTime(said: DeployEvent, subject: string, { receivedAt }: Delivery): NewAnalysis {
  const { deployment, deployment_status: status } = said;
  const annotation = deployTimeAnnotation(deployment.payload);
  const annotated = annotation === null ? null : readableTime(annotation);
  return {
    environment: deployment.environment,
    deploymentId: deployment.id,
    sha: deployment.sha,
    subject,
    generation: 1,
    deployedAt: annotated ?? status.createdAt,
    deployedAtSource: annotated === null ? "status" : "payload",
    event: {
      payload: deployment.payload,
      url: status.logUrl,
      transient: deployment.transient,
      statusAt: status.createdAt,
      pullRequests: [],
    },
    checksBefore: 0,
    at: receivedAt,
  };
}

/**
 * Some tools repeat the success status, which deploys nothing again. A success after any other state is a new deploy of
 * the same commit: a rollback makes an earlier deployment active again, and GitHub tells nobody that it was inactive.
 */
async function again(
  context: AnnounceContext,
  known: Analysis,
  said: DeployEvent,
  delivery: Delivery,
): Promise<NewAnalysis | null> {
  const at = said.deployment_status.createdAt;
  const before = known.event.statusAt ?? known.deployedAt;
  if (at <= before) return null;
  const isNew = (await replacedSince(context, known, at)) || (await inactiveSince(context, known, before, at));
  if (!isNew) return null;
  return {
    ...firstTime(said, known.subject, delivery),
    generation: known.generation + 1,
    deployedAt: at,
    deployedAtSource: "status",
    checksBefore: Math.max(known.checksBefore, known.checkRunId ?? 0),
  };
}

async function replacedSince({ database }: AnnounceContext, known: Analysis, at: number): Promise<boolean> {
  const { tenant, environment, deployedAt, subject } = known;
  const deploys = await deploysAround(database, tenant, { environment, from: deployedAt, to: at });
  return deploys.some(
    (one) => one.deployedAt > deployedAt && externalIdOf(one.deploymentId, one.sha, environment) !== subject,
  );
}

/** Asked of GitHub only for a repeated success that no deploy of ours explains. */
async function inactiveSince(context: AnnounceContext, known: Analysis, before: number, at: number): Promise<boolean> {
  if (known.deploymentId === null) return false;
  const connection = await context.connect(known.tenant);
  const statuses = await connection.api(known.tenant.repository).listDeploymentStatuses(known.deploymentId);
  return successSince(statuses, at) > before;
}
