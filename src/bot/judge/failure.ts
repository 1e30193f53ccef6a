import { concludeError } from "../../app/judge/endings.ts";
import { registration } from "../../app/judge/pending.ts";
import type { Session } from "../../app/judge/session.ts";
import type { Settings } from "../../app/judge/settings.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { renderErrorCheck } from "../../report/views/notices.ts";
import { loadAnalysis } from "../store/analyses.ts";
import { heldCheck } from "./check.ts";
import type { Step } from "./context.ts";
import { giveUpAt } from "./deadline.ts";
import { announcedSettings } from "./look.ts";
import { ended, type Next } from "./next.ts";
import { subjectOf } from "./subject.ts";

/** An outage of the metrics or of GitHub is over by then, or somebody has to look at it anyway. */
const PATIENCE_SECONDS = 6 * 3600;

const FIRST_PAUSE_SECONDS = 60;
const LONGEST_PAUSE_SECONDS = 1800;

/** While the App is suspended nothing can be said or read; GitHub tells when that is over, and so does a look now and then. */
const SUSPENDED_PAUSE_SECONDS = 3600;

/** A step as far as it got. */
export type Failed = Omit<Step, "session"> & { readonly session: Session | null };

/**
 * What follows from a failure that has a name: another try, or a check that says it. Everything else is thrown on, so
 * that the queue tries again and its dead letter is seen.
 */
export async function afterFailure(step: Failed, error: unknown): Promise<Next> {
  if (!(error instanceof DeployImpactError)) throw error;
  const { analysis, now, context, session } = step;
  const lastError = `${error.code}: ${error.message}`;
  context.log.warning("an analysis could not go on", { analysis: analysis.id, code: error.code });
  if (error.code === "GITHUB_UNINSTALLED") {
    if (now >= giveUpAt(step)) return ended("given-up", { lastError });
    return { kind: "wait", nextAt: now + SUSPENDED_PAUSE_SECONDS, changes: { lastError } };
  }
  const since = analysis.failingSince ?? now;
  if (error.retryable && now - since < PATIENCE_SECONDS) {
    if (analysis.failingSince === null && session !== null) await sayTryingAgain({ ...step, session }, error);
    return tryAgain(step, lastError);
  }
  // The verdict exists: what failed is its way to GitHub.
  const publishing = (await loadAnalysis(context.database, analysis.id))?.publishing ?? null;
  if (publishing !== null) return ended("done", { lastError }, publishing);
  return session === null ? ended("given-up", { lastError }) : conclude({ ...step, session }, error, lastError);
}

function tryAgain({ analysis, now }: Failed, lastError: string): Next {
  const { attempts, failingSince } = analysis;
  const pause = Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** attempts);
  const changes = { attempts: attempts + 1, failingSince: failingSince ?? now, lastError };
  return { kind: "wait", nextAt: now + pause, changes };
}

type Told = Failed & { readonly session: Session };

/** Loud from the start: the open check says what is wrong, and the plan stays written down in it. */
async function sayTryingAgain(step: Told, error: DeployImpactError): Promise<void> {
  const { analysis, session, context } = step;
  if (analysis.registered === null || error.owner === "github") return;
  const check = heldCheck(step, subjectOf(analysis, context.settings.appId, null));
  const { title, summary } = renderErrorCheck(error, {
    publicRepository: !analysis.tenant.isPrivate,
    runUrl: null,
    again: "The bot tries again by itself for some hours.",
  });
  const text = registration(analysis.registered);
  await check.leaveOpen({ title: `${title}; ${session.desk.words.triesAgain}`, summary, text });
}

/** The last word: neutral, red only where the config asks for it. */
async function conclude(step: Told, error: DeployImpactError, lastError: string): Promise<Next> {
  const { analysis, session, context, now } = step;
  const check = heldCheck(step, subjectOf(analysis, context.settings.appId, null));
  await concludeError(session, { check, settings: settingsOf(step), error });
  const { problem } = check;
  if (problem instanceof DeployImpactError && problem.retryable && now < giveUpAt(step))
    return tryAgain(step, lastError);
  return ended("given-up", { lastError, checkRunId: check.id ?? analysis.checkRunId, checkUrl: check.url });
}

/** null: no plan was announced, or it cannot be read any more. */
function settingsOf(step: Told): Settings | null {
  const { registered, config } = step.analysis;
  if (registered === null || config === null) return null;
  try {
    return announcedSettings({ ...step, registered, config });
  } catch {
    return null;
  }
}
