import type { GithubConnection } from "../../app/judge/desk.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { errorReference } from "../../report/views/notices.ts";
import { amendmentsOf } from "../store/amendments.ts";
import { loadAnalysis } from "../store/analyses.ts";
import { heldCheck, passOn } from "./check.ts";
import type { JudgeContext } from "./context.ts";
import { ended, follow } from "./next.ts";
import { couldNotFinishNote } from "./notes.ts";
import { botSession } from "./session.ts";
import { barePorts } from "./step.ts";
import { subjectOf } from "./subject.ts";

/** A step that failed at every try: its check says so, under a code that the log knows as well. */
export async function judgeIsDead(context: JudgeContext, analysisId: string, reason: string): Promise<void> {
  const analysis = await loadAnalysis(context.database, analysisId);
  if (analysis === null || (analysis.state !== "announced" && analysis.state !== "waiting")) return;
  const code = errorReference(reason);
  context.log.error("an analysis was given up", { analysis: analysisId, code });
  const now = context.now() / 1000;
  const amendments = await amendmentsOf(context.database, analysis.tenant, analysis.id);
  if (analysis.publishing !== null) {
    await follow({ context, analysis, amendments, now }, ended("done", { lastError: reason }, analysis.publishing));
    return;
  }
  const lastError = `${code}: ${reason}`;
  let connection: GithubConnection;
  try {
    connection = await context.connect(analysis.tenant);
  } catch (error) {
    // There is no check any more to say it on.
    if (!(error instanceof DeployImpactError && error.code === "GITHUB_UNINSTALLED")) throw error;
    return follow({ context, analysis, amendments, now }, ended("given-up", { lastError }));
  }
  const session = botSession(context, { analysis, amendments, connection, ports: barePorts(context) });
  const step = { context, analysis, amendments, session, now };
  const check = heldCheck(step, subjectOf(analysis, context.settings.appId, null));
  await check.complete(couldNotFinishNote(code), "neutral");
  passOn(check);
  await follow(step, ended("given-up", { lastError, checkRunId: check.id ?? analysis.checkRunId }));
}
