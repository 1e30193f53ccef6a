import { z } from "zod";
import { DeployImpactError } from "../core/errors.ts";
import { type CallPurpose, type Door, type Permission, translateError } from "./errors.ts";

/** What every group of calls shares: where it goes, what it is for, and that answers are checked at the border. */
export interface Target {
  readonly owner: string;
  readonly repo: string;
}

export function splitRepository(repository: string): Target {
  const [owner, repo, ...rest] = repository.split("/");
  if (!owner || !repo || rest.length > 0) {
    throw new DeployImpactError("USAGE", `"${repository}" is not a repository.`, {
      hint: "Write it as `owner/name`, for example `repository: acme/shop`.",
    });
  }
  return { owner, repo };
}

export async function ask<T>(purpose: CallPurpose, schema: z.ZodType<T>, send: () => Promise<Answer>): Promise<T> {
  const data = await translated(purpose, async () => (await send()).data);
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  // Octokit passes on as text what is not JSON; GitHub sends nothing but JSON here.
  if (typeof data === "string") {
    throw new DeployImpactError(
      "GITHUB_UNAVAILABLE",
      `GitHub's answer was cut off or came from something in between, when asked to ${purpose.doing}.`,
      { hint: purpose.door.unavailable },
    );
  }
  throw new DeployImpactError(
    "GITHUB_REJECTED",
    `GitHub's answer has an unknown shape (${purpose.doing}): ${z.prettifyError(parsed.error)}.`,
    {
      hint: "Check that GITHUB_API_URL points to GitHub or to a GitHub Enterprise Server that is still supported.",
    },
  );
}

export async function translated<T>(purpose: CallPurpose, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw translateError(error, purpose);
  }
}

export type PurposeOf = (permission: Permission, doing: string) => CallPurpose;

export function purposesOf(door: Door): PurposeOf {
  return (permission, doing) => ({ permission, doing, door });
}

interface Answer {
  readonly data: unknown;
}

/** A write that must not be repeated blindly. */
export const ONCE = { request: { retries: 0 } };
