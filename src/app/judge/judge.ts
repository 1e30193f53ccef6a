import type { OtherDeployment } from "../../core/plan.ts";
import type { ResultDocument } from "../../core/result.ts";
import { awaitedLook } from "../../core/verdict/looks.ts";
import type { DeploymentSurvey } from "../../github/deployments.ts";
import { type PendingState, readPendingState } from "../../github/state.ts";
import type { CheckTitle } from "../../report/views/contract.ts";
import type { Trigger } from "../trigger.ts";
import { SubjectCheck } from "./check.ts";
import { concludeError, mayTryAgain, overtaken, skip, tryLater } from "./endings.ts";
import { type Content, leavePending, pendingText, waitFor } from "./pending.ts";
import { publishResult } from "./publish.ts";
import { asError, type Ending, nowOf, type Session, warnOf } from "./session.ts";
import { loadSettings, maskCredentials, missingConfigError, namesEnvironment, type Settings } from "./settings.ts";
import { checkKey, type Subject, withoutRepeats } from "./subject.ts";
import { asRegistered, contentOf, fullTrigger, lookAround, triggerOf } from "./trigger.ts";

/** Older deployments whose open checks are closed by the deploy that overtook them. */
const OVERTAKEN = 2;

/** One deployment from its check in progress to its verdict, or to the note that a later run has to come back. */
export async function judge(session: Session, subject: Subject, check: SubjectCheck): Promise<Ending> {
  let settings: Settings | null = null;
  try {
    const file = await session.readConfig();
    if (file === null) throw missingConfigError(session);
    if (subject.transient && !namesEnvironment(file, subject.environment)) return await skip(session, check, TRANSIENT);
    settings = loadSettings(file, subject.environment, session);
    maskCredentials(settings.config, session);
    session.desk.narrator.info(`Config for ${subject.environment}: ${JSON.stringify(settings.config)}`);
    return await judgeWith(session, { subject, check, settings });
  } catch (error) {
    return concludeError(session, { check, settings, error });
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
  const subject = before?.completed
    ? await withoutRepeats(session.github.api(given.subject.repository), given.subject, (error) =>
        warnOf(session, error),
      )
    : asRegistered(given.subject, registered);
  const { analyst } = session;
  const trigger = triggerOf(subject, registered);
  const times = analyst.lookTimes(settings.config, trigger);
  const readyAt = times.find((time) => time > nowOf(session)) ?? times.at(-1) ?? trigger.deployedAt;
  session.desk.narrator.info(
    `Deployed at ${iso(trigger.deployedAt)} (source: ${trigger.deployedAtSource}); data complete at ${times.map(iso).join(", ")}.`,
  );
  const plan = await pendingText(session, { ...given, subject }, trigger, readyAt);
  if (registered === null) await check.open(plan);
  else await check.resume();
  const survey = await lookAround(session, subject, settings, registered);
  if (subject.registered === null) await closeOvertaken(session, { ...given, subject }, survey);
  const newer = survey?.newer[0] ?? null;
  if (newer !== null && times.every((time) => nowOf(session) < time)) return overtaken(session, check, newer);
  const content = registered ?? (await contentOf(session, subject, survey));
  const complete = fullTrigger(trigger, { subject, settings, survey, content, session });
  return lookUntilDecided({
    session,
    given: { ...given, subject },
    trigger: complete,
    times,
    plan,
    content,
    registered,
    newer,
  });
}

interface Looking {
  readonly session: Session;
  readonly given: Case;
  readonly trigger: Trigger;
  /** When the data of each planned look are complete. */
  readonly times: readonly number[];
  readonly plan: CheckTitle;
  readonly content: Content;
  readonly registered: PendingState | null;
  /** A later deployment to the same environment. */
  readonly newer: OtherDeployment | null;
}

/** The looks that are due, as far as this run waits, until one decides or a later run has to come back. */
async function lookUntilDecided(looking: Looking): Promise<Ending> {
  const { session, given, times, plan, registered, newer } = looking;
  const { check } = given;
  let looked = registered?.looked ?? 0;
  let text = plan;
  const waitsFrom = nowOf(session);
  for (;;) {
    const due = times.filter((time) => time <= nowOf(session)).length;
    const next = times[due];
    if (due > looked || next === undefined) {
      const ended = await lookOnce(looking, { readyAt: times[due - 1] ?? 0, isLast: next === undefined });
      if (ended !== null) return ended;
      looked = due;
      text = await pendingText(session, given, looking.trigger, next ?? 0, waitsFrom);
    }
    if (newer !== null) return overtaken(session, check, newer);
    if (await waitFor(session, next ?? 0, waitsFrom)) continue;
    return leavePending(session, { ...looking, check, plan: text, readyAt: next ?? 0, looked });
  }
}

/** One look at the data; null: it did not decide, and another one follows. */
async function lookOnce(
  looking: Looking,
  { readyAt, isLast }: { readonly readyAt: number; readonly isLast: boolean },
): Promise<Ending | null> {
  const { session, given, trigger, content, registered } = looking;
  const { subject, settings, check } = given;
  let document: ResultDocument;
  try {
    document = await session.analyst.runAnalysis(settings.config, trigger, session.ports, {
      version: session.version,
      baseDir: session.desk.baseDir,
    });
  } catch (error) {
    const known = asError(error);
    if (registered === null || !mayTryAgain(session, known, settings.policy, readyAt)) throw known;
    return tryLater(session, check, known);
  }
  if (!isLast && awaitedLook(document) !== null) return null;
  const { pullRequests, rollback } = content;
  return publishResult(session, { subject, settings, check, pullRequests, rollback }, document);
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
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
