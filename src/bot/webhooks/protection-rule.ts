import { z } from "zod";
import type { BotContext } from "../context.ts";
import { deadlineOf } from "../gate/schedule.ts";
import { requestGate } from "../store/gates.ts";
import { addRepository } from "../store/installations.ts";
import type { DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const requested = z.object({
  environment: z.string().min(1),
  deployment_callback_url: z.string(),
  sha: z.string().nullish(),
  deployment: z.object({ id: z.int(), sha: z.string() }).nullish(),
});

type Requested = z.infer<typeof requested>;

export type ProtectionRuleContext = Pick<BotContext, "database" | "queue" | "settings" | "log">;

/** `deployment_protection_rule.requested`: writes the question down and lets the gate's job answer it. */
export function protectionRuleHandler(context: ProtectionRuleContext): DeliveryHandler {
  return async (delivery) => {
    const { repository, action, receivedAt } = delivery;
    if (action !== "requested") return "not a request";
    if (repository === null) return "no repository";
    const payload = payloadOf(delivery, requested);
    const runId = runOfCallback(payload.deployment_callback_url, context.settings.apiUrl, repository.repository);
    if (runId === null) {
      context.log.warning(
        "A deployment protection rule names a callback that is not this GitHub's; it is not answered.",
        {
          repository: repository.repository,
          delivery: delivery.id,
        },
      );
      return "refused: the callback is not this repository's on this GitHub";
    }
    const sha = commitOf(payload);
    if (sha === null) return "refused: no commit";
    const { installationId } = repository;
    return context.database.transaction(async (inside) => {
      await addRepository(inside, repository, receivedAt);
      const gateId = await requestGate(inside, repository, {
        runId,
        environment: payload.environment,
        deploymentId: payload.deployment?.id ?? null,
        sha,
        requestedAt: receivedAt,
        deadline: deadlineOf(receivedAt),
      });
      if (gateId === null) return "asked before";
      await context.queue.send("gate", { gateId }, { key: gateId, installationId, inside });
      return `gate ${gateId}`;
    });
  };
}

/** The deployment's commit is what will run; the event's own is that of the workflow. */
function commitOf({ deployment, sha }: Requested): string | null {
  const commit = deployment?.sha ?? sha ?? "";
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(commit) ? commit.toLowerCase() : null;
}

/**
 * The run's id, when the callback is exactly the call that we would make ourselves; we never send to the address that
 * the event names. null: another host, another repository, or another path.
 */
export function runOfCallback(callback: string, apiUrl: string, repository: string): number | null {
  if (!URL.canParse(callback)) return null;
  const url = new URL(callback);
  const base = new URL(`${apiUrl.replace(/\/+$/, "")}/`);
  if (url.origin !== base.origin || url.username !== "" || url.password !== "") return null;
  if (url.search !== "" || url.hash !== "") return null;
  const start = `${base.pathname}repos/${repository}/actions/runs/`.toLowerCase();
  if (!url.pathname.toLowerCase().startsWith(start)) return null;
  const run = /^(\d{1,15})\/deployment_protection_rule$/.exec(url.pathname.slice(start.length))?.[1];
  return run === undefined ? null : Number(run);
}
