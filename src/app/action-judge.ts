import type { OtherDeployment } from "../core/plan.ts";
import { configChanged } from "../github/config-file.ts";
import { aroundWindow, type DeploymentSurvey, surveyDeployments } from "../github/deployments.ts";
import { GIVE_UP_SECONDS } from "../github/limits.ts";
import { type DeployContent, findDeployContent } from "../github/pull-request.ts";
import { type PendingState, readPendingState, stateLine } from "../github/state.ts";
import { conclusionForError } from "../report/conclusion.ts";
import type { CheckTitle } from "../report/views/contract.ts";
import { renderErrorCheck, renderNotApplicable } from "../report/views/notices.ts";
import { renderPendingCheck } from "../report/views/pending.ts";
import { clock, SubjectCheck } from "./action-check.ts";
import { groupWords, nobodyCameBackNote, overlapNote } from "./action-notes.ts";
import { publishResult } from "./action-publish.ts";
import { asError, type Ending, nowOf, type Session, warnOf } from "./action-session.ts";
import {
  loadSettings,
  maskCredentials,
  missingConfigError,
  namesEnvironment,
  policyWithoutConfig,
  type Settings,
} from "./action-settings.ts";
import { checkKey, readableTime, type Subject } from "./action-subject.ts";
import type { Trigger } from "./trigger.ts";

/** Statuses of other deployments that are looked up, as far as the budget allows. */
const STATUS_LOOK_UPS = 3;

/** Requests that must stay for pull request, check and comment. */
const RESERVED_FOR_THE_REST = 9;

/** Older deployments whose open checks are closed by the deploy that overtook them. */
const OVERTAKEN = 2;

/** One deployment from its check in progress to its verdict, or to the note that a later run has to come back. */
export async function judge(session: Session, subject: Subject, check: SubjectCheck): Promise<Ending> {
  let settings: Settings | null = null;
  try {
    const file = await session.readConfig();
    if (file === null) throw missingConfigError(session.inputs.config);
    if (subject.transient && !namesEnvironment(file, subject.environment)) return await skip(session, check, TRANSIENT);
    settings = loadSettings(file, subject.environment, session);
    maskCredentials(settings.config, session.ports.env, session.host);
    session.host.info(`Config for ${subject.environment}: ${JSON.stringify(settings.config)}`);
    return await judgeWith(session, { subject, check, settings });
  } catch (error) {
    return concludeError(session, { subject, check, settings, error });
  }
}

const TRANSIENT = "the environment is transient; name it under `environments:` in the config to judge it";

interface Case {
  readonly subject: Subject;
  readonly check: SubjectCheck;
  readonly settings: Settings;
}

async function judgeWith(session: Session, given: Case): Promise<Ending> {
  const { check, settings } = given;
  const before = await check.before();
  const registered = before === null || before.completed ? null : readPendingState(before.text);
  const subject = asRegistered(given.subject, registered);
  const { analyst } = session;
  const trigger = triggerOf(subject, registered);
  const readyAt = analyst.readyAt(settings.config, trigger);
  session.host.info(
    `Deployed at ${new Date(trigger.deployedAt * 1000).toISOString()} (source: ${trigger.deployedAtSource}); data complete at ${new Date(readyAt * 1000).toISOString()}.`,
  );
  const plan = await pendingText(session, { ...given, subject }, trigger, readyAt);
  if (registered === null) await check.open(plan);
  else await check.resume();
  const survey = await lookAround(session, subject, settings, registered);
  if (subject.registered === null) await closeOvertaken(session, { ...given, subject }, survey);
  const [newer] = survey?.newer ?? [];
  if (newer !== undefined && nowOf(session) < readyAt) return overtaken(session, check, newer);
  const content = registered ?? (await contentOf(session, subject, survey));
  const complete = fullTrigger(trigger, { subject, settings, survey, content, session });
  if (!(await waitFor(session, readyAt)))
    return leavePending(session, { check, plan, readyAt, trigger: complete, content, registered });
  const document = await analyst.runAnalysis(settings.config, complete, session.ports, {
    version: session.version,
    baseDir: session.host.workspace,
  });
  const { pullRequests, rollback } = content;
  return publishResult(session, { subject, settings, check, pullRequests, rollback }, document);
}

/** The moment that was announced counts, unless a person corrects it by input. */
function asRegistered(subject: Subject, registered: PendingState | null): Subject {
  if (registered === null || subject.time.source === "input") return subject;
  const { deployedAt, deployedAtSource: source, url } = registered;
  return { ...subject, time: { deployedAt, source }, url: subject.url ?? url };
}

