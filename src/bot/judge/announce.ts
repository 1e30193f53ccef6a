import { pendingText, registeredState, registration } from "../../app/judge/pending.ts";
import { loadSettings, missingConfigError, namesEnvironment } from "../../app/judge/settings.ts";
import type { Subject } from "../../app/judge/subject.ts";
import { contentOf, fullTrigger, lookAround, triggerOf } from "../../app/judge/trigger.ts";
import { lookTimes, readyAt } from "../../app/plan.ts";
import type { ConfigFile } from "../../github/config-file.ts";
import { longestPost } from "../commands/plan-changes.ts";
import { heldCheck, passOn } from "./check.ts";
import { atDesk, type Step } from "./context.ts";
import { giveUpAt } from "./deadline.ts";
import { buttonsOf } from "./desk.ts";
import { ended, type Next, waitUntil } from "./next.ts";
import { closeOvertaken, knownDeploys, listed, overtaker } from "./overlap.ts";
import { refuseWrongTime, subjectOf } from "./subject.ts";

const UNNAMED = "The environment is transient and not named under `environments:` in the config.";

/** Writes the plan down on GitHub and in the store, before anybody has seen the data. */
export async function announce(step: Step): Promise<Next> {
  const { context, analysis, session } = step;
  const subject = subjectOf(analysis, context.settings.appId, null);
  const file = await session.readConfig();
  // Previews come by the thousand: those that nobody asked for get no check.
  if (subject.transient && (file === null || !namesEnvironment(file, analysis.environment)))
    return ended("cancelled", { lastError: UNNAMED });
  if (file === null) throw missingConfigError(session);
  refuseWrongTime(analysis);
  return announceWith(step, subject, file);
}

async function announceWith(given: Step, alone: Subject, file: ConfigFile): Promise<Next> {
  const settings = loadSettings(file, given.analysis.environment, given.session);
  const step = atDesk(given, { buttons: buttonsOf(given.amendments, longestPost(settings.config)) });
  const { session } = step;
  const check = heldCheck(step, alone);
  const known = await knownDeploys(step, settings);
  const newer = overtaker(step.analysis, settings, known);
  if (newer !== null) return closeOvertaken(step, check, newer);
  const subject = { ...alone, deployments: await listed(step) };
  const survey = await lookAround(session, subject, settings, null, known);
  const [seen] = survey?.newer ?? [];
  if (seen !== undefined) return closeOvertaken(step, check, seen);
  const content = await contentOf(session, subject, survey);
  const trigger = fullTrigger(triggerOf(subject, null), { session, subject, settings, survey, content });
  const registered = registeredState(trigger, content);
  const ready = readyAt(settings.config, trigger);
  const plan = await pendingText(session, { subject, settings }, trigger, ready);
  await check.leaveOpen({ ...plan, text: registration(registered) });
  passOn(check);
  const [firstLook = ready] = lookTimes(settings.config, trigger);
  return waitUntil(Math.min(firstLook, giveUpAt(step)), {
    state: "waiting",
    registered,
    config: { path: file.path, text: file.text, reference: file.reference },
    checkRunId: check.id,
    checkUrl: check.url,
  });
}
