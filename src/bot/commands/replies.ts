import type { GithubApi } from "../../github/api.ts";
import { syncComment } from "../../github/comments.ts";

/** Comments that answer commands. Each begins with a line that finds it again, and only our own count. */

export type ReplyPort = Pick<GithubApi, "listComments" | "createComment" | "updateComment" | "deleteComment">;

export interface Place {
  readonly issue: number;
  /** Under which name we write; null: not known, so nothing of ours can be told from what others wrote. */
  readonly login: string | null;
}

const answerMarker = (commentId: number): string => `<!-- deploy-impact:answer v1 to=${commentId} -->`;

/** One answer to one comment. `isRepeated`: an earlier try may have posted it, so it is looked for first. */
export async function answer(
  api: ReplyPort,
  { issue, login }: Place,
  given: { readonly to: number; readonly text: string; readonly isRepeated: boolean },
): Promise<void> {
  const marker = answerMarker(given.to);
  if (given.isRepeated && login !== null) {
    const known = (await api.listComments(issue)).some((one) => one.login === login && one.body.startsWith(marker));
    if (known) return;
  }
  await api.createComment(issue, `${marker}\n${given.text}\n`);
}

/**
 * A comment of which a conversation has one, like the standing of all environments: what it said before is replaced.
 * `atTheEnd`: it moves there, where whoever asked is reading.
 */
export async function standing(
  api: ReplyPort,
  { issue, login }: Place,
  given: { readonly marker: string; readonly text: string; readonly atTheEnd: boolean },
): Promise<void> {
  const body = `${given.marker}\n${given.text}\n`;
  if (login === null) {
    await api.createComment(issue, body);
    return;
  }
  const key = { pullRequest: issue, marker: given.marker, login };
  const ours = (await api.listComments(issue)).filter(
    (one) => one.login === login && one.body.startsWith(given.marker),
  );
  const existing = ours.toSorted((a, b) => b.id - a.id)[0] ?? null;
  await syncComment(api, key, { body, existing, repost: existing !== null && given.atTheEnd });
}
