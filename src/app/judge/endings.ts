import type { DeployImpactError } from "../../core/errors.ts";
import type { OtherDeployment } from "../../core/plan.ts";
import { GIVE_UP_SECONDS } from "../../github/limits.ts";
import { conclusionForError } from "../../report/conclusion.ts";
import type { CheckTitle } from "../../report/views/contract.ts";
import { renderErrorCheck, renderNotApplicable } from "../../report/views/notices.ts";
import { clock, type SubjectCheck } from "./check.ts";
import type { Narrator } from "./desk.ts";
import { nobodyCameBackNote, overlapNote } from "./notes.ts";
import { asError, type Ending, nowOf, type Session, warnOf } from "./session.ts";
import { policyWithoutConfig, type Settings } from "./settings.ts";

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
  await session.desk.narrator.note(text);
  session.desk.narrator.info(text.title);
  return {
    conclusion: "neutral",
    outputs: { verdict: "invalid", "reason-code": code, conclusion: "neutral", "check-run-id": String(check.id ?? "") },
  };
}

/** `skipped`; `check` null: nobody waits for one. A check that is there already says more and stays as it is. */
export async function skip(session: Session, check: SubjectCheck | null, reason: string): Promise<Ending> {
  const text = renderNotApplicable(reason);
  session.desk.narrator.info(text.title);
  await session.desk.narrator.note(text);
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
  sayError(session.desk.narrator, known);
  const text = await errorText(session, check, known);
  await session.desk.narrator.note(text);
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
  error: DeployImpactError,
  policy: Settings["policy"],
  readyAt: number,
): boolean {
  const blocks = conclusionForError(error, policy) === "failure";
  return error.retryable && !blocks && nowOf(session) - readyAt < TRY_AGAIN_SECONDS;
}

/** Loud in log, summary and check; the plan stays written down, and the next scheduled run tries again. */
export async function tryLater(session: Session, check: SubjectCheck, error: DeployImpactError): Promise<Ending> {
  sayError(session.desk.narrator, error);
  const { title, summary } = await errorText(session, check, error);
  await session.desk.narrator.note({ title, summary });
  const text = (await check.before())?.text ?? "";
  await check.leaveOpen({ title: `${title}; ${session.desk.words.triesAgain}`, summary, text });
  return {
    conclusion: null,
    outputs: { verdict: "error", "reason-code": error.code, "check-run-id": String(check.id ?? "") },
  };
}

async function errorText(session: Session, check: SubjectCheck, error: DeployImpactError): Promise<CheckTitle> {
  const { links, words } = session.desk;
  const publicRepository = await session.isPublic(check.repository);
  const runUrl = links.runUrl;
  return renderErrorCheck(error, { publicRepository, runUrl, issueUrl: links.issueUrl, again: words.tryingAgain });
}

/** Every problem with its place, so that the editor's margin shows it. */
export function sayError(narrator: Pick<Narrator, "error" | "debug">, error: DeployImpactError): void {
  if (error.problems.length === 0) narrator.error(`${error.message} ${error.hint}`, error.position);
  for (const problem of error.problems) narrator.error(`${problem.message} ${problem.hint}`, problem.position);
  if (error.code === "INTERNAL" && error.cause instanceof Error)
    narrator.debug(error.cause.stack ?? error.cause.message);
}
