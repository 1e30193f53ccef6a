import { DeployImpactError } from "../../core/errors.ts";
import type { JobHandler } from "../jobs/contract.ts";
import { loadReaction, moveReaction, type Reaction, type ReactionMove } from "../store/reactions.ts";
import { loadVerdict, type StoredVerdict } from "../store/verdicts.ts";
import { type ReactContext, sendJob } from "./context.ts";
import type { Delivery, Prepared } from "./delivery.ts";
import { prepareIssue } from "./issue.ts";
import { loadOccasion, type Occasion } from "./occasion.ts";
import { prepareRollback, rollbackGround } from "./rollback.ts";
import { prepareAlert, prepareResolve } from "./senders.ts";
import { showReactions } from "./show.ts";

/** Attempts that are made while nothing has arrived; the waits between them grow to about half an hour in all. */
const MOST_ATTEMPTS = 7;
const FIRST_WAIT_SECONDS = 15;
/** Nobody wants to hear of a deploy hours later. */
const LONGEST_WAIT_SECONDS = 1800;

/**
 * Sends one alert or starts one rollback. The row says `sending` from the moment before the request to the moment
 * after it: found like this, the reaction was cut off in between, and only a receiver that knows its id is asked again.
 */
export function createSend(context: ReactContext): JobHandler<"reaction"> {
  return async ({ reactionId }, run) => {
    const reaction = await loadReaction(context.database, reactionId);
    if (reaction === null) return;
    if (reaction.state === "sending" && !isRepeatable(reaction)) {
      await settle(context, reaction, "sending", CUT_OFF);
      return;
    }
    if (reaction.state !== "planned" && reaction.state !== "sending") return;
    const ready = await prepared(context, reaction, run.last);
    if ("kind" in ready) {
      await settle(context, reaction, reaction.state, ready);
      return;
    }
    const detail = { ...reaction.detail, request: ready.request };
    const begins = await moveReaction(context.database, reaction, reaction.state, { to: "sending", detail });
    if (begins) await settle(context, reaction, "sending", await ready.deliver());
  };
}

const CUT_OFF: Delivery = {
  kind: "unclear",
  why: "the bot stopped while it was being sent; it is not sent again, because it may have arrived",
  afterSeconds: null,
};

/** True where sending twice does what sending once does: the receiver knows the id, or it is looked for first. */
function isRepeatable({ detail }: Pick<Reaction, "detail">): boolean {
  switch (detail.does) {
    case "resolve":
      return true;
    case "alert":
      return detail.alert.to !== "slack";
    case "rollback":
      return detail.rollback.how === "deployment";
  }
}

/** Everything up to the request itself. What cannot succeed is a delivery that was refused. */
async function prepared(context: ReactContext, reaction: Reaction, last: boolean): Promise<Prepared | Delivery> {
  try {
    const occasion = await loadOccasion(context, reaction.verdictId);
    return occasion === null
      ? { kind: "refused", why: "its verdict is gone" }
      : await prepare(context, reaction, occasion);
  } catch (error) {
    if (!(error instanceof DeployImpactError)) {
      if (!last) throw error;
      context.log.error("A reaction could not be prepared", { reaction: reaction.id, error: String(error) });
      return { kind: "refused", why: "an internal error; the log of the bot holds it" };
    }
    // Costs no attempt: the queue brings the job back when GitHub takes requests of this installation again.
    if (error.code === "GITHUB_RATE_LIMITED") throw error;
    return error.retryable
      ? { kind: "later", why: error.message, afterSeconds: null }
      : { kind: "refused", why: `${error.message} ${error.hint}` };
  }
}