function triggerOf(subject: Subject, registered: PendingState | null): Trigger {
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

function fullTrigger(trigger: Trigger, { session, subject, settings, survey, content }: Findings): Trigger {
  // The config lives in the workflow's repository; changes elsewhere say nothing about it.
  const sameRepository = subject.repository === session.context.repository;
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

async function pendingText(
  session: Session,
  { subject, settings }: Case,
  trigger: Trigger,
  readyAt: number,
): Promise<CheckTitle> {
  const [service] = settings.config.services;
  const words = service === undefined ? { treated: null, control: null } : groupWords(service);
  const waits = readyAt - nowOf(session) <= session.inputs.wait;
  return renderPendingCheck({
    environment: subject.environment,
    sha: subject.sha,
    plans: session.analyst.plansOf(settings.config, trigger, nowOf(session)),
    ...words,
    readyAt,
    finishedBy: waits ? "this-run" : "scheduled-run",
    publicRepository: await session.isPublic(),
  });
}

/** null: the deployments could not be read. What was registered before stays known. */
async function lookAround(
  session: Session,
  subject: Subject,
  { config }: Settings,
  registered: PendingState | null,
): Promise<DeploymentSurvey | null> {
  if (subject.deployments === null) return null;
  const { deployedAt } = subject.time;
  const from = deployedAt - Math.max(...config.services.map((service) => service.windows.pre));
  const to = deployedAt + Math.max(...config.services.map(({ windows }) => windows.settle + windows.post));
  const known = new Map((registered?.others ?? []).map((other) => [other.id, other]));
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
      lookUps: Math.max(0, Math.min(STATUS_LOOK_UPS, api.remaining() - RESERVED_FOR_THE_REST)),
      parseTime: readableTime,
    });
    return { ...survey, others: [...known.values(), ...survey.others] };
  } catch (error) {
    warnOf(session, error);
    return null;
  }
}

async function contentOf(session: Session, subject: Subject, survey: DeploymentSurvey | null): Promise<DeployContent> {
  const question = {
    sha: subject.sha,
    requested: session.inputs.pullRequest,
    fromEvent: subject.pullRequests,
    previousSha: survey?.previous?.sha ?? null,
    now: nowOf(session),
  };
  try {
    const content = await findDeployContent(session.github.api(subject.repository), question, session.ports.sleep);
    session.host.info(content.how);
    return content;
  } catch (error) {
    warnOf(session, error);
    const pullRequests = question.requested === null ? question.fromEvent : [question.requested];
    return { pullRequests, how: "", rollback: false, changedPaths: null };
  }
}

/** True when the data are complete; sleeps only when that moment is within reach. */
async function waitFor(session: Session, readyAt: number): Promise<boolean> {
  const missing = readyAt - nowOf(session);
  if (missing <= 0) return true;
  if (missing > session.inputs.wait) return false;
  session.host.info(`Waiting ${Math.ceil(missing)} s for the post window to close.`);
  await session.ports.sleep(Math.ceil(missing * 1000));
  return true;
}

interface Pending {
  readonly check: SubjectCheck;
  readonly plan: CheckTitle;
  readonly readyAt: number;
  readonly trigger: Trigger;
  readonly content: { readonly pullRequests: readonly number[]; readonly rollback: boolean };
  readonly registered: PendingState | null;
}

/** Paths beyond this are not worth keeping; without them every service is analysed. */
const KEPT_PATHS = 300;
const KEPT_DEPLOYMENTS = 50;

async function leavePending(session: Session, pending: Pending): Promise<Ending> {
  const { check, plan, readyAt, trigger, content, registered } = pending;
  if (registered === null) {
    const paths = trigger.changedPaths;
    const state: PendingState = {
      kind: "pending",
      deployedAt: trigger.deployedAt,
      deployedAtSource: trigger.deployedAtSource,
      pullRequests: [...content.pullRequests],
      rollback: content.rollback,
      configChanged: trigger.configChanged,
      changedPaths: paths === null || paths.length > KEPT_PATHS ? null : [...paths],
      others:
        trigger.otherDeployments === null
          ? null
          : trigger.otherDeployments.slice(-KEPT_DEPLOYMENTS).map(({ url: _url, ...other }) => other),
      url: trigger.url,
    };
    await check.leaveOpen({ ...plan, text: stateLine(state) });
  } else {
    check.leave();
  }
  await session.host.appendSummary(`### ${plan.title}\n\n${plan.summary}\n`);
  const readyIso = new Date(readyAt * 1000).toISOString();
  session.host.info(
    `Pending: the post window is open; a scheduled or manual run after ${readyIso} finishes the check.`,
  );
  return {
    conclusion: null,
    outputs: {
      verdict: "pending",
      "reason-code": "WINDOW_OPEN",
      "ready-at": readyIso,
      "pull-request": content.pullRequests.join(","),
      "check-run-id": String(check.id ?? ""),
    },
  };
}

