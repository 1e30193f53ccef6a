import { asError } from "../../app/judge/session.ts";
import { errorReference } from "../../report/views/notices.ts";
import type { BotContext } from "../context.ts";
import { claimCommand, finishCommand } from "../store/commands.ts";
import { pendingDelivery } from "../store/deliveries.ts";
import { commandIn } from "../webhooks/issue-comment.ts";
import { failedAnswer } from "./answers.ts";
import { answer } from "./replies.ts";

/** A command that failed at every try: whoever gave it is told, under a code that the log knows as well. */
export async function commandIsDead(
  context: Pick<BotContext, "database" | "connect" | "log">,
  deliveryId: string,
  reason: string,
): Promise<void> {
  const delivery = await pendingDelivery(context.database, deliveryId);
  if (delivery === null || delivery.event !== "issue_comment" || delivery.repository === null) return;
  const asked = commandIn(delivery);
  if (typeof asked === "string") return;
  const { commentId, actor, conversation, parsed } = asked;
  const tenant = delivery.repository;
  const command = parsed.kind === "command" ? parsed.command.name : "mistake";
  const issue = conversation.number;
  const origin = `comment:${commentId}`;
  const claimed = await claimCommand(context.database, tenant, {
    issue,
    origin,
    actor,
    command,
    at: delivery.receivedAt,
  });
  if (claimed === null) return;
  const code = errorReference(reason);
  context.log.error("a command was given up", { repository: tenant.repository, code });
  try {
    const api = (await context.connect(tenant)).api(tenant.repository);
    const { login } = await api.createReaction(commentId, "confused");
    await answer(api, { issue, login }, { to: commentId, text: failedAnswer(code), isRepeated: true });
  } catch (error) {
    const known = asError(error);
    if (known.retryable) throw error;
    context.log.warning(`Nobody could be told: ${known.message}`, { code: known.code });
  }
  await finishCommand(context.database, tenant, claimed.id, { outcome: "failed", answered: true });
}
