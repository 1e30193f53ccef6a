import type { Desk } from "../../app/judge/desk.ts";
import type { Session } from "../../app/judge/session.ts";
import type { PlanAmendment } from "../../report/amendments.ts";
import type { BotContext } from "../context.ts";
import type { Analysis } from "../store/analyses.ts";

/** What judging needs of the bot. */
export type JudgeContext = Pick<
  BotContext,
  "version" | "settings" | "database" | "queue" | "connect" | "portsFor" | "now" | "log" | "metrics"
>;

/** One step of one analysis. */
export interface Step {
  readonly context: JudgeContext;
  readonly analysis: Analysis;
  readonly amendments: readonly PlanAmendment[];
  readonly session: Session;
  /** Epoch seconds when it began; one moment for the whole step. */
  readonly now: number;
}

/** The same step with more known to its front door. */
export function atDesk<T extends Step>(step: T, known: Partial<Desk>): T {
  return { ...step, session: { ...step.session, desk: { ...step.session.desk, ...known } } };
}
