import type { BotContext } from "../context.ts";
import type { AppAccess } from "../github/app.ts";
import { knownDeliveries } from "../store/deliveries.ts";
import { KEPT } from "../webhooks/trim.ts";

/** GitHub keeps what it tried to deliver for three days. */
const KEPT_SECONDS = 3 * 86_400;
/** What was sent a moment ago may still be on its way. */
const ON_ITS_WAY = 120;
/** A webhook that failed this often is one that we cannot take. */
const MOST_ATTEMPTS = 5;
/** Asked for again in one go; the rest follows at the next one. */
const MOST_AT_ONCE = 200;

/**
 * Asks GitHub for the webhooks that it could not deliver while nobody answered: it does not send them again by
 * itself. What counts is whether a webhook is in our store, not what GitHub thinks became of it.
 */
export async function askForMissed(
  { database, now, log }: Pick<BotContext, "database" | "now" | "log">,
  app: Pick<AppAccess, "deliveriesSince" | "deliverAgain">,
): Promise<number> {
  const since = now() / 1000 - KEPT_SECONDS;
  const listed = await app.deliveriesSince(since).catch((error: unknown) => {
    // An older Enterprise Server has no such list.
    if ((error as { status?: unknown }).status === 404) return [];
    throw error;
  });
  const sent = listed.filter(({ event, installationId }) => Object.hasOwn(KEPT, event) && installationId !== null);
  const known = await knownDeliveries(database, [...new Set(sent.map(({ guid }) => guid))]);
  const missed = new Map<string, typeof sent>();
  for (const one of sent) if (!known.has(one.guid)) missed.set(one.guid, [...(missed.get(one.guid) ?? []), one]);
  let asked = 0;
  for (const attempts of missed.values()) {
    const newest = Math.max(...attempts.map(({ at }) => at));
    const [first] = attempts;
    if (first === undefined || attempts.length >= MOST_ATTEMPTS || newest > now() / 1000 - ON_ITS_WAY) continue;
    if (asked >= MOST_AT_ONCE) break;
    await app.deliverAgain(first.id);
    asked += 1;
  }
  if (asked > 0) log.warning("Webhooks that did not arrive were asked for again", { webhooks: asked });
  return asked;
}