async function prepare(
  context: ReactContext,
  { id, detail, tenant }: Reaction,
  occasion: Occasion,
): Promise<Prepared | Delivery> {
  const connected = async () => (await context.connect(tenant)).api(tenant.repository);
  switch (detail.does) {
    case "resolve": {
      if (detail.alert.to !== "pagerduty") return { kind: "refused", why: "only PagerDuty takes alerts back" };
      return prepareResolve(detail.alert, detail.dedupKey, await context.portsFor(tenant));
    }
    case "alert": {
      const { alert, severity } = detail;
      if (alert.to === "github-issue") {
        const api = await connected();
        return prepareIssue(alert.labels, occasion, async () => api);
      }
      return prepareAlert({ alert, severity, id }, occasion, await context.portsFor(tenant));
    }
    case "rollback": {
      const api = await connected();
      const ground = await rollbackGround(occasion, api, id);
      if (!ground.ok) return { kind: "refused", why: ground.why };
      return prepareRollback({ rollback: detail.rollback, id, previousSha: ground.previousSha }, occasion, api);
    }
  }
}

/** Writes down what became of an attempt, plans the next one if there is one, and shows it. */
async function settle(
  context: ReactContext,
  reaction: Reaction,
  from: "planned" | "sending",
  delivery: Delivery,
): Promise<void> {
  const now = context.now() / 1000;
  const attempts = reaction.attempts + 1;
  const isOver = attempts >= MOST_ATTEMPTS;
  const move = moveOf(reaction, delivery, { now, attempts, isOver });
  const moved = await context.database.transaction(async (inside) => {
    if (!(await moveReaction(inside, reaction, from, move))) return false;
    if (move.to === "planned") {
      const { installationId } = reaction.tenant;
      const at = now + waitOf(reaction.id, attempts, delivery);
      await sendJob(context.queue, inside, { id: reaction.id, installationId }, at);
    }
    return true;
  });
  if (!moved || move.to === "planned") return;
  const { kind } = reaction;
  context.metrics.count("deploy_impact_reactions_total", { kind, state: move.to });
  const fields = { reaction: reaction.id, repository: reaction.tenant.repository, kind, state: move.to };
  if (move.to === "sent") context.log.info("A reaction was sent", fields);
  else context.log.warning("A reaction was not sent", { ...fields, why: move.error ?? "" });
  const verdict = await loadVerdict(context.database, reaction.verdictId);
  if (verdict !== null) await show(context, verdict);
}

/** What was sent is never sent again because it could not be shown. */
async function show(context: ReactContext, verdict: StoredVerdict): Promise<void> {
  try {
    await showReactions(context, verdict);
  } catch {
    // A rate limit: the job that plans finds everything planned, and shows it when GitHub takes requests again.
    const { id, tenant } = verdict;
    await context.queue.send("react", { verdictId: id }, { key: id, installationId: tenant.installationId });
  }
}

interface Attempt {
  readonly now: number;
  readonly attempts: number;
  readonly isOver: boolean;
}

function moveOf(reaction: Reaction, delivery: Delivery, { now, attempts, isOver }: Attempt): ReactionMove {
  switch (delivery.kind) {
    case "sent":
      return { to: "sent", attempts, url: delivery.url, sentAt: now };
    case "refused":
      return { to: "failed", attempts, error: delivery.why };
    case "later":
      return isOver
        ? { to: "failed", attempts, error: `${delivery.why} (${attempts} attempts)` }
        : { to: "planned", attempts, error: delivery.why };
    case "unclear":
      if (!isRepeatable(reaction) || isOver) return { to: "unknown", attempts, error: delivery.why };
      return { to: "planned", attempts, error: delivery.why };
  }
}

/** Doubles from attempt to attempt, spread by the id of the row so that many do not come back together. */
function waitOf(id: string, attempts: number, delivery: Delivery): number {
  const spread = 1 + (Number.parseInt(id.slice(0, 2), 16) || 0) / 512;
  const own = FIRST_WAIT_SECONDS * 2 ** (attempts - 1) * spread;
  const asked = "afterSeconds" in delivery ? (delivery.afterSeconds ?? 0) : 0;
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(own, asked));
}
