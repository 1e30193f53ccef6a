import type { SubjectCheck } from "../../app/judge/check.ts";
import type { Desk } from "../../app/judge/desk.ts";
import type { Session } from "../../app/judge/session.ts";
import type { Settings } from "../../app/judge/settings.ts";
import type { Subject } from "../../app/judge/subject.ts";
import type { Trigger } from "../../app/trigger.ts";
import type { OtherDeployment } from "../../core/plan.ts";
import type { PendingState } from "../../github/state.ts";
import type { PlanAmendment } from "../../report/amendments.ts";
import type { BotContext } from "../context.ts";
import type { Analysis, AnnouncedConfig } from "../store/analyses.ts";

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

export interface Lateness {
  readonly seconds: number;
  /** Late enough to be said. */
  readonly isLate: boolean;
}

/** A plan that was announced. */
export interface Waiting extends Step {
  readonly registered: PendingState;
  readonly config: AnnouncedConfig;
}

/** What one look at the data goes by. */
export interface Look {
  readonly step: Waiting;
  readonly settings: Settings;
  readonly subject: Subject;
  readonly check: SubjectCheck;
  readonly trigger: Trigger;
  readonly known: readonly OtherDeployment[];
  readonly late: Lateness;
  /** Planned looks whose data are complete. */
  readonly due: number;
}

/** The same step with more known to its front door. */
export function atDesk<T extends Step>(step: T, known: Partial<Desk>): T {
  return { ...step, session: { ...step.session, desk: { ...step.session.desk, ...known } } };
}
