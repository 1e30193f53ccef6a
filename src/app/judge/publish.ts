import type { ResultDocument } from "../../core/result.ts";
import { CHECK_TEXT_CHARACTERS } from "../../github/limits.ts";
import type { CheckRunRecord } from "../../github/records.ts";
import { readDoneState, stateLine } from "../../github/state.ts";
import { isAcknowledged } from "../../report/amendments.ts";
import { buildReport } from "../../report/build.ts";
import { type Conclusion, conclusionFor } from "../../report/conclusion.ts";
import type { ReportContext } from "../../report/context.ts";
import { renderCheck } from "../../report/views/check.ts";
import type { SubjectCheck } from "./check.ts";
import { publishComments } from "./comment.ts";
import { resultDigest } from "./digest.ts";
import { contentNote } from "./notes.ts";
import { asError, type Ending, nowOf, type Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import type { Subject } from "./subject.ts";

/** Characters that a remark and its blank lines may add to a rendered text. */
export const REMARK_SPACE = 300;

export interface Publication {
  readonly subject: Subject;
  readonly settings: Settings;
  readonly check: SubjectCheck;
  readonly pullRequests: readonly number[];
  /** The commit is older than what was deployed before: the pull request did not cause this. */
  readonly rollback: boolean;
}

/** Brings one result to every surface. The check comes first: it is the record; the rest points to it. */
export async function publishResult(
  session: Session,
  publication: Publication,
  document: ResultDocument,
): Promise<Ending> {
  const { subject, settings, check } = publication;
  const conclusion = concluded(session, settings, document);
  const context = await contextOf(session, publication);
  const remark = contentNote(publication);
  const { repository, sha, environment, deploymentId } = subject;
  const kept = { repository, sha, environment, deploymentId, document, context, conclusion, remark };
  const outputs = await session.desk.keepResult(kept);
  session.desk.narrator.info(`${buildReport(document, context).title} (${conclusion})`);
  const failure = await finishCheck(check, { document, context, conclusion, remark });
  const commentIds = session.inputs.dryRun
    ? []
    : await publishComments(session, {
        document,
        context,
        rule: settings.config.comment,
        repository: subject.repository,
        pullRequests: publication.rollback && session.inputs.pullRequest === null ? [] : publication.pullRequests,
        corrects: mayHaveCommented(await check.before()),
        appSlug: check.appSlug,
        at: new Date(Math.round(nowOf(session)) * 1000).toISOString(),
      });
  if (failure !== null) throw asError(failure);
  return {
    conclusion,
    outputs: {
      ...outputs,
      "pull-request": publication.pullRequests.join(","),
      "check-run-id": String(check.id ?? ""),
      "comment-id": commentIds.join(","),
    },
  };
}

/** A batch hears of regressions only, and those never conclude `success`. */
function mayHaveCommented(before: CheckRunRecord | null): boolean {
  return before?.completed === true && (before.conclusion === "failure" || before.conclusion === "neutral");
}

export async function contextOf(
  session: Session,
  { subject, settings, pullRequests }: Pick<Publication, "subject" | "settings" | "pullRequests">,
): Promise<ReportContext> {
  const { links, commands, amendments } = session.desk;
  const publicRepository = await session.isPublic(subject.repository);
  return {
    environment: subject.environment,
    sha: subject.sha,
    repository: subject.repository,
    serverUrl: links.serverUrl,
    runUrl: links.runUrl,
    detailsUrl: links.detailsUrl,
    configRef: settings.file.reference,
    values: settings.config.values ?? (publicRepository ? "relative" : "full"),
    publicRepository,
    previous: null,
    batchPullRequests: pullRequests.length > 1 ? pullRequests : [],
    ...(commands ? { commands } : {}),
    ...(amendments.length === 0 ? {} : { amendments }),
  };
}

interface CheckContent {
  readonly document: ResultDocument;
  readonly context: ReportContext;
  readonly conclusion: Conclusion;
  readonly remark: string | null;
}

/** Whoever acknowledged a verdict took the block away, not the verdict. */
function concluded({ desk }: Session, { policy }: Settings, document: ResultDocument): Conclusion {
  const conclusion = conclusionFor(document, policy);
  return conclusion === "failure" && isAcknowledged(desk.amendments) ? "neutral" : conclusion;
}

export function withRemark(text: string, remark: string | null): string {
  return remark === null ? text : `${text.trimEnd()}\n\n${remark}\n`;
}

/** The error that remains when the check could not be concluded; the other surfaces are served before it is thrown. */
async function finishCheck(
  check: SubjectCheck,
  { document, context, conclusion, remark }: CheckContent,
): Promise<unknown> {
  const digest = resultDigest(document, conclusion);
  const before = await check.before();
  if (before?.completed && check.id === before.id && readDoneState(before.text)?.digest === digest) return null;
  const line = stateLine({ kind: "done", digest });
  const model = buildReport(document, context);
  const { title, summary, text } = renderCheck(model, CHECK_TEXT_CHARACTERS - line.length - REMARK_SPACE);
  try {
    await check.complete({ title, summary: withRemark(summary, remark), text: `${text}\n\n${line}` }, conclusion);
    return null;
  } catch (error) {
    return error;
  }
}
