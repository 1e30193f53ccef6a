import { z } from "zod";
import { type CommentContext, type CommentedCommand, onCommand } from "../commands/comment.ts";
import { parseCommand } from "../commands/grammar.ts";
import { addRepository } from "../store/installations.ts";
import type { Delivery, DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const person = z.object({ login: z.string(), type: z.string().nullish() });

const created = z.object({
  comment: z.object({ id: z.int(), body: z.string().nullish(), user: person.nullish() }),
  issue: z.object({ number: z.int(), html_url: z.string(), pull_request: z.looseObject({}).nullish() }),
  sender: person,
});

/** `issue_comment.created`: a command, when its first line is one and a person wrote it. Edits are never read. */
export function issueCommentHandler(context: CommentContext): DeliveryHandler {
  return async (delivery) => {
    const { repository } = delivery;
    if (repository === null) return "no repository";
    const asked = commandIn(delivery);
    if (typeof asked === "string") return asked;
    await addRepository(context.database, repository, delivery.receivedAt);
    return onCommand(context, { ...asked, tenant: repository });
  };
}

/** What a comment asks for; a text says why it asks for nothing. */
export function commandIn(delivery: Delivery): Omit<CommentedCommand, "tenant"> | string {
  if (delivery.action !== "created") return "not a new comment";
  const { comment, issue, sender } = payloadOf(delivery, created);
  const parsed = parseCommand(comment.body ?? "");
  if (parsed.kind === "none") return "no command";
  const author = comment.user ?? sender;
  const isBot = [author, sender].some(({ login, type }) => type === "Bot" || login.endsWith("[bot]"));
  if (isBot) return "written by a bot";
  return {
    conversation: { number: issue.number, isPullRequest: issue.pull_request != null, url: issue.html_url },
    commentId: comment.id,
    actor: author.login,
    at: delivery.receivedAt,
    parsed,
  };
}
