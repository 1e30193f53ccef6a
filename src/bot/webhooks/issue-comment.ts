import { z } from "zod";
import { type CommentContext, onCommand } from "../commands/comment.ts";
import { parseCommand } from "../commands/grammar.ts";
import { addRepository } from "../store/installations.ts";
import type { DeliveryHandler } from "./contract.ts";
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
    const { repository, action, receivedAt } = delivery;
    if (action !== "created") return "not a new comment";
    if (repository === null) return "no repository";
    const { comment, issue, sender } = payloadOf(delivery, created);
    const parsed = parseCommand(comment.body ?? "");
    if (parsed.kind === "none") return "no command";
    const author = comment.user ?? sender;
    if ([author, sender].some(({ login, type }) => type === "Bot" || login.endsWith("[bot]")))
      return "written by a bot";
    await addRepository(context.database, repository);
    return onCommand(context, {
      tenant: repository,
      conversation: { number: issue.number, isPullRequest: issue.pull_request != null, url: issue.html_url },
      commentId: comment.id,
      actor: author.login,
      at: receivedAt,
      parsed,
    });
  };
}
