import type { OtherDeployment } from "../../core/plan.ts";
import type { ResultDocument } from "../../core/result.ts";
import type { DeploymentSurvey } from "../../github/deployments.ts";
import { readPendingState } from "../../github/state.ts";
import { SubjectCheck } from "./check.ts";
import { concludeError, mayTryAgain, overtaken, skip, tryLater } from "./endings.ts";
import { leavePending, pendingText, waitFor } from "./pending.ts";
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
  const readyAt = analyst.readyAt(settings.config, trigger);
  session.desk.narrator.info(
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
  let document: ResultDocument;
  try {
    document = await analyst.runAnalysis(settings.config, complete, session.ports, {
      version: session.version,
      baseDir: session.desk.baseDir,
    });
  } catch (error) {
    const known = asError(error);
    if (registered === null || !mayTryAgain(session, known, settings.policy, readyAt)) throw known;
    return tryLater(session, check, known);
  }
  const { pullRequests, rollback } = content;
  return publishResult(session, { subject, settings, check, pullRequests, rollback }, document);
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
