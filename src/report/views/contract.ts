import type { ErrorCode, FilePosition } from "../../core/errors.ts";
import type { AnalysisPlan } from "../../core/plan.ts";
import type { PlanAmendment } from "../amendments.ts";

/**
 * Signatures of this folder (one file per view):
 *
 *   text.ts      renderText(model, { width, color }): string
 *   markdown.ts  renderMarkdown(model, limit?): string
 *   comment.ts   renderComment(model, limit?): string
 *   check.ts     renderCheck(model, limit?): CheckText
 *   summary.ts   renderSummary(model, limit?): string
 *   html.ts      renderHtml(model): string
 *   pending.ts   renderPendingCheck(plan: PendingPlan): CheckTitle
 *   notices.ts   renderErrorCheck(error: ReportableError, context?): CheckTitle, renderNotApplicable(reason): CheckTitle
 *   outputs.ts   renderOutputs(document, context, conclusion?): Record<string, string>
 *
 * Every limit counts UTF-8 bytes, which is never less than the characters that GitHub counts.
 */
export interface CheckTitle {
  readonly title: string;
  readonly summary: string;
}

export interface CheckText extends CheckTitle {
  readonly text: string;
}

/** What is registered in the open check before any result exists. */
export interface PendingPlan {
  readonly environment: string | null;
  readonly sha: string | null;
  /** One per service. */
  readonly plans: readonly AnalysisPlan[];
  /** How units are told apart, in words of the config (`zone: eu-1, eu-2`); null when not known before the data. */
  readonly treated: string | null;
  readonly control: string | null;
  /** Epoch seconds when the last post window closes; with planned looks the next of them. */
  readonly readyAt: number;
  /** Who comes back: this run while it waits, a scheduled run of the workflow, the sender of the event, or the bot. */
  readonly finishedBy: "this-run" | "scheduled-run" | "same-event" | "bot";
  /** True hides what names units. */
  readonly publicRepository: boolean;
  /** What was changed since the plan was first written down, oldest first. */
  readonly amendments?: readonly PlanAmendment[];
}

/** The part of `DeployImpactError` that is shown. */
export interface ReportableError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
  readonly position?: FilePosition | undefined;
}
