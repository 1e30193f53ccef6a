import type { CommentRule } from "../../config/config.ts";
import type { Mode } from "../../core/plan.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import type { ResultDocument, Verdict } from "../../core/result.ts";
import { findComments, syncComment } from "../../github/comments.ts";
import { BATCH_COMMENTS, COMMENT_CHARACTERS } from "../../github/limits.ts";
import { type CommentState, readCommentState, stateLine } from "../../github/state.ts";
import { buildReport } from "../../report/build.ts";
import type { ReportContext } from "../../report/context.ts";
import { commentMarker } from "../../report/marker.ts";
import { renderComment } from "../../report/views/comment.ts";
import { type Session, warnOf } from "./session.ts";

/** Invalid for a reason that the author of the change cannot do anything about. */
const SILENT_REASONS: ReadonlySet<ReasonCode> = new Set(["OVERLAPPING_DEPLOY", "WINDOW_OPEN", "DEPLOY_IN_FUTURE"]);

/** A source without data may be an outage; it is said on the pull request only where the check is meant to block. */
const SOURCE_REASONS: ReadonlySet<ReasonCode> = new Set(["NO_DATA", "NO_POST_DATA", "LATE_DATA"]);

export interface CommentQuestion {
  readonly rule: CommentRule;
  readonly mode: Mode;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
}

/** `correct`: only when a comment is there already and must not stay as it is. */
export function commentDecision({ rule, mode, verdict, reasonCodes }: CommentQuestion): "post" | "correct" | "silent" {
  if (rule === "never") return "silent";
  if (verdict === "invalid" && reasonCodes.some((code) => SILENT_REASONS.has(code))) return "silent";
  if (rule === "always") return "post";
  if (verdict === "regression" || verdict === "improvement") return "post";
  if (verdict !== "invalid") return "correct";
  const sourceFault = reasonCodes.some((code) => SOURCE_REASONS.has(code));
  return sourceFault && mode === "advisory" ? "correct" : "post";
}

/**
 * Who gets a comment: one pull request always, a batch only on a regression and never more than ten. `corrects`: this
 * deploy was judged before, so the ten that were told then are looked at again.
 */
export function commentTargets(
  pullRequests: readonly number[],
  verdict: Verdict,
  corrects: boolean,
): readonly number[] {
  if (pullRequests.length <= 1) return pullRequests;
  return verdict === "regression" || corrects ? pullRequests.slice(0, BATCH_COMMENTS) : [];
}

export interface CommentTask {
  readonly document: ResultDocument;
  readonly context: ReportContext;
  readonly rule: CommentRule;
  readonly repository: string;
  readonly pullRequests: readonly number[];
  /** An earlier run may have told the pull requests something else. */
  readonly corrects: boolean;
  readonly appSlug: string | null;
  /** ISO 8601, seconds. */
  readonly at: string;
}

/** Ids of the comments that say the result now. A comment that cannot be written is a warning, never a failure. */
export async function publishComments(session: Session, task: CommentTask): Promise<number[]> {
  const { verdict, reasonCodes, mode } = task.document;
  const alone = commentDecision({ rule: task.rule, mode, verdict, reasonCodes });
  if (alone === "silent") return [];
  const decision = task.pullRequests.length > 1 && verdict !== "regression" ? "correct" : alone;
  const ids: number[] = [];
  for (const pullRequest of commentTargets(task.pullRequests, verdict, task.corrects)) {
    try {
      const id = await publishComment(session, task, pullRequest, decision);
      if (id !== null) ids.push(id);
    } catch (error) {
      warnOf(session, error);
    }
  }
  return ids;
}

async function publishComment(
  session: Session,
  task: CommentTask,
  pullRequest: number,
  decision: "post" | "correct",
): Promise<number | null> {
  const api = session.github.api(task.repository);
  const login = await session.loginOf(task.appSlug);
  const key = { pullRequest, marker: commentMarker(task.context.environment), login };
  const [existing = null, ...older] = await findComments(api, key);
  if (existing === null && decision === "correct") return null;
  const before = readCommentState(existing?.body ?? null);
  const state = nextState(before, task);
  const line = stateLine(state);
  const model = buildReport(task.document, { ...task.context, previous: state.previous });
  const body = `${renderComment(model, COMMENT_CHARACTERS - line.length - 2).trimEnd()}\n\n${line}\n`;
  const isNewRegression = task.document.verdict === "regression" && before?.verdict !== "regression";
  const written = await syncComment(api, key, { body, existing, repost: existing !== null && isNewRegression });
  for (const { id } of older) await api.deleteComment(id);
  session.desk.narrator.info(`Comment on #${pullRequest}: ${written.did}.`);
  return written.id;
}

/** An unchanged verdict keeps its time and its history, so that the same result makes the same comment. */
function nextState(before: CommentState | null, task: CommentTask): CommentState {
  const { verdict } = task.document;
  if (before?.verdict === verdict) return before;
  const previous = before === null ? null : { verdict: before.verdict, at: before.at };
  return { kind: "comment", verdict, at: task.at, previous };
}
