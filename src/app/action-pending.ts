import { CHECK_TEXT_CHARACTERS } from "../github/limits.ts";
import { type PendingState, stateLine } from "../github/state.ts";
import type { CheckTitle } from "../report/views/contract.ts";
import { renderPendingCheck } from "../report/views/pending.ts";
import type { SubjectCheck } from "./action-check.ts";
import { groupWords } from "./action-notes.ts";
import { type Ending, nowOf, type Session } from "./action-session.ts";
import type { Settings } from "./action-settings.ts";
import type { Subject } from "./action-subject.ts";
import type { Trigger } from "./trigger.ts";

export async function pendingText(
  session: Session,
  { subject, settings }: { readonly subject: Subject; readonly settings: Settings },
  trigger: Trigger,
  readyAt: number,
): Promise<CheckTitle> {
  const [service] = settings.config.services;
  const words = service === undefined ? { treated: null, control: null } : groupWords(service);
  const waits = readyAt - nowOf(session) <= session.inputs.wait;
  const later = subject.repository === session.context.repository ? "scheduled-run" : "same-event";
  return renderPendingCheck({
    environment: subject.environment,
    sha: subject.sha,
    plans: session.analyst.plansOf(settings.config, trigger, nowOf(session)),
    ...words,
    readyAt,
    finishedBy: waits ? "this-run" : later,
    publicRepository: await session.isPublic(subject.repository),
  });
}

/** True when the data are complete; sleeps only when that moment is within reach. */
export async function waitFor(session: Session, readyAt: number): Promise<boolean> {
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

const KEPT_DEPLOYMENTS = 50;

/** The state as it fits into a check. Without the changed paths every service is analysed, without the link none is shown. */
export function registration(state: PendingState): string {
  const lines = [state, { ...state, changedPaths: null }, { ...state, changedPaths: null, url: null }].map(stateLine);
  return lines.find((line) => line.length <= CHECK_TEXT_CHARACTERS) ?? stateLine({ ...state, others: null });
}

export async function leavePending(session: Session, pending: Pending): Promise<Ending> {
  const { check, plan, readyAt, trigger, content, registered } = pending;
  if (registered === null) {
    const state: PendingState = {
      kind: "pending",
      deployedAt: trigger.deployedAt,
      deployedAtSource: trigger.deployedAtSource,
      pullRequests: [...content.pullRequests],
      rollback: content.rollback,
      configChanged: trigger.configChanged,
      changedPaths: trigger.changedPaths === null ? null : [...trigger.changedPaths],
      others:
        trigger.otherDeployments === null
          ? null
          : trigger.otherDeployments.slice(-KEPT_DEPLOYMENTS).map(({ url: _url, ...other }) => other),
      url: trigger.url,
    };
    await check.leaveOpen({ ...plan, text: registration(state) });
  } else {
    check.leave();
  }
  await session.host.appendSummary(`### ${plan.title}\n\n${plan.summary}\n`);
  const readyIso = new Date(readyAt * 1000).toISOString();
  if (check.repository === session.context.repository) {
    session.host.info(
      `Pending: the post window is open; a scheduled or manual run after ${readyIso} finishes the check.`,
    );
  } else {
    session.host.warning(
      `Pending: scheduled runs look only at ${session.context.repository}. Send the same event again after ${readyIso} to finish the check in ${check.repository}.`,
    );
  }
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
