import { z } from "zod";
import { DeployImpactError } from "../core/errors.ts";
import { ask, ONCE, type PurposeOf, purposesOf, splitRepository, type Target, translated } from "./ask.ts";
import type { GithubClient, Octokit } from "./client.ts";
import { type DispatchCalls, dispatchCalls } from "./dispatches.ts";
import { DOORS, type Door } from "./errors.ts";
import { type GateCalls, gateCalls } from "./gates.ts";
import { type IssueCalls, issueCalls } from "./issues.ts";
import { CONTENT_BYTES, PAGE_SIZE } from "./limits.ts";
import { type PeopleCalls, peopleCalls } from "./people.ts";
import {
  type CheckRunRecord,
  type CommentRecord,
  type CommitRecord,
  type ComparisonRecord,
  checkRunSchema,
  commentSchema,
  commitSchema,
  comparisonSchema,
  type DeploymentRecord,
  type DeploymentStatusRecord,
  deploymentSchema,
  deploymentStatusSchema,
  filesSchema,
  type PullRequestRecord,
  pullRequestSchema,
  type RepositoryFileRecord,
  repositoryFileSchema,
} from "./records.ts";

export interface CheckOutput {
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
}

/** A button of a check run; a click comes back as `check_run` with `requested_action`. */
export interface CheckAction {
  /** At most 20 characters. */
  readonly label: string;
  /** At most 40 characters. */
  readonly description: string;
  /** At most 20 characters. */
  readonly identifier: string;
}

export type CheckConclusion = "success" | "failure" | "neutral" | "skipped" | "cancelled";

/** A PATCH has no `head_sha` and no `name`; that is why create and update are two types. */
export interface CheckUpdate {
  readonly output: CheckOutput;
  readonly conclusion?: CheckConclusion;
  readonly detailsUrl?: string;
  /** At most three. */
  readonly actions?: readonly CheckAction[];
}

export interface CheckCreation extends CheckUpdate {
  readonly name: string;
  readonly headSha: string;
  readonly externalId: string;
}

/**
 * The calls of one repository. Functions take the few they need (`Pick<GithubApi, "listComments">`), so that a test
 * gives two functions instead of a client.
 */
export interface GithubApi extends GateCalls, PeopleCalls, DispatchCalls, IssueCalls {
  /** owner/name */
  readonly repository: string;
  /** Requests left of the run's budget. */
  readonly remaining: () => number;
  readonly getFile: (path: string) => Promise<RepositoryFileRecord>;
  readonly isPrivate: () => Promise<boolean>;
  readonly listDeployments: (filter: DeploymentFilter) => Promise<DeploymentRecord[]>;
  readonly listDeploymentStatuses: (id: number) => Promise<DeploymentStatusRecord[]>;
  readonly listCheckRuns: (filter: { readonly ref: string; readonly name?: string }) => Promise<CheckRunRecord[]>;
  readonly createCheckRun: (creation: CheckCreation) => Promise<CheckRunRecord>;
  readonly updateCheckRun: (id: number, update: CheckUpdate) => Promise<CheckRunRecord>;
  readonly listCommits: (filter: { readonly since: number; readonly page?: number }) => Promise<CommitRecord[]>;
  readonly getCommit: (sha: string) => Promise<CommitRecord>;
  readonly compare: (base: string, head: string) => Promise<ComparisonRecord>;
  readonly listPullRequestsOfCommit: (sha: string) => Promise<PullRequestRecord[]>;
  readonly listClosedPullRequests: () => Promise<PullRequestRecord[]>;
  readonly getPullRequest: (number: number) => Promise<PullRequestRecord>;
  readonly listPullRequestFiles: (number: number) => Promise<string[]>;
  readonly listComments: (number: number) => Promise<CommentRecord[]>;
  readonly createComment: (number: number, body: string) => Promise<CommentRecord>;
  readonly updateComment: (id: number, body: string) => Promise<CommentRecord>;
  readonly deleteComment: (id: number) => Promise<void>;
  /** Login of the person behind the token; an installation token has none. */
  readonly getLogin: () => Promise<string>;
}

export interface DeploymentFilter {
  readonly environment?: string;
  readonly sha?: string;
  readonly page?: number;
}

