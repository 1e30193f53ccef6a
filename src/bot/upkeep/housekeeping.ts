import type { BotContext } from "../context.ts";
import type { AppAccess } from "../github/app.ts";
import type { JobHandler, JobName } from "../jobs/contract.ts";
import type { OpenQueue } from "../jobs/queue.ts";
import { overdueAnalyses } from "../store/analyses.ts";
import { overdueGates } from "../store/gates.ts";
import { deleteOver, lostReactions, type Overdue, unhandledDeliveries } from "../store/retention.ts";
import { askForMissed } from "./missed.ts";

type UpkeepContext = Pick<BotContext, "database" | "settings" | "now" | "log"> & {
  readonly queue: Pick<OpenQueue, "send" | "unfinished">;
  readonly app: Pick<AppAccess, "deliveriesSince" | "deliverAgain">;
};

/** How often it runs, seconds. */
export const UPKEEP_PERIOD = 600;

/** What should have happened this long ago and did not is looked for, seconds. */
const PATIENCE = 300;
const MOST = 1000;
/** GitHub can send a webhook again for three days; its id is kept for longer than that. */
const DELIVERIES_KEPT = 30 * 86_400;

/** Runs now and then: deletes what is over, and sends jobs again that were lost with a restored backup or a fault. */
export function housekeepingJob(context: UpkeepContext): JobHandler<"housekeeping"> {
  return async (_data, { signal }) => {
    const tasks = [() => retain(context), () => sendLost(context), () => askForMissed(context, context.app)];
    const failures: Error[] = [];
    for (const task of tasks) {
      if (signal.aborted) return;
      // One that fails must not keep the others from being done.
      await task().catch((error: Error) => failures.push(error));
    }
    const [first] = failures;
    if (first !== undefined) throw first;
  };
}

/** Has one waiting for the end of this period, however many processes ask for it. */
export async function scheduleHousekeeping({ queue, now }: Pick<BotContext, "queue" | "now">): Promise<void> {
  const notBefore = Math.ceil(now() / 1000 / UPKEEP_PERIOD) * UPKEEP_PERIOD;
  await queue.send("housekeeping", {}, { key: "housekeeping", notBefore });
}

async function retain({ database, settings, now, log }: UpkeepContext): Promise<void> {
  const moment = now() / 1000;
  const before = moment - settings.retention;
  const deleted = {
    analyses: await deleteOver(database, "analyses", before),
    gates: await deleteOver(database, "gates", before),
    outcomes: await deleteOver(database, "outcomes", before),
    commands: await deleteOver(database, "commands", moment - Math.min(settings.retention, DELIVERIES_KEPT)),
    // Ids alone by then; without them everything that GitHub still lists would be asked for again.
    deliveries: await deleteOver(database, "deliveries", moment - DELIVERIES_KEPT),
    web_sessions: await deleteOver(database, "web_sessions", moment),
  };
  if (Object.values(deleted).some((count) => count > 0)) log.info("Deleted what was kept long enough", deleted);
}

async function sendLost({ database, queue, now, log }: UpkeepContext): Promise<void> {
  const before = now() / 1000 - PATIENCE;
  const again = async <N extends JobName>(
    name: N,
    rows: readonly Overdue[],
    send: (row: Overdue) => Promise<void>,
  ): Promise<void> => {
    const unfinished = await queue.unfinished(
      name,
      rows.map((row) => row.id),
    );
    const lost = rows.filter((row) => !unfinished.has(row.id));
    for (const row of lost) await send(row);
    if (lost.length > 0) log.warning("Jobs that were lost are sent again", { job: name, jobs: lost.length });
  };
  const to = ({ id, installationId }: Overdue) => ({ key: id, installationId });
  await again("delivery", await unhandledDeliveries(database, before, MOST), (row) =>
    queue.send("delivery", { deliveryId: row.id }, to(row)),
  );
  await again("judge", await overdueAnalyses(database, before, MOST), (row) =>
    queue.send("judge", { analysisId: row.id }, to(row)),
  );
  await again("gate", await overdueGates(database, before, MOST), (row) =>
    queue.send("gate", { gateId: row.id }, to(row)),
  );
  await again("reaction", await lostReactions(database, before, MOST), (row) =>
    queue.send("reaction", { reactionId: row.id }, to(row)),
  );
}
