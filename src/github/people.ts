import { z } from "zod";
import { DeployImpactError } from "../core/errors.ts";
import { ask, type PurposeOf, type Target, translated } from "./ask.ts";
import type { Octokit } from "./client.ts";

/** What a person may do in a repository, least first. */
export const ACCESS_LEVELS = ["none", "read", "triage", "write", "maintain", "admin"] as const;
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

export interface Access {
  readonly level: AccessLevel;
  /** The role's own name; a custom one says nothing about the level. */
  readonly role: string;
}

export function reaches({ level }: Access, needed: AccessLevel): boolean {
  return ACCESS_LEVELS.indexOf(level) >= ACCESS_LEVELS.indexOf(needed);
}

export type ReactionContent = "eyes" | "rocket" | "confused";

export interface OwnReaction {
  readonly id: number;
  /** Under which name we react and comment; null: GitHub did not say. */
  readonly login: string | null;
}

export interface PeopleCalls {
  /** Never decided from `author_association`, which says what somebody is called and not what they may do. */
  readonly getAccess: (login: string) => Promise<Access>;
  /** Ours; the same one when it is there already. */
  readonly createReaction: (commentId: number, content: ReactionContent) => Promise<OwnReaction>;
  readonly deleteReaction: (commentId: number, reactionId: number) => Promise<void>;
}

const flags = z.object({
  pull: z.boolean(),
  triage: z.boolean().optional(),
  push: z.boolean(),
  maintain: z.boolean().optional(),
  admin: z.boolean(),
});

/**
 * The flags count when they are there: they are the only ones that tell triage from read under a custom role. Else the
 * name of the role, if it is one of GitHub's own, else the base level (where triage is `read` and maintain `write`).
 */
const accessSchema: z.ZodType<Access> = z
  .object({
    permission: z.string(),
    role_name: z.string().nullish(),
    user: z.object({ permissions: flags.optional() }).nullish(),
  })
  .transform(({ permission, role_name, user }) => ({
    role: role_name ?? permission,
    level:
      user?.permissions === undefined
        ? (levelNamed(role_name) ?? levelNamed(permission) ?? "none")
        : levelOf(user.permissions),
  }));

function levelOf({ admin, maintain, push, triage, pull }: z.infer<typeof flags>): AccessLevel {
  if (admin) return "admin";
  if (maintain) return "maintain";
  if (push) return "write";
  if (triage) return "triage";
  return pull ? "read" : "none";
}

function levelNamed(name: string | null | undefined): AccessLevel | null {
  return ACCESS_LEVELS.find((level) => level === name) ?? null;
}

export function peopleCalls(octokit: Octokit, target: Target, purpose: PurposeOf): PeopleCalls {
  const reacting = purpose("comments", "react to the comment");
  return {
    getAccess: async (login) => {
      try {
        return await ask(purpose("metadata", "read what a person may do in the repository"), accessSchema, () =>
          octokit.rest.repos.getCollaboratorPermissionLevel({ ...target, username: login }),
        );
      } catch (error) {
        if (error instanceof DeployImpactError && error.code === "GITHUB_NOT_FOUND")
          return { level: "none", role: "none" };
        throw error;
      }
    },
    createReaction: async (commentId, content) => {
      const schema = z.object({ id: z.int(), user: z.object({ login: z.string() }).nullish() });
      const made = await ask(reacting, schema, () =>
        octokit.rest.reactions.createForIssueComment({ ...target, comment_id: commentId, content }),
      );
      return { id: made.id, login: made.user?.login ?? null };
    },
    deleteReaction: async (commentId, reactionId) => {
      await translated(reacting, () =>
        octokit.rest.reactions.deleteForIssueComment({ ...target, comment_id: commentId, reaction_id: reactionId }),
      );
    },
  };
}
