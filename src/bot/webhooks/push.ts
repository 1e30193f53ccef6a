import { z } from "zod";
import type { BotContext } from "../context.ts";
import { addOutcome, judgedCommits, judgedPullRequest } from "../store/outcomes.ts";
import type { DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const pushed = z.object({
  ref: z.string(),
  commits: z.array(z.object({ id: z.string(), message: z.string(), timestamp: z.string() })).nullish(),
});

/** As git writes it; the digits may be shortened by hand. */
const REVERTED_COMMIT = /\bThis reverts commit ([0-9a-f]{7,64})\b/gi;

/** Longest part of a commit's message that is looked at and kept, characters. */
const MESSAGE_LENGTH = 10_000;
const NOTE_LENGTH = 200;

/** What a commit message says it takes back. */
export function revertsIn(
  message: string,
  repository: string,
): { readonly commits: readonly string[]; readonly pullRequests: readonly number[] } {
  const text = message.slice(0, MESSAGE_LENGTH);
  const commits = [...text.matchAll(REVERTED_COMMIT)].flatMap(([, sha]) =>
    sha === undefined ? [] : [sha.toLowerCase()],
  );
  // As GitHub's button writes it.
  const pulls = [...text.matchAll(/\bReverts ([\w.-]+\/[\w.-]+)?#(\d{1,9})\b/gi)].flatMap(([, where, number]) =>
    where === undefined || where.toLowerCase() === repository.toLowerCase() ? [Number(number)] : [],
  );
  return { commits: [...new Set(commits)], pullRequests: [...new Set(pulls)] };
}

/** `push` to the default branch: a revert of a deployed commit is how that deploy turned out. */
export function pushHandler({ database }: Pick<BotContext, "database">): DeliveryHandler {
  return async (delivery) => {
    const { repository } = delivery;
    if (repository === null) return "no repository";
    const { ref, commits } = payloadOf(delivery, pushed);
    if (ref !== `refs/heads/${repository.defaultBranch}`) return "not the default branch";
    let noted = 0;
    for (const { id, message, timestamp } of commits ?? []) {
      const reverts = revertsIn(message, repository.repository);
      const judged = await judgedCommits(database, repository, reverts.commits);
      const merged = await Promise.all(
        reverts.pullRequests.map((number) => judgedPullRequest(database, repository, number)),
      );
      const [subject = ""] = message.split("\n");
      for (const sha of new Set([...judged, ...merged.flat()])) {
        const at = Date.parse(timestamp) / 1000;
        const isNew = await addOutcome(database, repository, {
          environment: null,
          sha,
          kind: "reverted",
          origin: `commit:${id}`,
          note: subject.slice(0, NOTE_LENGTH),
          at: Number.isFinite(at) ? at : delivery.receivedAt,
        });
        if (isNew) noted += 1;
      }
    }
    return `${noted} reverts of judged commits`;
  };
}