/** `door`: who the hints of failures speak to; left out: people who write workflows. */
export function apiFor(
  client: Pick<GithubClient, "octokit" | "remaining">,
  repository: string,
  door: Door = DOORS.workflow,
): GithubApi {
  const target = splitRepository(repository);
  const purpose = purposesOf(door);
  const { octokit } = client;
  return {
    repository,
    remaining: client.remaining,
    ...repositoryCalls(octokit, target, purpose),
    ...deploymentCalls(octokit, target, purpose),
    ...checkCalls(octokit, target, purpose),
    ...commitCalls(octokit, target, purpose),
    ...pullRequestCalls(octokit, target, purpose),
    ...commentCalls(octokit, target, purpose),
    ...gateCalls(octokit, target, purpose),
    ...dispatchCalls(octokit, target, purpose),
    ...issueCalls(octokit, target, purpose),
    ...peopleCalls(octokit, target, purpose),
  };
}

function repositoryCalls(
  octokit: Octokit,
  target: Target,
  purpose: PurposeOf,
): Pick<GithubApi, "getFile" | "isPrivate" | "getLogin"> {
  return {
    getFile: async (path) => {
      const why = purpose("contents", `read \`${path}\` on the default branch`);
      const file = await ask(why, repositoryFileSchema, () => octokit.rest.repos.getContent({ ...target, path }));
      if (file.encoding !== "base64") {
        throw new DeployImpactError(
          "FILE_UNREADABLE",
          `\`${path}\` has ${file.size} bytes; GitHub shows at most ${CONTENT_BYTES}.`,
          {
            hint: "Make the config a text file of that size at most.",
          },
        );
      }
      return { text: Buffer.from(file.content, "base64").toString("utf8"), blobSha: file.sha };
    },
    isPrivate: async () => {
      const schema = z.object({ private: z.boolean() });
      const why = purpose("metadata", "read the repository");
      return (await ask(why, schema, () => octokit.rest.repos.get({ ...target }))).private;
    },
    getLogin: async () => {
      const schema = z.object({ login: z.string() });
      const why = purpose("metadata", "read who the token belongs to");
      return (await ask(why, schema, () => octokit.rest.users.getAuthenticated())).login;
    },
  };
}

type DeploymentCalls = Pick<GithubApi, "listDeployments" | "listDeploymentStatuses">;

function deploymentCalls(octokit: Octokit, target: Target, purpose: PurposeOf): DeploymentCalls {
  const why = purpose("deployments", "read the deployments");
  return {
    listDeployments: ({ environment, sha, page = 1 }) =>
      ask(why, z.array(deploymentSchema), () =>
        octokit.rest.repos.listDeployments({
          ...target,
          ...(environment === undefined ? {} : { environment }),
          ...(sha === undefined ? {} : { sha }),
          per_page: PAGE_SIZE,
          page,
        }),
      ),
    listDeploymentStatuses: (id) =>
      ask(why, z.array(deploymentStatusSchema), () =>
        octokit.rest.repos.listDeploymentStatuses({ ...target, deployment_id: id, per_page: PAGE_SIZE }),
      ),
  };
}

type CheckCalls = Pick<GithubApi, "listCheckRuns" | "createCheckRun" | "updateCheckRun">;

function checkCalls(octokit: Octokit, target: Target, purpose: PurposeOf): CheckCalls {
  return {
    listCheckRuns: async ({ ref, name }) => {
      const schema = z.object({ check_runs: z.array(checkRunSchema) }).transform((raw) => raw.check_runs);
      const filter = {
        ref,
        per_page: PAGE_SIZE,
        filter: "all" as const,
        ...(name === undefined ? {} : { check_name: name }),
      };
      const why = purpose("checks", "read the check runs of the deployed commit");
      return ask(why, schema, () => octokit.rest.checks.listForRef({ ...target, ...filter }));
    },
    createCheckRun: ({ name, headSha, externalId, ...update }) =>
      ask(purpose("checks", "create the check run"), checkRunSchema, () =>
        octokit.rest.checks.create({
          ...target,
          ...ONCE,
          name,
          head_sha: headSha,
          external_id: externalId,
          ...stateOf(update),
        } as Parameters<typeof octokit.rest.checks.create>[0]),
      ),
    updateCheckRun: (id, update) =>
      ask(purpose("checks", "update the check run"), checkRunSchema, () =>
        octokit.rest.checks.update({ ...target, check_run_id: id, ...stateOf(update) }),
      ),
  };
}

