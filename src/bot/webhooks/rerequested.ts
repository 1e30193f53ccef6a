import { z } from "zod";
import type { BotContext } from "../context.ts";
import { addAmendment } from "../store/amendments.ts";
import { analysisOfCheck, analysisOfSubject } from "../store/analyses.ts";
import { planLook } from "../store/analysis-changes.ts";
import type { DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const rerequested = z.object({
  check_run: z.object({ id: z.int(), external_id: z.string().nullish() }),
  sender: z.object({ login: z.string() }),
});

/** `check_run.rerequested`: the same plan once more, in a new check run. GitHub shows the button to those who may write. */
export function rerequestedHandler({ database, queue }: Pick<BotContext, "database" | "queue">): DeliveryHandler {
  return async (delivery) => {
    const { repository, receivedAt } = delivery;
    if (repository === null) return "no repository";
    const { check_run: run, sender } = payloadOf(delivery, rerequested);
    const analysis =
      (await analysisOfCheck(database, repository, run.id)) ??
      (await analysisOfSubject(database, repository, run.external_id ?? ""));
    if (analysis === null) return "not a check of an analysis";
    const { id, tenant } = analysis;
    const { installationId } = tenant;
    return database.transaction(async (inside) => {
      const amendment = { kind: "rerun" as const, actor: sender.login, at: receivedAt };
      const isNew = await addAmendment(inside, tenant, {
        analysisId: id,
        amendment,
        origin: `delivery:${delivery.id}`,
      });
      if (!isNew) return "asked before";
      await planLook(inside, tenant, id, receivedAt);
      await queue.send("judge", { analysisId: id }, { key: id, installationId, inside });
      return `analysis ${id} again`;
    });
  };
}
