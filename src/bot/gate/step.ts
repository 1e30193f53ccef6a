import { asError } from "../../app/judge/session.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { GithubApi } from "../../github/api.ts";
import type { GateReview } from "../../github/gates.ts";
import type { BotContext, BotLog } from "../context.ts";
import type { JobHandler } from "../jobs/contract.ts";
import {
  closeGate,
  type Gate,
  type GateProgress,
  intendDecision,
  keepGateOpen,
  loadGate,
  takeReport,
} from "../store/gates.ts";
import { lookAround } from "./look.ts";
import { type Move, moveAfterFailure, moveAfterLook } from "./move.ts";
import { mayReport } from "./schedule.ts";
import { expiredText, failureText } from "./wording.ts";

export type GateContext = Pick<BotContext, "database" | "queue" | "connect" | "now" | "log">;

interface Work {
  readonly context: GateContext;
  readonly gate: Gate;
  readonly api: GithubApi;
  readonly log: BotLog;
  /** Epoch seconds. */
  readonly now: number;
}

/**
 * One step of a gate: looks at the environment that it watches, answers, reports or comes back later. May be repeated
 * at any point: a report is counted before it is sent, a decision is written down before it is sent, and GitHub takes
 * only one.
 */
export function gateJob(context: GateContext): JobHandler<"gate"> {
  return async ({ gateId }) => {
    const gate = await loadGate(context.database, gateId);
    if (gate === null || (gate.state !== "waiting" && gate.state !== "left-to-people")) return;
    const { tenant, runId, environment } = gate;
    const log = context.log.child({ gate: gateId, repository: tenant.repository, environment, run: runId });
    const now = context.now() / 1000;
    try {
      const github = await context.connect(tenant);
      await step({ context, gate, log, api: github.api(tenant.repository), now });
    } catch (error) {
      if (!(error instanceof DeployImpactError && error.code === "GITHUB_UNINSTALLED")) throw error;
      await waitForApp({ context, gate, log, now }, error);
    }
  };
}

/** An App that was removed or suspended can say nothing; whoever lifts that finds the gate still looking. */
const APP_PAUSE = 3600;

async function waitForApp({ context, gate, log, now }: Omit<Work, "api">, error: DeployImpactError): Promise<void> {
  log.info(`The gate cannot be answered: ${error.message}`, { code: error.code });
  if (now >= gate.deadline)
    return closeGate(context.database, gate, { state: "expired", at: now, reason: expiredText() });
  const { watches, analysisId, environment, sha } = gate;
  const nextAt = Math.min(now + APP_PAUSE, gate.deadline);
  const reason = gate.reason ?? failureText(error, { environment, sha, watches, now, until: null });
  const state = gate.state === "left-to-people" ? "left-to-people" : "waiting";
  await comeBack(
    { context, gate },
    { watches, analysisId, failingSince: gate.failingSince ?? now, nextAt, reason, state },
  );
}

async function step(work: Work): Promise<void> {
  const { gate, now } = work;
  // Also a decision that GitHub would never take: it is not sent for ever.
  if (now >= gate.deadline) return expire(work);
  if (gate.decision !== null) return decide(work, { decision: gate.decision, reason: gate.reason ?? "" });
  const move = await nextMove(work);
  if (move.decide !== null) return decide(work, move.decide);
  if (move.report !== null) await report(work, move.report);
  await comeBack(work, move.progress);
}

async function nextMove({ context, gate, api, log, now }: Work): Promise<Move> {
  const look = await lookAround(context.database, api, gate);
  if (!("error" in look)) return moveAfterLook(gate, look, now);
  const known = asError(look.error);
  log.warning(`The gate could not look around: ${known.message}`, { code: known.code });
  return moveAfterFailure(gate, known, look, now);
}

async function comeBack({ context, gate }: Pick<Work, "context" | "gate">, progress: GateProgress): Promise<void> {
  await context.database.transaction(async (inside) => {
    await keepGateOpen(inside, gate, progress);
    const { installationId } = gate.tenant;
    const options = { key: gate.id, notBefore: progress.nextAt, installationId, inside };
    await context.queue.send("gate", { gateId: gate.id }, options);
  });
}

/** What was written down first is what is sent, also by a second try. */
async function decide(
  work: Work,
  wanted: { readonly decision: "approved" | "rejected"; readonly reason: string },
): Promise<void> {
  const { context, gate, log, now } = work;
  const intended = await intendDecision(context.database, gate, wanted);
  if (intended === null) return;
  const { decision, reason } = intended;
  const refusal = await send(work, { state: decision, comment: reason });
  if (refusal === null) {
    log.info(`gate ${decision}`);
    return closeGate(context.database, gate, { state: decision, at: now });
  }
  // Answered before (by the try that died after sending it), by an administrator, or the run is over.
  log.info(`GitHub no longer waits for this gate: ${refusal.message}`, { code: refusal.code });
  await closeGate(context.database, gate, { state: decision, at: now });
}

async function report(work: Work, text: string): Promise<void> {
  const { context, gate, log, now } = work;
  if (text === gate.lastReport || !mayReport(gate.reports)) return;
  if (!(await takeReport(context.database, gate, { text, at: now }))) return;
  try {
    const refusal = await send(work, { comment: text });
    if (refusal !== null) log.info(`GitHub took no report: ${refusal.message}`, { code: refusal.code });
  } catch (error) {
    // The look itself succeeded; the next report says what is true then.
    const known = asError(error);
    log.warning(`The report was not sent: ${known.message}`, { code: known.code });
  }
}

async function expire(work: Work): Promise<void> {
  const { context, gate, now } = work;
  await report(work, expiredText());
  await closeGate(context.database, gate, { state: "expired", at: now, reason: expiredText() });
}

/** null: sent. What GitHub refuses is an answer of its own: it does not wait for us (any more). */
async function send(
  { api, gate }: Work,
  review: Pick<GateReview, "state" | "comment">,
): Promise<DeployImpactError | null> {
  try {
    await api.reviewGate({ runId: gate.runId, environment: gate.environment, ...review });
    return null;
  } catch (error) {
    if (error instanceof DeployImpactError && REFUSALS.has(error.code)) return error;
    throw error;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["GITHUB_REJECTED", "GITHUB_NOT_FOUND"]);
