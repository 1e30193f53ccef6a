import type { BotContext } from "./context.ts";
import type { JobData, JobHandlers, JobName } from "./jobs/contract.ts";
import { finishDelivery } from "./store/deliveries.ts";

/** What a room does about a job of its own that was given up; a job whose failure nobody waits for has none. */
export type LastWords = {
  readonly [N in JobName]?: (data: JobData[N], reason: string) => Promise<void>;
};

/** A job that failed at every try: the log says it, and whoever waits for it is told where they look. */
export function deadLetters(
  context: Pick<BotContext, "database" | "now" | "log">,
  words: LastWords,
): JobHandlers["dead"] {
  const all: LastWords = {
    ...words,
    // A webhook that cannot be handled is over: it would otherwise be sent again for ever.
    delivery: async (data, reason) => {
      await words.delivery?.(data, reason);
      await finishDelivery(context.database, data.deliveryId, `given up: ${reason}`, context.now() / 1000);
    },
  };
  return async (name, data, reason) => {
    context.log.error("A job was given up", { job: name, ...data, reason });
    const say = all[name] as ((data: JobData[JobName], reason: string) => Promise<void>) | undefined;
    await say?.(data, reason);
  };
}
