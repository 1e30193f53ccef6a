import type { JobQueue } from "../jobs/contract.ts";
import type { Analysis } from "../store/analyses.ts";
import type { Database } from "../store/database.ts";
import { countReactions, holdEnvironment, moveReaction, type Reaction, rollbackOf } from "../store/reactions.ts";
import { latestVerdict } from "../store/verdicts.ts";
import { sendJob } from "./context.ts";

/** Who confirms, and when (epoch seconds). The caller has checked that they may. */
export interface Confirming {
  readonly actor: string;
  readonly at: number;
}

export type Confirmation =
  | { readonly kind: "started" }
  /** A second click, or a redelivery of the first: nothing more is started. */
  | { readonly kind: "already" }
  | { readonly kind: "refused"; readonly why: string };

/** Starts the rollback that waits for a person, in the caller's transaction. */
export async function confirmRollback(
  inside: Database,
  queue: JobQueue,
  { id, tenant, environment }: Pick<Analysis, "id" | "tenant" | "environment">,
  { actor, at }: Confirming,
): Promise<Confirmation> {
  await holdEnvironment(inside, tenant, environment);
  const reaction = await rollbackOf(inside, tenant, id);
  if (reaction === null || reaction.detail.does !== "rollback") return refused("No rollback is prepared.");
  if (reaction.state !== "awaiting-click") return ENDED[reaction.state];
  const newest = await latestVerdict(inside, tenant, id);
  if (newest !== null && newest.verdict !== "regression") return refused("The verdict is no regression any more.");
  const { count, per } = reaction.detail.rollback.atMost;
  const done = await countReactions(inside, tenant, { environment, entry: reaction.detail.entry, since: at - per });
  if (done >= count)
    return refused(`The limit of the config (${count} in ${Math.round(per / 60)} minutes) is reached.`);
  const detail = { ...reaction.detail, actor };
  if (!(await moveReaction(inside, reaction, "awaiting-click", { to: "planned", detail }))) return { kind: "already" };
  await sendJob(queue, inside, { id: reaction.id, installationId: tenant.installationId });
  return { kind: "started" };
}

function refused(why: string): Confirmation {
  return { kind: "refused", why };
}

const ENDED: Readonly<Record<Exclude<Reaction["state"], "awaiting-click">, Confirmation>> = {
  planned: { kind: "already" },
  sending: { kind: "already" },
  sent: { kind: "already" },
  "dry-run": refused("Rollbacks are dry runs here; `dry-run: false` in the config changes that."),
  failed: refused("The rollback failed; the check says why."),
  unknown: refused("The rollback may have started; look at the deployments before starting another one."),
  limited: refused("The limit of the config is reached."),
};
