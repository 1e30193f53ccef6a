import { createHash } from "node:crypto";
import type { AlertConfig, Limit, RollbackConfig } from "../../config/reactions.ts";
import type { SeverityLevel } from "../../core/result.ts";
import type { ReactionKind } from "../store/reactions.ts";
import type { ReactionDetail } from "./detail.ts";
import type { Occasion } from "./occasion.ts";

/** What a verdict asks for, before limits. */
export interface PlannedReaction {
  readonly kind: ReactionKind;
  readonly key: string;
  readonly wish: "send" | "click" | "dry-run";
  readonly atMost: Limit;
  readonly detail: ReactionDetail;
}

type Grounds = Pick<Occasion, "severity"> & {
  readonly verdict: Pick<Occasion["verdict"], "id" | "analysisId" | "verdict" | "mode">;
  readonly config: Pick<Occasion["config"], "alerts" | "rollback">;
  readonly analysis: { readonly event: Pick<Occasion["analysis"]["event"], "payload"> };
};

/** A regression alone is reacted to; in advisory mode people hear of it, but nothing is started. */
export function planReactions({ verdict, config, severity, analysis }: Grounds): readonly PlannedReaction[] {
  if (verdict.verdict !== "regression") return [];
  const level = severity?.level ?? "ticket";
  const alerts = config.alerts
    .filter(({ when }) => when === "every-regression" || when === level)
    .map((alert) => plannedAlert(alert, verdict, level));
  if (config.rollback === null || verdict.mode !== "enforcing") return alerts;
  return [...alerts, plannedRollback(config.rollback, verdict, level, isOurRollback(analysis.event.payload))];
}

type Verdict = Grounds["verdict"];

function plannedAlert(alert: AlertConfig, { id, analysisId }: Verdict, severity: SeverityLevel): PlannedReaction {
  const entry = entryOf(alert);
  return {
    kind: alert.to,
    // An issue is brought up to date by every verdict of the deploy; everybody else hears of a deploy once.
    key: alert.to === "github-issue" ? `${id}:${entry}` : `${analysisId}:${entry}`,
    wish: alert.dryRun ? "dry-run" : "send",
    atMost: alert.atMost,
    detail: {
      does: "alert",
      alert: alert.to === "github-issue" ? { ...alert, labels: [...alert.labels] } : alert,
      severity,
      entry,
      request: null,
    },
  };
}

function plannedRollback(
  rollback: RollbackConfig,
  { analysisId }: Verdict,
  severity: SeverityLevel,
  isOurs: boolean,
): PlannedReaction {
  // A rollback that hurts is not answered by another one of its own accord: the two would chase each other.
  const atOnce = rollback.when === "at-once" && !isOurs;
  return {
    kind: "rollback",
    key: `${analysisId}:rollback`,
    wish: rollback.dryRun ? "dry-run" : atOnce ? "send" : "click",
    atMost: rollback.atMost,
    detail: { does: "rollback", rollback: { ...rollback }, actor: null, severity, entry: "rollback", request: null },
  };
}

/** Names one receiver of the config, so that its limit holds over changes of everything else. */
function entryOf(alert: AlertConfig): string {
  const { when: _when, dryRun: _dryRun, atMost: _atMost, ...receiver } = alert;
  return `${alert.to}:${createHash("sha256").update(JSON.stringify(receiver)).digest("hex").slice(0, 12)}`;
}

/** Key in the payload of deployments that a rollback of ours makes. */
export const ROLLBACK_PAYLOAD = "deployImpactRollback";

function isOurRollback(payload: unknown): boolean {
  return typeof payload === "object" && payload !== null && Object.hasOwn(payload, ROLLBACK_PAYLOAD);
}
