import type { OtherDeployment } from "../../core/plan.ts";
import { configChanged } from "../../github/config-file.ts";
import { aroundWindow, type DeploymentSurvey, surveyDeployments } from "../../github/deployments.ts";
import { type DeployContent, findDeployContent } from "../../github/pull-request.ts";
import type { PendingState } from "../../github/state.ts";
import type { Trigger } from "../trigger.ts";
import { nowOf, type Session, warnOf } from "./session.ts";
import type { Settings } from "./settings.ts";
import { readableTime, type Subject } from "./subject.ts";

/** Requests that must stay for pull request, check and comment. */
const RESERVED_FOR_THE_REST = 9;

/** The moment that was announced counts, unless a person corrects it by input. */
export function asRegistered(subject: Subject, registered: PendingState | null): Subject {
  if (registered === null || subject.time.source === "input") return subject;
  const { deployedAt, deployedAtSource: source, url } = registered;
  return { ...subject, time: { deployedAt, source }, url: subject.url ?? url };
}

export function triggerOf(subject: Subject, registered: PendingState | null): Trigger {
  return {
    environment: subject.environment,
    sha: subject.sha,
    repository: subject.repository,
    deploymentId: subject.deploymentId,
    deployedAt: subject.time.deployedAt,
    deployedAtSource: subject.time.source,
    payload: subject.payload,
    url: subject.url,
    pullRequests: registered?.pullRequests ?? subject.pullRequests,
    otherDeployments: registered?.others ?? null,
    configChanged: registered?.configChanged ?? null,
    changedPaths: registered?.changedPaths ?? null,
  };
}

interface Findings {
  readonly session: Session;
  readonly subject: Subject;
  readonly settings: Settings;
  readonly survey: DeploymentSurvey | null;
  readonly content: Pick<DeployContent, "pullRequests" | "changedPaths"> & { readonly configChanged?: boolean | null };
}

export function fullTrigger(trigger: Trigger, { session, subject, settings, survey, content }: Findings): Trigger {
  // The config lives in the workflow's repository; changes elsewhere say nothing about it.
  const sameRepository = subject.repository === session.desk.home;
  const changed =
    content.configChanged ?? (sameRepository ? configChanged(settings.file.path, content.changedPaths) : null);
  return {
    ...trigger,
    pullRequests: content.pullRequests,
    changedPaths: content.changedPaths,
    configChanged: changed,
    otherDeployments: survey?.others ?? trigger.otherDeployments,
  };
}

/**
 * null: the deployments could not be read. What was registered before stays known; `witnessed` are deploys that
 * somebody saw happen, so that nobody has to ask how they ended.
 */
export async function lookAround(
  session: Session,
  subject: Subject,
  { config }: Settings,
  registered: PendingState | null,
  witnessed: readonly OtherDeployment[] = [],
): Promise<DeploymentSurvey | null> {
  if (subject.deployments === null) return null;
  const { deployedAt } = subject.time;
  const from = deployedAt - Math.max(...config.services.map((service) => service.windows.pre));
  const to = deployedAt + Math.max(...config.services.map(({ windows }) => windows.settle + windows.post));
  const known = new Map([...(registered?.others ?? []), ...witnessed].map((other) => [other.id, other]));
  const unknown = subject.deployments.filter(
    (one) => !known.has(String(one.id)) && (registered === null || one.createdAt > deployedAt),
  );
  const api = session.github.api(subject.repository);
  try {
    const survey = await surveyDeployments(api, {
      current: { id: subject.deploymentId, sha: subject.sha, deployedAt },
      deployments: aroundWindow(unknown, from),
      from,
      to,
      lookUps: Math.max(0, Math.min(session.desk.statusLookUps, api.remaining() - RESERVED_FOR_THE_REST)),
      parseTime: readableTime,
    });
    return withKnown(survey, [...known.values()], { from, deployedAt, to });
  } catch (error) {
    warnOf(session, error);
    return null;
  }
}

function withKnown(
  survey: DeploymentSurvey,
  known: readonly OtherDeployment[],
  { from, deployedAt, to }: { readonly from: number; readonly deployedAt: number; readonly to: number },
): DeploymentSurvey {
  const at = (one: OtherDeployment | null): number => one?.deployedAt ?? Number.NEGATIVE_INFINITY;
  const before = known.filter((other) => other.deployedAt < deployedAt);
  const previous = before.reduce((latest, one) => (at(one) > at(latest) ? one : latest), survey.previous);
  const inside = known.filter((other) => other.deployedAt >= from && other.deployedAt <= to);
  const others = [...inside, ...survey.others].toSorted((a, b) => a.deployedAt - b.deployedAt);
  return { previous, others, newer: others.filter((other) => other.deployedAt > deployedAt) };
}

export async function contentOf(
  session: Session,
  subject: Subject,
  survey: DeploymentSurvey | null,
): Promise<DeployContent> {
  const question = {
    sha: subject.sha,
    requested: session.inputs.pullRequest,
    fromEvent: subject.pullRequests,
    previousSha: survey?.previous?.sha ?? null,
    now: nowOf(session),
    delays: session.desk.indexDelays,
  };
  try {
    const content = await findDeployContent(session.github.api(subject.repository), question, session.ports.sleep);
    session.desk.narrator.info(content.how);
    return content;
  } catch (error) {
    warnOf(session, error);
    const pullRequests = question.requested === null ? question.fromEvent : [question.requested];
    return { pullRequests, how: "", rollback: false, changedPaths: null };
  }
}
