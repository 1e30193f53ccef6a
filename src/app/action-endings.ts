import type { OtherDeployment } from "../core/plan.ts";
import { GIVE_UP_SECONDS } from "../github/limits.ts";
import { conclusionForError } from "../report/conclusion.ts";
import type { CheckTitle } from "../report/views/contract.ts";
import { renderErrorCheck, renderNotApplicable } from "../report/views/notices.ts";
import { clock, type SubjectCheck } from "./action-check.ts";
import { nobodyCameBackNote, overlapNote } from "./action-notes.ts";
import { asError, type Ending, nowOf, type Session, warnOf } from "./action-session.ts";
import { policyWithoutConfig, type Settings } from "./action-settings.ts";

/** Endings without a result: every one is said in the check, the summary, the log and the outputs. */

export async function overtaken(session: Session, check: SubjectCheck, other: OtherDeployment): Promise<Ending> {
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

/** `skipped`; `check` null: nobody waits for one. A check that is there already says more and stays as it is. */
export async function skip(session: Session, check: SubjectCheck | null, reason: string): Promise<Ending> {
  const text = renderNotApplicable(reason);
  session.host.info(text.title);
  await session.host.appendSummary(`### ${text.title}\n\n${text.summary}\n`);
  if (check !== null && (await check.before()) === null) await check.complete(text, "skipped");
  return {
    conclusion: "skipped",
    outputs: { verdict: "not-applicable", conclusion: "skipped", "check-run-id": String(check?.id ?? "") },
  };
}

interface Failure {
  readonly check: SubjectCheck;
  readonly settings: Settings | null;
  readonly error: unknown;
}

/** Our own failure: loud in the log and in the check, red only where the user asked for it or the config is wrong. */
export async function concludeError(session: Session, { check, settings, error }: Failure): Promise<Ending> {
  const known = asError(error);
  const conclusion = conclusionForError(known, settings?.policy ?? policyWithoutConfig(session.inputs));
  sayError(session, known);
  const runUrl = runUrlOf(session);
  const publicRepository = await session.isPublic(check.repository);
  const text = renderErrorCheck(known, { publicRepository, runUrl, issueUrl: issueUrl(session.context) });
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

/** Six hours: an outage of the metrics is over by then, or somebody has to look at it anyway. */
const TRY_AGAIN_SECONDS = 6 * 3600;

/** A completed check is never looked at again, so what passes by itself keeps a registered one open for a while. */
export function mayTryAgain(
  session: Session,
  error: ReturnType<typeof asError>,
  policy: Settings["policy"],
  readyAt: number,
): boolean {
  const blocks = conclusionForError(error, policy) === "failure";
  return error.retryable && !blocks && nowOf(session) - readyAt < TRY_AGAIN_SECONDS;
}

/** Loud in log, summary and check; the plan stays written down, and the next scheduled run tries again. */
export async function tryLater(
  session: Session,
  check: SubjectCheck,
  error: ReturnType<typeof asError>,
): Promise<Ending> {
  sayError(session, error);
  const publicRepository = await session.isPublic(check.repository);
  const { title, summary } = renderErrorCheck(error, { publicRepository, runUrl: runUrlOf(session) });
  await session.host.appendSummary(`### ${title}\n\n${summary}\n`);
  const text = (await check.before())?.text ?? "";
  await check.leaveOpen({ title: `${title}; the next scheduled run tries again`, summary, text });
  return {
    conclusion: null,
    outputs: { verdict: "error", "reason-code": error.code, "check-run-id": String(check.id ?? "") },
  };
}

function runUrlOf({ context: { serverUrl, repository, runId } }: Session): string {
  return `${serverUrl}/${repository}/actions/runs/${runId}`;
}

/** The form for bugs where this Action's code comes from; it asks for the code and for no data. */
function issueUrl({ serverUrl, action }: Session["context"]): string | null {
  return action == null ? null : `${serverUrl}/${action.repository}/issues/new?template=bug.yml`;
}

/** Every problem with its place, so that the editor's margin shows it. */
export function sayError(session: Pick<Session, "host">, error: ReturnType<typeof asError>): void {
  const { host } = session;
  if (error.problems.length === 0) host.error(`${error.message} ${error.hint}`, error.position);
  for (const problem of error.problems) host.error(`${problem.message} ${problem.hint}`, problem.position);
  if (error.code === "INTERNAL" && error.cause instanceof Error) host.debug(error.cause.stack ?? error.cause.message);
}