function stateOf({ output, conclusion, detailsUrl, actions }: CheckUpdate) {
  return {
    output: { ...output },
    ...(actions === undefined ? {} : { actions: actions.map((action) => ({ ...action })) }),
    ...(detailsUrl === undefined ? {} : { details_url: detailsUrl }),
    ...(conclusion === undefined ? { status: "in_progress" as const } : { status: "completed" as const, conclusion }),
  };
}

function commitCalls(
  octokit: Octokit,
  target: Target,
  purpose: PurposeOf,
): Pick<GithubApi, "listCommits" | "getCommit" | "compare"> {
  return {
    listCommits: ({ since, page = 1 }) =>
      ask(purpose("contents", "list the latest commits"), z.array(commitSchema), () =>
        octokit.rest.repos.listCommits({
          ...target,
          since: new Date(since * 1000).toISOString(),
          per_page: PAGE_SIZE,
          page,
        }),
      ),
    getCommit: (ref) =>
      ask(purpose("contents", "read the deployed commit"), commitSchema, () =>
        octokit.rest.repos.getCommit({ ...target, ref, per_page: 1 }),
      ),
    compare: (base, head) =>
      ask(purpose("contents", "compare with the previous deployment"), comparisonSchema, () =>
        octokit.rest.repos.compareCommitsWithBasehead({ ...target, basehead: `${base}...${head}` }),
      ),
  };
}

type PullRequestCalls = Pick<
  GithubApi,
  "listPullRequestsOfCommit" | "listClosedPullRequests" | "getPullRequest" | "listPullRequestFiles"
>;

function pullRequestCalls(octokit: Octokit, target: Target, purpose: PurposeOf): PullRequestCalls {
  const why = purpose("pullRequests", "find the pull request of the deployed commit");
  return {
    listPullRequestsOfCommit: (sha) =>
      ask(why, z.array(pullRequestSchema), async () => ({
        data: await octokit.paginate(octokit.rest.repos.listPullRequestsAssociatedWithCommit, {
          ...target,
          commit_sha: sha,
          per_page: PAGE_SIZE,
        }),
      })),
    listClosedPullRequests: () =>
      ask(why, z.array(pullRequestSchema), () =>
        octokit.rest.pulls.list({
          ...target,
          state: "closed",
          sort: "updated",
          direction: "desc",
          per_page: PAGE_SIZE,
        }),
      ),
    getPullRequest: (number) =>
      ask(why, pullRequestSchema, () => octokit.rest.pulls.get({ ...target, pull_number: number })),
    listPullRequestFiles: (number) =>
      ask(purpose("pullRequests", "read the files of the pull request"), filesSchema, () =>
        octokit.rest.pulls.listFiles({ ...target, pull_number: number, per_page: PAGE_SIZE }),
      ),
  };
}

type CommentCalls = Pick<GithubApi, "listComments" | "createComment" | "updateComment" | "deleteComment">;

function commentCalls(octokit: Octokit, target: Target, purpose: PurposeOf): CommentCalls {
  const writing = purpose("comments", "write the comment");
  return {
    listComments: (number) =>
      ask(purpose("comments", "read the comments of the pull request"), z.array(commentSchema), async () => ({
        data: await octokit.paginate(octokit.rest.issues.listComments, {
          ...target,
          issue_number: number,
          per_page: PAGE_SIZE,
        }),
      })),
    createComment: (number, body) =>
      ask(writing, commentSchema, () =>
        octokit.rest.issues.createComment({ ...target, ...ONCE, issue_number: number, body }),
      ),
    updateComment: (id, body) =>
      ask(writing, commentSchema, () => octokit.rest.issues.updateComment({ ...target, comment_id: id, body })),
    deleteComment: async (id) => {
      await translated(writing, () => octokit.rest.issues.deleteComment({ ...target, comment_id: id }));
    },
  };
}
