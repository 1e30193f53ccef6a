import type { BotContext } from "../context.ts";
import type { JobHandler } from "../jobs/contract.ts";
import { finishDelivery, pendingDelivery } from "../store/deliveries.ts";
import type { DeliveryHandler, DeliveryHandlers } from "./contract.ts";

/** The job behind every webhook: hands it to the handler of its event, and notes what that did. */
export function deliveryJob(
  context: Pick<BotContext, "database" | "now" | "log">,
  handlers: DeliveryHandlers,
): JobHandler<"delivery"> {
  const byEvent = new Map<string, DeliveryHandler>(Object.entries(handlers));
  return async ({ deliveryId }) => {
    const delivery = await pendingDelivery(context.database, deliveryId);
    if (delivery === null) return;
    const handle = byEvent.get(delivery.event);
    const outcome = handle === undefined ? "no handler" : await handle(delivery);
    await finishDelivery(context.database, deliveryId, outcome, context.now() / 1000);
    context.log.info("Webhook", {
      delivery: deliveryId,
      event: delivery.event,
      action: delivery.action,
      repository: delivery.repository?.repository ?? null,
      outcome,
    });
  };
}
