import type { GateConfig, GateRule } from "../../config/config.ts";
import type { Mode } from "../../core/plan.ts";
import type { Verdict } from "../../core/result.ts";
import type { GateDecision } from "../store/gates.ts";

/** What a look at the watched environment showed. Instants are epoch seconds. */
export type GateSight =
  /** No config, or none of this environment's rule: nothing says what to watch. */
  | { readonly kind: "unset"; readonly hasConfig: boolean }
  /** No deployment there carries the commit. */
  | { readonly kind: "unknown" }
  | { readonly kind: "pending"; readonly readyAt: number | null; readonly url: string | null }
  | {
      readonly kind: "judged";
      readonly verdict: Verdict;
      /** As the check says it: `Regression: p95 latency +12.4% (7.9 to 17.0), margin 5%`. */
      readonly title: string;
      readonly url: string | null;
      /** Who answered for it; null: nobody. */
      readonly acknowledgedBy: string | null;
    }
  | { readonly kind: "ended"; readonly how: EndedHow; readonly url: string | null };

/** `overtaken`: a newer deploy came; `given-up`: we failed and said so; `cancelled`: there was nothing to judge. */
export type EndedHow = "overtaken" | "given-up" | "cancelled";

export type Settled =
  | { readonly kind: "decide"; readonly decision: GateDecision; readonly why: AnswerReason }
  | { readonly kind: "leave"; readonly why: AnswerReason };

interface Waiting {
  readonly kind: "wait";
}

export type Answer = Settled | Waiting;

/** What decided: the verdict itself, a rule of the config, or a person's word. */
export type AnswerReason =
  | "verdict"
  | "acknowledged"
  | "advisory"
  | "on-inconclusive"
  | "on-invalid"
  | "on-error"
  | "unset";

export interface GateCase {
  /** null: it could not be read, or there is none. */
  readonly config: GateConfig | null;
  /** Of the environment behind the gate; `advisory` reports and never holds anything back. */
  readonly mode: Mode;
  /** Assessing failed for too long, or no verdict came in time. */
  readonly isOverdue: boolean;
}

/** The rule when the config does not say one: say it, and leave it to people. */
const DEFAULT_RULE: GateRule = "wait";

export function answerTo(sight: GateSight, { config, mode, isOverdue }: GateCase): Answer {
  return inMode(plainAnswer(sight, config, isOverdue), mode);
}

/** An advisory gate reports and holds nothing back; that needs a config which says so. */
export function inMode<A extends Answer>(answer: A, mode: Mode): A | Settled {
  const holdsBack = answer.kind === "leave" || (answer.kind === "decide" && answer.decision === "rejected");
  return mode === "advisory" && holdsBack ? { kind: "decide", decision: "approved", why: "advisory" } : answer;
}

function plainAnswer(sight: GateSight, config: GateConfig | null, isOverdue: boolean): Answer {
  switch (sight.kind) {
    case "unset":
      return { kind: "leave", why: "unset" };
    case "unknown":
    case "pending":
      return isOverdue ? byRule(config?.onError, "on-error") : { kind: "wait" };
    case "ended":
      return sight.how === "given-up" ? byRule(config?.onError, "on-error") : byRule(config?.onInvalid, "on-invalid");
    case "judged":
      return judged(sight.verdict, sight.acknowledgedBy !== null, config);
  }
}

function judged(verdict: Verdict, acknowledged: boolean, config: GateConfig | null): Answer {
  switch (verdict) {
    case "no-impact":
    case "improvement":
      return { kind: "decide", decision: "approved", why: "verdict" };
    case "regression":
      return acknowledged
        ? { kind: "decide", decision: "approved", why: "acknowledged" }
        : { kind: "decide", decision: "rejected", why: "verdict" };
    case "inconclusive":
      return byRule(config?.onInconclusive, "on-inconclusive");
    case "invalid":
      return byRule(config?.onInvalid, "on-invalid");
  }
}

/** A failure of ours is answered by the same rule as a verdict that never came. */
export function byRule(rule: GateRule | undefined, why: AnswerReason): Settled {
  switch (rule ?? DEFAULT_RULE) {
    case "approve":
      return { kind: "decide", decision: "approved", why };
    case "reject":
      return { kind: "decide", decision: "rejected", why };
    case "wait":
      return { kind: "leave", why };
  }
}
