import type { SubjectCheck } from "../../app/judge/check.ts";
import { pendingText, registration } from "../../app/judge/pending.ts";
import { loadSettings, type Settings } from "../../app/judge/settings.ts";
import { asRegistered, triggerOf } from "../../app/judge/trigger.ts";
import { lookTimes } from "../../app/plan.ts";
import { awaitedLook } from "../../core/verdict/looks.ts";
import { amendedConfig, longestPost } from "../commands/plan-changes.ts";
import type { AnalysisChanges } from "../store/analysis-changes.ts";
import { heldCheck, passOn } from "./check.ts";
import { atDesk, type Look, type Step, type Waiting } from "./context.ts";
import { giveUpAt } from "./deadline.ts";
import { buttonsOf } from "./desk.ts";
import { analysed, lastLook, publishStored } from "./last-look.ts";
import { lateness } from "./late.ts";
import { ended, type Next, waitUntil } from "./next.ts";
import { tooLongNote } from "./notes.ts";
import { closeOvertaken, knownDeploys, overtaker } from "./overlap.ts";
import { subjectOf } from "./subject.ts";

/** The next look at the data of an announced plan: too early, still open, overtaken, or a verdict. */
export async function look(given: Waiting): Promise<Next> {
  const { analysis, context, now, registered, amendments } = given;
  const settings = announcedSettings(given);
  const step = atDesk(given, { buttons: buttonsOf(amendments, longestPost(settings.config)) });
  const subject = asRegistered(subjectOf(analysis, context.settings.appId, null), registered);
  const check = heldCheck(step, subject);
  const known = await knownDeploys(step, settings);
  const trigger = triggerOf(subject, registered);
  const times = lookTimes(settings.config, trigger);
  const due = times.filter((time) => time <= now).length;
  const late = lateness(step, settings, times[due - 1] ?? now);
  const one: Look = { step, settings, subject, check, trigger, known, late, due };
  if (analysis.publishing !== null) return publishStored(one, analysis.publishing);
  const newer = overtaker(analysis, settings, known);
  if (newer !== null) return closeOvertaken(step, check, newer);
  if (due === times.length) return lastLook(one, null);
  return now >= giveUpAt(step) ? giveUp(check, step) : earlyLook(one, times);
}

/** The plan as it was announced, with what people changed since; a config that changed meanwhile changes nothing. */
export function announcedSettings({ config, analysis, session, amendments }: Waiting): Settings {
  const settings = loadSettings(config, analysis.environment, session);
  return { ...settings, config: amendedConfig(settings.config, amendments) };
}

/** One of several planned looks, or none of them yet. What it sees is published only when it decides. */
async function earlyLook(one: Look, times: readonly number[]): Promise<Next> {
  const { step, trigger, known, due } = one;
  const shown = await showAmendedPlan(one, times);
  const nextAt = Math.min(times[due] ?? step.now, giveUpAt(step));
  if (due <= step.analysis.look) return waitUntil(nextAt, shown);
  const otherDeployments = [...(trigger.otherDeployments ?? []), ...known];
  const document = await analysed(one, { ...trigger, otherDeployments });
  return awaitedLook(document) === null
    ? lastLook(one, document)
    : waitUntil(nextAt, { ...shown, look: due, lateSeconds: one.late.seconds });
}

/** The open check shows the plan as it is now, and how it was announced: nobody shall find out from the verdict. */
async function showAmendedPlan(
  { step, settings, subject, check, trigger }: Look,
  times: readonly number[],
): Promise<AnalysisChanges> {
  if (!step.amendments.some(({ kind }) => kind === "extend")) return {};
  const plan = await pendingText(step.session, { subject, settings }, trigger, times.at(-1) ?? step.now);
  // One that begins again has no check yet; a try that died may have made it.
  if (step.analysis.checkRunId === null) await check.before();
  await check.leaveOpen({ ...plan, text: registration(step.registered) });
  passOn(check);
  return { checkRunId: check.id, checkUrl: check.url };
}

async function giveUp(check: SubjectCheck, { analysis }: Step): Promise<Next> {
  const note = tooLongNote();
  await check.complete(note, "neutral");
  passOn(check);
  return ended("given-up", { lastError: note.title, checkRunId: check.id ?? analysis.checkRunId });
}
