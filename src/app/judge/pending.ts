import { CHECK_TEXT_CHARACTERS } from "../../github/limits.ts";
import { type PendingState, stateLine } from "../../github/state.ts";
import type { CheckTitle } from "../../report/views/contract.ts";
import { renderPendingCheck } from "../../report/views/pending.ts";
import type { Trigger } from "../trigger.ts";
import type { SubjectCheck } from "./check.ts";
import { groupWords } from "./notes.ts";
import { type Ending, nowOf, type Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import type { Subject } from "./subject.ts";

export async function pendingText(
  session: Session,
  { subject, settings }: { readonly subject: Subject; readonly settings: Settings },
  trigger: Trigger,
  readyAt: number,
  waitsFrom: number = nowOf(session),
): Promise<CheckTitle> {
  const [service] = settings.config.services;
  const words = service === undefined ? { treated: null, control: null } : groupWords(service);
  const waits = readyAt - waitsFrom <= session.inputs.wait;
  const { amendments } = session.desk;
  return renderPendingCheck({
    environment: subject.environment,
    sha: subject.sha,
    plans: session.analyst.plansOf(settings.config, trigger, nowOf(session)),
    ...words,
    readyAt,
    finishedBy: waits ? "this-run" : session.desk.finishedBy(subject.repository),
    publicRepository: await session.isPublic(subject.repository),
    ...(amendments.length === 0 ? {} : { amendments }),
  });
}

/**
 * True when the data are complete; sleeps only when that moment is within reach. `waitsFrom` (epoch seconds): when this
 * run began to wait, so that several looks together wait no longer than one may.
 */
export async function waitFor(session: Session, readyAt: number, waitsFrom: number): Promise<boolean> {
  const missing = readyAt - nowOf(session);
  if (missing <= 0) return true;
  if (readyAt - waitsFrom > session.inputs.wait) return false;
  session.desk.narrator.info(`Waiting ${Math.ceil(missing)} s for the data to be complete.`);
  await session.ports.sleep(Math.ceil(missing * 1000));
  return true;
}

interface Pending {
  readonly check: SubjectCheck;
  readonly plan: CheckTitle;
  readonly readyAt: number;
  readonly trigger: Trigger;
  readonly content: Content;
  readonly registered: PendingState | null;
  /** Planned looks that were taken and did not decide. */
  readonly looked: number;
}

const KEPT_DEPLOYMENTS = 50;

/** The state as it fits into a check. Without the changed paths every service is analysed, without the link none is shown. */
export function registration(state: PendingState): string {
  const lines = [state, { ...state, changedPaths: null }, { ...state, changedPaths: null, url: null }].map(stateLine);
  return lines.find((line) => line.length <= CHECK_TEXT_CHARACTERS) ?? stateLine({ ...state, others: null });
}

export type Content = { readonly pullRequests: readonly number[]; readonly rollback: boolean };

/** What a later run has to know. */
export function registeredState(trigger: Trigger, { pullRequests, rollback }: Content): PendingState {
  const { deployedAt, deployedAtSource, configChanged, changedPaths, otherDeployments: others, url } = trigger;
  return {
    kind: "pending",
    deployedAt,
    deployedAtSource,
    pullRequests: [...pullRequests],
    rollback,
    configChanged,
    changedPaths: changedPaths === null ? null : [...changedPaths],
    others: others === null ? null : others.slice(-KEPT_DEPLOYMENTS).map(({ url: _url, ...other }) => other),
    url,
  };
}

export async function leavePending(session: Session, pending: Pending): Promise<Ending> {
  const { check, plan, readyAt, trigger, content, registered, looked } = pending;
  if (registered === null || looked > (registered.looked ?? 0)) {
    const state = registered ?? registeredState(trigger, content);
    await check.leaveOpen({ ...plan, text: registration(looked === 0 ? state : { ...state, looked }) });
  } else check.leave();
  await session.desk.narrator.note(plan);
  session.desk.leftPending({ readyAt, repository: check.repository });
  return {
    conclusion: null,
    outputs: {
      verdict: "pending",
      "reason-code": "WINDOW_OPEN",
      "ready-at": new Date(readyAt * 1000).toISOString(),
      "pull-request": content.pullRequests.join(","),
      "check-run-id": String(check.id ?? ""),
    },
  };
}
