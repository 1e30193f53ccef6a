import type { BotContext } from "../context.ts";
import type { Database } from "../store/database.ts";
import { countReactions, holdEnvironment, moveReaction, type Reaction, rollbackOf } from "../store/reactions.ts";
import { findVerdict, latestVerdict } from "../store/verdicts.ts";
import type { Tenant } from "../tenant.ts";
import { sendJob } from "./react.ts";
import { showReactions } from "./show.ts";

export type ConfirmContext = Pick<BotContext, "database" | "queue" | "connect" | "now" | "log">;

/** What a click on `Roll back` led to; `said` is one sentence for the person. */
export interface Confirmation {
  readonly started: boolean;
  readonly said: string;
}

/**
 * Starts the rollback that waits for a click. The caller has checked that `actor` may: whoever may push may roll back.
 * A second click, or a redelivery of the first, starts nothing more.
 */
export async function confirmRollback(
  context: ConfirmContext,
  tenant: Tenant,
  verdictId: string,
  actor: string,
): Promise<Confirmation> {
  const verdict = await findVerdict(context.database, tenant, verdictId);
  if (verdict === null) return refusal("this verdict is not known");
  const confirmation = await context.database.transaction(async (inside) => {
    await holdEnvironment(inside, tenant, verdict.environment);
    const newest = await latestVerdict(inside, tenant, verdict.analysisId);
    if (newest !== null && newest.verdict !== "regression") return refusal("the verdict is no regression any more");
    const reaction = await rollbackOf(inside, tenant, verdict.analysisId);
    if (reaction === null) return refusal("no rollback is configured for this deploy");
    return await start(context, inside, reaction, actor);
  });
  if (confirmation.started) await showReactions(context, verdict);
  return confirmation;
}

/** True while the button makes sense. */
export async function rollbackWaits(database: Database, tenant: Tenant, analysisId: string): Promise<boolean> {
  return (await rollbackOf(database, tenant, analysisId))?.state === "awaiting-click";
}

async function start(
  context: ConfirmContext,
  inside: Database,
  reaction: Reaction,
  actor: string,
): Promise<Confirmation> {
  const { detail, environment, tenant } = reaction;
  if (detail.does !== "rollback" || reaction.state !== "awaiting-click") return refusal(ENDED[reaction.state]);
  const now = context.now() / 1000;
  const { count, per } = detail.rollback.atMost;
  const done = await countReactions(inside, tenant, { environment, entry: detail.entry, since: now - per });
  if (done >= count) return refusal(`the limit of ${count} rollbacks in ${Math.round(per / 3600)} hours is reached`);
  await moveReaction(inside, reaction, "awaiting-click", { to: "planned", detail: { ...detail, actor } });
  await sendJob(context, inside, reaction.id, tenant.installationId);
  return { started: true, said: `Rollback of ${environment} is started.` };
}

const ENDED: Readonly<Record<Reaction["state"], string>> = {
  planned: "the rollback is about to start already",
  "awaiting-click": "the rollback cannot be started",
  "dry-run": "rollbacks are dry runs here (`dry-run: false` in the config changes that)",
  sending: "the rollback is being started already",
  sent: "the rollback was started already",
  failed: "the rollback failed; the check says why",
  unknown: "the rollback may have been started; look at the deployments before starting another one",
  limited: "the limit of rollbacks is reached",
};

function refusal(why: string): Confirmation {
  return { started: false, said: `Nothing was rolled back: ${why}.` };
}
