import { asError, warnOf } from "../../app/judge/session.ts";
import { contentOf, fullTrigger, lookAround } from "../../app/judge/trigger.ts";
import type { Trigger } from "../../app/trigger.ts";
import type { ResultDocument } from "../../core/result.ts";
import { addAmendment, amendmentsOf } from "../store/amendments.ts";
import { changeAnalysis } from "../store/analysis-changes.ts";
import { verdictDocument } from "../store/verdicts.ts";
import { atDesk, type Look, type Waiting } from "./context.ts";
import { BOT, noteLateness } from "./late.ts";
import { type Next, waitUntil } from "./next.ts";
import { closeOvertaken, listed } from "./overlap.ts";
import { publish } from "./publish.ts";

/** The data are complete, or an early look has decided (`decided`): one more look around, and the verdict is published. */
export async function lastLook(one: Look, decided: ResultDocument | null): Promise<Next> {
  const { step, settings, check, trigger, known } = one;
  const { session, registered } = step;
  const subject = { ...one.subject, deployments: await listed(step) };
  const survey = await lookAround(session, subject, settings, registered, known);
  const [newer] = survey?.newer ?? [];
  if (newer !== undefined) return closeOvertaken(step, check, newer);
  const content = await completed(one);
  const complete = fullTrigger(trigger, { session, subject, settings, survey, content });
  const document = decided ?? (await analysed(one, complete));
  await noteConfigChange(step);
  await noteLateness(step, one.late, one.due);
  const { pullRequests, rollback } = content;
  return publish({ ...one, step: await refreshed(step) }, { document, pullRequests, rollback });
}

/** A merge that was not in GitHub's index when the plan was announced is there by now. */
async function completed({ step, subject }: Look): Promise<Waiting["registered"]> {
  const { registered, session } = step;
  if (registered.pullRequests.length > 0 || registered.rollback) return registered;
  const { pullRequests } = await contentOf(session, subject, null);
  return { ...registered, pullRequests: [...pullRequests] };
}

/** What we did not expect here is a bug in the analysis, and is said on the check under its code. */
export async function analysed({ step, settings }: Look, trigger: Trigger): Promise<ResultDocument> {
  const { session } = step;
  const { ports, version, desk } = session;
  try {
    return await session.analyst.runAnalysis(settings.config, trigger, ports, { version, baseDir: desk.baseDir });
  } catch (error) {
    throw asError(error);
  }
}

/** The announced plan is judged; that the file says something else by now is said with the verdict. */
async function noteConfigChange({ context, analysis, session, config, now }: Waiting): Promise<void> {
  let file: Awaited<ReturnType<typeof session.readConfig>>;
  try {
    file = await session.readConfig();
  } catch (error) {
    warnOf(session, error);
    return;
  }
  if (file !== null && file.text === config.text) return;
  const to = file?.reference ?? null;
  await addAmendment(context.database, analysis.tenant, {
    analysisId: analysis.id,
    amendment: { kind: "config-changed", actor: BOT, at: now, from: config.reference, to },
    origin: `config-changed:${to ?? "removed"}`,
  });
}

async function refreshed(step: Waiting): Promise<Waiting> {
  const { context, analysis } = step;
  const amendments = await amendmentsOf(context.database, analysis.tenant, analysis.id);
  return atDesk({ ...step, amendments }, { amendments });
}

/** A verdict that was stored by a step that did not get to the end: the same one is published, whatever the data say now. */
export async function publishStored(one: Look, verdictId: string): Promise<Next> {
  const { step } = one;
  const { context, analysis, registered, now } = step;
  const document = await verdictDocument(context.database, analysis.tenant, verdictId);
  if (document === null) {
    await changeAnalysis(context.database, analysis, { publishing: null });
    return waitUntil(now);
  }
  const { rollback } = registered;
  return publish(one, { document, pullRequests: document.deployment.pullRequests, rollback, verdictId });
}
