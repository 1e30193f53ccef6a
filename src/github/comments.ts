import type { GithubApi } from "./api.ts";
import { createOnce } from "./create-once.ts";
import type { CommentRecord } from "./records.ts";

/** The one comment of an environment on a pull request: our marker in its first line AND written by us. */
export interface CommentKey {
  readonly pullRequest: number;
  readonly marker: string;
  /** Login of the token's owner; a marker by anybody else is ignored. */
  readonly login: string;
}

/** Newest first; more than one only when a process died between posting one and deleting the one before. */
export async function findComments(
  api: Pick<GithubApi, "listComments">,
  key: CommentKey,
): Promise<readonly CommentRecord[]> {
  const ours = (await api.listComments(key.pullRequest)).filter(
    (comment) => comment.login === key.login && comment.body.startsWith(key.marker),
  );
  return ours.toSorted((a, b) => b.id - a.id);
}

/** null: there is none. The newest counts when there are several. */
export async function findComment(
  api: Pick<GithubApi, "listComments">,
  key: CommentKey,
): Promise<CommentRecord | null> {
  return (await findComments(api, key))[0] ?? null;
}

type CommentPort = Pick<GithubApi, "listComments" | "createComment" | "updateComment" | "deleteComment">;

export interface WrittenComment {
  readonly id: number;
  readonly did: "created" | "updated" | "unchanged" | "reposted";
}

/**
 * Brings the comment to `body`: silent when it says so already, edited in place otherwise. `repost` deletes and posts
 * it again, because an edit notifies nobody.
 */
export async function syncComment(
  api: CommentPort,
  key: CommentKey,
  wanted: { readonly body: string; readonly existing: CommentRecord | null; readonly repost: boolean },
): Promise<WrittenComment> {
  const { body, existing, repost } = wanted;
  if (existing !== null && withoutRun(existing.body) === withoutRun(body)) return { id: existing.id, did: "unchanged" };
  if (existing !== null && !repost) {
    await api.updateComment(existing.id, body);
    return { id: existing.id, did: "updated" };
  }
  const created = await createOnce(
    () => api.createComment(key.pullRequest, body),
    async () => {
      const found = await findComment(api, key);
      return found === null || found.id === existing?.id ? null : found;
    },
  );
  // The new one first: when the second step fails, two comments are better than none.
  if (existing !== null) await api.deleteComment(existing.id);
  return { id: created.id, did: existing === null ? "created" : "reposted" };
}

/**
 * The footer and the links name the run that wrote them; a comment that differs only there says nothing new. GitHub
 * keeps line ends as they were sent.
 */
function withoutRun(body: string): string {
  return body
    .replaceAll("\r\n", "\n")
    .replace(/<sub>[\s\S]*?<\/sub>/g, "")
    .replace(/\/actions\/runs\/\d+/g, "")
    .trimEnd();
}
