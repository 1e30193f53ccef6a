import { z } from "zod";
import type { JsonValue } from "../core/outcome.ts";

/**
 * GitHub's answers, reduced to what we use and checked at the border: a schema per object and the plain record that
 * the rest of the house sees. Instants are epoch seconds.
 */
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000);

export interface DeploymentRecord {
  readonly id: number;
  readonly sha: string;
  readonly environment: string;
  readonly transient: boolean;
  readonly payload: JsonValue;
  readonly createdAt: number;
}

export const deploymentSchema: z.ZodType<DeploymentRecord> = z
  .object({
    id: z.int(),
    sha: z.string(),
    environment: z.string(),
    transient_environment: z.boolean().nullish(),
    payload: z.union([z.string(), z.json()]).nullish(),
    created_at: instant,
  })
  .transform((raw) => ({
    id: raw.id,
    sha: raw.sha,
    environment: raw.environment,
    transient: raw.transient_environment ?? false,
    payload: parsedPayload(raw.payload),
    createdAt: raw.created_at,
  }));

/** Deploy tools write the payload as an object or as JSON text; both mean the same. */
function parsedPayload(payload: JsonValue | undefined): JsonValue {
  if (typeof payload !== "string") return payload ?? null;
  try {
    return JSON.parse(payload) as JsonValue;
  } catch {
    return payload;
  }
}

export interface DeploymentStatusRecord {
  readonly state: string;
  readonly createdAt: number;
  readonly logUrl: string | null;
}

export const deploymentStatusSchema: z.ZodType<DeploymentStatusRecord> = z
  .object({
    state: z.string(),
    created_at: instant,
    log_url: z.string().nullish(),
    target_url: z.string().nullish(),
  })
  .transform((raw) => ({
    state: raw.state,
    createdAt: raw.created_at,
    logUrl: raw.log_url || raw.target_url || null,
  }));

export interface CheckRunRecord {
  readonly id: number;
  readonly name: string;
  readonly externalId: string | null;
  readonly completed: boolean;
  readonly conclusion: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly appSlug: string | null;
  readonly appId: number | null;
  readonly url: string | null;
}

export const checkRunSchema: z.ZodType<CheckRunRecord> = z
  .object({
    id: z.int(),
    name: z.string(),
    external_id: z.string().nullish(),
    status: z.string(),
    conclusion: z.string().nullish(),
    html_url: z.string().nullish(),
    output: z.object({ title: z.string().nullish(), summary: z.string().nullish(), text: z.string().nullish() }),
    app: z.object({ id: z.int().nullish(), slug: z.string().nullish() }).nullish(),
  })
  .transform((raw) => ({
    id: raw.id,
    name: raw.name,
    externalId: raw.external_id || null,
    completed: raw.status === "completed",
    conclusion: raw.conclusion ?? null,
    title: raw.output.title ?? null,
    summary: raw.output.summary ?? null,
    text: raw.output.text ?? null,
    appSlug: raw.app?.slug ?? null,
    appId: raw.app?.id ?? null,
    url: raw.html_url ?? null,
  }));

export interface PullRequestRecord {
  readonly number: number;
  readonly merged: boolean;
  readonly mergeCommitSha: string | null;
  readonly headSha: string;
  /** owner/name of the repository that the pull request merges into. */
  readonly baseRepository: string;
}

export const pullRequestSchema: z.ZodType<PullRequestRecord> = z
  .object({
    number: z.int(),
    merged_at: z.string().nullish(),
    merge_commit_sha: z.string().nullish(),
    head: z.object({ sha: z.string() }),
    base: z.object({ repo: z.object({ full_name: z.string() }) }),
  })
  .transform((raw) => ({
    number: raw.number,
    merged: typeof raw.merged_at === "string",
    mergeCommitSha: raw.merge_commit_sha ?? null,
    headSha: raw.head.sha,
    baseRepository: raw.base.repo.full_name,
  }));

export interface CommitRecord {
  readonly sha: string;
  readonly message: string;
  /** null when the commit has no date. */
  readonly committedAt: number | null;
}

export const commitSchema: z.ZodType<CommitRecord> = z
  .object({
    sha: z.string(),
    commit: z.object({ message: z.string(), committer: z.object({ date: instant.optional() }).nullish() }),
  })
  .transform((raw) => ({
    sha: raw.sha,
    message: raw.commit.message,
    committedAt: raw.commit.committer?.date ?? null,
  }));

const fileSchema = z.object({ filename: z.string(), previous_filename: z.string().optional() });

/** Old and new path of every file. */
export const filesSchema: z.ZodType<string[]> = z
  .array(fileSchema)
  .transform((files) =>
    files.flatMap((file) =>
      file.previous_filename === undefined ? [file.filename] : [file.filename, file.previous_filename],
    ),
  );

export interface ComparisonRecord {
  /** Of head relative to base. */
  readonly status: "ahead" | "behind" | "identical" | "diverged";
  readonly totalCommits: number;
  readonly commits: readonly CommitRecord[];
  readonly files: readonly string[];
  readonly fileCount: number;
}

export const comparisonSchema: z.ZodType<ComparisonRecord> = z
  .object({
    status: z.enum(["ahead", "behind", "identical", "diverged"]),
    total_commits: z.int(),
    commits: z.array(commitSchema),
    files: z.array(fileSchema).optional(),
  })
  .transform((raw) => ({
    status: raw.status,
    totalCommits: raw.total_commits,
    commits: raw.commits,
    files: filesSchema.parse(raw.files ?? []),
    fileCount: raw.files?.length ?? 0,
  }));

export interface CommentRecord {
  readonly id: number;
  readonly body: string;
  readonly login: string | null;
  readonly url: string | null;
  readonly updatedAt: string;
}

export const commentSchema: z.ZodType<CommentRecord> = z
  .object({
    id: z.int(),
    body: z.string().nullish(),
    user: z.object({ login: z.string() }).nullish(),
    html_url: z.string().nullish(),
    updated_at: z.string(),
  })
  .transform((raw) => ({
    id: raw.id,
    body: raw.body ?? "",
    login: raw.user?.login ?? null,
    url: raw.html_url ?? null,
    updatedAt: raw.updated_at,
  }));

export interface RepositoryFileRecord {
  readonly text: string;
  readonly blobSha: string;
}

export const repositoryFileSchema = z.object({
  type: z.literal("file"),
  encoding: z.string(),
  size: z.int(),
  content: z.string(),
  sha: z.string(),
});
