import type { GateConfig } from "../../config/config.ts";
import { DEFAULTS } from "../../config/defaults.ts";
import { parseDuration } from "../../config/duration.ts";
import type { DeployImpactError } from "../../core/errors.ts";
import type { Mode } from "../../core/plan.ts";
import type { Gate, GateDecision, GateProgress } from "../store/gates.ts";
import { answerTo, byRule, type GateSight, inMode, type Settled } from "./decide.ts";
import { nextLook, pollAgain, reportDue } from "./schedule.ts";
import { answerText, failureAnswerText, failureText, type GateWords, waitingText } from "./wording.ts";

/** What a step of a gate does. */
export interface Move {
  readonly decide: { readonly decision: GateDecision; readonly reason: string } | null;
  /** A status report; null: none is due. */
  readonly report: string | null;
  /** What the next step needs to know, when nothing was decided. */
  readonly progress: GateProgress;
}

export interface Rules {
  /** null: it could not be read, or the environment has none. */
  readonly config: GateConfig | null;
  /** Of the environment behind the gate. */
  readonly mode: Mode;
}

export interface Look extends Rules {
  readonly sight: GateSight;
  readonly analysisId: string | null;
}

type Asked = Pick<
  Gate,
  | "environment"
  | "sha"
  | "watches"
  | "analysisId"
  | "reports"
  | "reportedAt"
  | "failingSince"
  | "requestedAt"
  | "deadline"
>;

export function moveAfterLook(gate: Asked, look: Look, now: number): Move {
  const { sight, config, mode, analysisId } = look;
  const waitEnd = Math.min(config === null ? gate.deadline : gate.requestedAt + config.maxWait, gate.deadline);
  const answer = answerTo(sight, { config, mode, isOverdue: now >= waitEnd });
  const words: GateWords = {
    environment: gate.environment,
    watches: config?.watches ?? null,
    sha: gate.sha,
    now,
    until: config === null ? null : waitEnd,
  };
  const known = { watches: config?.watches ?? null, analysisId, failingSince: null };
  if (answer.kind !== "wait") {
    // Without a config nothing wakes the gate when there is one.
    const nextAt = sight.kind === "unset" ? pollAgain(gate.requestedAt, now) : gate.deadline;
    return settled(answer, answerText(sight, answer, words), { ...known, nextAt: Math.min(nextAt, gate.deadline) });
  }
  return { decide: null, ...waiting(gate, { sight, words, waitEnd, now }, known) };
}

interface Waited {
  readonly sight: GateSight;
  readonly words: GateWords;
  readonly waitEnd: number;
  readonly now: number;
}

type Known = Pick<GateProgress, "watches" | "analysisId" | "failingSince">;

function waiting(gate: Asked, { sight, words, waitEnd, now }: Waited, known: Known): Pick<Move, "report" | "progress"> {
  const readyAt = sight.kind === "pending" ? sight.readyAt : null;
  const until = readyAt === null ? waitEnd : Math.min(readyAt, waitEnd);
  const { requestedAt, reportedAt, reports } = gate;
  const plan = { requestedAt, reportedAt, reports, until };
  const text = sight.kind === "pending" || sight.kind === "unknown" ? waitingText(sight, words) : "";
  // What is not known yet may change without anybody telling.
  const poll = readyAt === null ? [pollAgain(requestedAt, now)] : [];
  const nextAt = Math.min(nextLook(plan, now), waitEnd, ...poll);
  return {
    report: reportDue(plan, now) ? text : null,
    progress: { ...known, nextAt, reason: text, state: "waiting" },
  };
}

function settled(answer: Settled, reason: string, progress: Known & { readonly nextAt: number }): Move {
  const left: GateProgress = { ...progress, reason, state: "left-to-people" };
  return answer.kind === "leave"
    ? { decide: null, report: reason, progress: left }
    : { decide: { decision: answer.decision, reason }, report: null, progress: left };
}

/** A hiccup is over by then, and nobody needs to read about it. */
const HICCUP = 120;

/** Our own failure: said as soon as it is none that passes by itself, answered by `on-error` when it lasts. */
export function moveAfterFailure(gate: Asked, error: DeployImpactError, rules: Rules, now: number): Move {
  const { config, mode } = rules;
  const failingSince = gate.failingSince ?? now;
  const patience = config?.after ?? parseDuration(DEFAULTS.gate.after) ?? 0;
  const until = failingSince + patience;
  const known = { watches: config?.watches ?? gate.watches, analysisId: gate.analysisId, failingSince };
  const nextAt = Math.min(pollAgain(failingSince, now), gate.deadline, ...(now < until ? [until] : []));
  if (now >= until) {
    const answer = inMode(byRule(config?.onError, "on-error"), mode);
    return settled(answer, failureAnswerText(error, answer, patience), { ...known, nextAt });
  }
  const { environment, sha } = gate;
  const text = failureText(error, { environment, sha, watches: known.watches, now, until });
  const isWorthSaying = !error.retryable || now - failingSince >= HICCUP;
  return {
    decide: null,
    report: isWorthSaying ? text : null,
    progress: { ...known, nextAt, reason: text, state: "waiting" },
  };
}