/** Closes the open checks of older deployments whose post window this deployment fell into. */
async function closeOvertaken(session: Session, given: Case, survey: DeploymentSurvey | null): Promise<void> {
  const { subject, settings } = given;
  const { deployedAt } = subject.time;
  const span = Math.max(...settings.config.services.map(({ windows }) => windows.settle + windows.post));
  const older = (survey?.others ?? []).filter(
    (other) => other.deployedAt < deployedAt && other.deployedAt + span > deployedAt,
  );
  const self: OtherDeployment = {
    id: String(subject.deploymentId ?? ""),
    environment: subject.environment,
    sha: subject.sha,
    deployedAt,
  };
  for (const other of older.slice(-OVERTAKEN)) {
    const place = { sha: other.sha, environment: other.environment, deploymentId: Number(other.id) };
    const check = new SubjectCheck(session, { repository: subject.repository, key: checkKey(session.inputs, place) });
    const before = await check.before();
    if (before === null || before.completed) continue;
    await overtaken(session, check, self);
  }
}

async function overtaken(session: Session, check: SubjectCheck, other: OtherDeployment): Promise<Ending> {
  return note(session, check, overlapNote(other, clock(other.deployedAt, session)), "OVERLAPPING_DEPLOY");
}

/** Half a day before GitHub would call the check stale. */
export function isForgotten(session: Session, deployedAt: number): boolean {
  return nowOf(session) - deployedAt >= GIVE_UP_SECONDS;
}

export function giveUp(session: Session, check: SubjectCheck): Promise<Ending> {
  return note(session, check, nobodyCameBackNote(), "NOBODY_CAME_BACK");
}

/** A neutral ending without a result. */
async function note(session: Session, check: SubjectCheck, text: CheckTitle, code: string): Promise<Ending> {
  await check.complete(text, "neutral");
  await session.host.appendSummary(`### ${text.title}\n\n${text.summary}\n`);
  session.host.info(text.title);
  return {
    conclusion: "neutral",
    outputs: { verdict: "invalid", "reason-code": code, conclusion: "neutral", "check-run-id": String(check.id ?? "") },
  };
}

/** `skipped`; `check` null: nobody waits for one. */
export async function skip(session: Session, check: SubjectCheck | null, reason: string): Promise<Ending> {
  const text = renderNotApplicable(reason);
  session.host.info(text.title);
  await session.host.appendSummary(`### ${text.title}\n\n${text.summary}\n`);
  await check?.complete(text, "skipped");
  return {
    conclusion: "skipped",
    outputs: { verdict: "not-applicable", conclusion: "skipped", "check-run-id": String(check?.id ?? "") },
  };
}

interface Failure {
  readonly subject: Pick<Subject, "environment">;
  readonly check: SubjectCheck;
  readonly settings: Settings | null;
  readonly error: unknown;
}

/** Our own failure: loud in the log and in the check, red only where the user asked for it or the config is wrong. */
export async function concludeError(session: Session, { check, settings, error }: Failure): Promise<Ending> {
  const known = asError(error);
  const conclusion = conclusionForError(known, settings?.policy ?? policyWithoutConfig(session.inputs));
  sayError(session, known);
  const { serverUrl, repository, runId } = session.context;
  const runUrl = `${serverUrl}/${repository}/actions/runs/${runId}`;
  const text = renderErrorCheck(known, { publicRepository: await session.isPublic(), runUrl });
  await session.host.appendSummary(`### ${text.title}\n\n${text.summary}\n`);
  try {
    await check.complete(text, conclusion);
  } catch (second) {
    warnOf(session, second);
  }
  return {
    conclusion,
    outputs: { verdict: "error", "reason-code": known.code, conclusion, "check-run-id": String(check.id ?? "") },
  };
}

/** Every problem with its place, so that the editor's margin shows it. */
export function sayError(session: Pick<Session, "host">, error: ReturnType<typeof asError>): void {
  const { host } = session;
  if (error.problems.length === 0) host.error(`${error.message} ${error.hint}`, error.position);
  for (const problem of error.problems) host.error(`${problem.message} ${problem.hint}`, problem.position);
  if (error.code === "INTERNAL" && error.cause instanceof Error) host.debug(error.cause.stack ?? error.cause.message);
}
