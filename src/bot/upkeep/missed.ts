import type { BotContext } from "../context.ts";
import type { AppAccess } from "../github/app.ts";
import { knownDeliveries } from "../store/deliveries.ts";
import { noteTaskDone, taskDoneAt } from "../store/upkeep.ts";
import { isHandled } from "../webhooks/trim.ts";

/** GitHub keeps what it tried to deliver for three days. */
const KEPT_SECONDS = 3 * 86_400;
/** What was sent a moment ago may still be on its way. */
const ON_ITS_WAY = 120;
/** A webhook that failed this often is one that we cannot take. */
const MOST_ATTEMPTS = 5;
/** Asked for again in one go; the rest follows at the next one. */
const MOST_AT_ONCE = 500;
/** A look begins so long before the last complete one, so that it sees all attempts of what is being tried again. */
const OVERLAP = 3600;
const TASK = "ask for missed webhooks";

/**
 * Asks GitHub for the webhooks that it could not deliver while nobody answered: it does not send them again by
 * itself. What counts is whether a webhook is in our store, not what GitHub thinks became of it.
 */
export async function askForMissed(
  { database, now, log }: Pick<BotContext, "database" | "now" | "log">,
  app: Pick<AppAccess, "deliveriesSince" | "deliverAgain">,
): Promise<number> {
  const began = now() / 1000;
  const last = await taskDoneAt(database, TASK);
  const since = Math.max(began - KEPT_SECONDS, (last ?? 0) - OVERLAP);
  const listed = await app.deliveriesSince(since).catch((error: unknown) => {
    // An older Enterprise Server has no such list.
    if ((error as { status?: unknown }).status === 404) return [];
    throw error;
  });
  const sent = listed.filter(
    ({ event, action, installationId }) => isHandled(event, action) && installationId !== null,
  );
  const known = await knownDeliveries(database, [...new Set(sent.map(({ guid }) => guid))]);
  const missed = new Map<string, typeof sent>();
  for (const one of sent) if (!known.has(one.guid)) missed.set(one.guid, [...(missed.get(one.guid) ?? []), one]);
  let asked = 0;
  let isComplete = true;
  for (const attempts of missed.values()) {
    const newest = Math.max(...attempts.map(({ at }) => at));
    const [first] = attempts;
    // Without the first attempt it was tried for an hour already: the later ones alone would begin to count anew.
    if (
      first === undefined ||
      !attempts.some(({ isFirst }) => isFirst) ||
      attempts.length >= MOST_ATTEMPTS ||
      newest > now() / 1000 - ON_ITS_WAY
    )
      continue;
    if (asked >= MOST_AT_ONCE) {
      isComplete = false;
      break;
    }
    await app.deliverAgain(first.id);
    asked += 1;
  }
  if (isComplete) await noteTaskDone(database, TASK, began);
  if (asked > 0) log.warning("Webhooks that did not arrive were asked for again", { webhooks: asked });
  return asked;
}
