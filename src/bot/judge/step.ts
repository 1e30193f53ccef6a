import type { GithubConnection } from "../../app/judge/desk.ts";
import type { Session } from "../../app/judge/session.ts";
import type { Ports } from "../../ports.ts";
import type { JobHandler } from "../jobs/contract.ts";
import { amendmentsOf } from "../store/amendments.ts";
import { type Analysis, loadAnalysis } from "../store/analyses.ts";
import { countRequests } from "../store/analysis-changes.ts";
import { isSuspended } from "../store/installations.ts";
import { announce } from "./announce.ts";
import type { JudgeContext, Step } from "./context.ts";
import { afterFailure } from "./failure.ts";
import { look } from "./look.ts";
import { follow, type Next } from "./next.ts";
import { botSession } from "./session.ts";
import { stoppableAnalyst, stoppableConnection, stoppablePorts } from "./stoppable.ts";

/**
 * The job `judge`: one step of one analysis, from its row to its row. It may be cut off anywhere and run again: what is
 * on GitHub is looked up before it is made, and a verdict is stored before it is published.
 */
export function createJudge(context: JudgeContext): JobHandler<"judge"> {
  return async ({ analysisId }, { signal }) => {
    const analysis = await loadAnalysis(context.database, analysisId);
    if (analysis === null || !isOpen(analysis)) return;
    // Whoever lifts the suspension sends the jobs again.
    if (await isSuspended(context.database, analysis.tenant.installationId)) return;
    const amendments = await amendmentsOf(context.database, analysis.tenant, analysis.id);
    const now = context.now() / 1000;
    const next = await stepOf({ context, analysis, amendments, now }, signal);
    // Whoever replaced this step writes down what follows.
    signal.throwIfAborted();
    await follow({ context, analysis, amendments, now }, next);
  };
}

function isOpen({ state }: Analysis): boolean {
  return state === "announced" || state === "waiting";
}

async function stepOf(begun: Omit<Step, "session">, signal: AbortSignal): Promise<Next> {
  const { context, analysis, amendments } = begun;
  let connection: GithubConnection | null = null;
  let session: Session | null = null;
  try {
    connection = stoppableConnection(await context.connect(analysis.tenant), signal);
    session = botSession(context, { analysis, amendments, connection, ports: barePorts(context) });
    const ports = stoppablePorts(await context.portsFor(analysis.tenant), signal);
    session = { ...session, ports, analyst: stoppableAnalyst(session.analyst, signal) };
    return await perform({ ...begun, session });
  } catch (error) {
    signal.throwIfAborted();
    return await afterFailure({ ...begun, session }, error);
  } finally {
    if (connection !== null) await countRequests(context.database, analysis, connection.requests());
  }
}

async function perform(step: Step): Promise<Next> {
  const { registered, config } = step.analysis;
  return registered === null || config === null ? announce(step) : look({ ...step, registered, config });
}

/** Enough to say on GitHub that the tenant's own ports cannot be had. */
export function barePorts({ now, log }: Pick<JudgeContext, "now" | "log">): Ports {
  return {
    now,
    sleep: async () => undefined,
    env: {},
    fetch: () => Promise.reject(new Error("Nothing may be asked here.")),
    log: {
      debug: (message) => log.debug(message),
      info: (message) => log.info(message),
      warning: (message) => log.warning(message),
    },
    random: () => 0,
  };
}
