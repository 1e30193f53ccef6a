import type { BotContext } from "../context.ts";
import type { JobQueue } from "../jobs/contract.ts";
import type { Database } from "../store/database.ts";

/** What reacting needs of the bot. */
export type ReactContext = Pick<
  BotContext,
  "database" | "queue" | "connect" | "portsFor" | "settings" | "now" | "log" | "metrics"
>;

/** Plans the sending of one reaction, if and only if the transaction commits. */
export async function sendJob(
  queue: JobQueue,
  inside: Database,
  { id, installationId }: { readonly id: string; readonly installationId: number },
  notBefore?: number,
): Promise<void> {
  const when = notBefore === undefined ? {} : { notBefore };
  await queue.send("reaction", { reactionId: id }, { key: id, installationId, inside, ...when });
}
