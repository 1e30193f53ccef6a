import { z } from "zod";
import { DeployImpactError } from "../core/errors.ts";
import { type DeploymentRecord, deploymentSchema, deploymentStatusSchema } from "./records.ts";

/** What the runner says about this run, as values. */
export interface RunnerContext {
  readonly eventName: string;
  readonly payload: unknown;
  /** Why the event's file could not be read; absent: it was. */
  readonly payloadProblem?: string;
  /** owner/name */
  readonly repository: string;
  /** GITHUB_SHA; on pull request events the test merge, so never used for those. */
  readonly sha: string;
  readonly actor: string;
  readonly runId: string;
  /** 1 for the first attempt; more when a person pressed "Re-run". */
  readonly runAttempt: number;
  readonly apiUrl: string;
  readonly serverUrl: string;
  /** Where this Action's own code came from; null for a local action. */
  readonly action?: { readonly repository: string; readonly ref: string } | null;
}

/** The event, reduced to what it says about a deployment. Instants are epoch seconds. */
export type GithubEvent =
  | {
      readonly kind: "deployment";
      readonly deployment: DeploymentRecord;
      /** When the status that started this run became `success`. */
      readonly succeededAt: number;
      readonly url: string | null;
    }
  | {
      readonly kind: "commit";
      readonly origin: "push" | "workflow-run" | "pull-request";
      readonly sha: string;
      /** null: the event does not say when the deploy happened. */
      readonly deployedAt: number | null;
      readonly pullRequests: readonly number[];
    }
  | {
      readonly kind: "dispatch";
      readonly sha: string | null;
      readonly environment: string | null;
      readonly deployedAt: string | number | null;
      /** null: the repository of the workflow. */
      readonly repository: string | null;
    }
  | { readonly kind: "sweep" }
  | {
      readonly kind: "not-applicable";
      readonly reason: string;
      /** Commit that gets the `skipped` check; null: nobody waits for one. */
      readonly sha: string | null;
    };

const repositorySchema = z.object({
  repository: z.object({ private: z.boolean().optional(), default_branch: z.string().optional() }).optional(),
});

/** What almost every payload says about the workflow's repository; null: this one does not. */
export interface RepositoryFacts {
  readonly isPrivate: boolean | null;
  readonly defaultBranch: string | null;
}

export function repositoryFacts(payload: unknown): RepositoryFacts {
  const parsed = repositorySchema.safeParse(payload);
  const repository = parsed.success ? parsed.data.repository : undefined;
  return { isPrivate: repository?.private ?? null, defaultBranch: repository?.default_branch ?? null };
}

export function parseEvent(context: RunnerContext): GithubEvent {
  if (context.payloadProblem !== undefined) {
    throw new DeployImpactError("USAGE", context.payloadProblem, {
      hint: "Let a GitHub runner start the step, or point GITHUB_EVENT_PATH to a JSON file with the event.",
    });
  }
  const reader = READERS[context.eventName];
  if (reader === undefined) {
    return notApplicable(`the event \`${context.eventName}\` says nothing about a deployment`);
  }
  return reader(context);
}

const READERS: Readonly<Record<string, (context: RunnerContext) => GithubEvent>> = {
  deployment_status: readDeploymentStatus,
  workflow_run: readWorkflowRun,
  workflow_dispatch: readWorkflowDispatch,
  repository_dispatch: readRepositoryDispatch,
  schedule: () => ({ kind: "sweep" }),
  push: readPush,
  merge_group: readMergeGroup,
  pull_request: readPullRequest,
  pull_request_target: readPullRequest,
};

function notApplicable(reason: string, sha: string | null = null): GithubEvent {
  return { kind: "not-applicable", reason, sha };
}

function payloadOf<T>(context: RunnerContext, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(context.payload);
  if (parsed.success) return parsed.data;
  throw new DeployImpactError(
    "USAGE",
    `The payload of the event \`${context.eventName}\` cannot be used: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}.`,
    { hint: PAYLOAD_HINTS[context.eventName] ?? "Start the workflow from an event that GitHub itself sent." },
  );
}

const PAYLOAD_HINTS: Readonly<Record<string, string>> = {
  repository_dispatch:
    'Send `client_payload` as `{ "sha": "...", "environment": "production", "deployedAt": "2026-01-31T12:00:00Z" }`.',
};

const deploymentStatusEvent = z.object({
  deployment: deploymentSchema,
  deployment_status: deploymentStatusSchema,
});

function readDeploymentStatus(context: RunnerContext): GithubEvent {
  const { deployment, deployment_status: status } = payloadOf(context, deploymentStatusEvent);
  if (status.state !== "success") {
    return notApplicable(`the deployment is \`${status.state}\`; only \`success\` is judged`);
  }
  return { kind: "deployment", deployment, succeededAt: status.createdAt, url: status.logUrl };
}

const workflowRunEvent = z.object({
  action: z.string().optional(),
  workflow_run: z.object({
    head_sha: z.string(),
    conclusion: z.string().nullish(),
    updated_at: z.iso.datetime({ offset: true }),
    head_repository: z.object({ full_name: z.string() }).nullish(),
    pull_requests: z.array(z.object({ number: z.int() })).nullish(),
  }),
});

function readWorkflowRun(context: RunnerContext): GithubEvent {
  const { action, workflow_run: run } = payloadOf(context, workflowRunEvent);
  if (action !== undefined && action !== "completed")
    return notApplicable(`the workflow run is \`${action}\`, not completed`);
  if (run.conclusion !== "success") {
    return notApplicable(
      `the workflow run ended with \`${run.conclusion ?? "no conclusion"}\`, so nothing was deployed`,
    );
  }
  if (run.head_repository && run.head_repository.full_name !== context.repository) {
    return notApplicable("the workflow run came from a fork, which deploys nothing here");
  }
  return {
    kind: "commit",
    origin: "workflow-run",
    sha: run.head_sha,
    deployedAt: Date.parse(run.updated_at) / 1000,
    pullRequests: [],
  };
}

const workflowDispatchEvent = z.object({
  inputs: z
    .object({
      sha: z.string().optional(),
      environment: z.string().optional(),
      "deployed-at": z.string().optional(),
      repository: z.string().optional(),
    })
    .nullish(),
});

/** Without a commit and a time a person asks for everything that is due; that is what `schedule` does as well. */
function readWorkflowDispatch(context: RunnerContext): GithubEvent {
  const inputs = payloadOf(context, workflowDispatchEvent).inputs ?? {};
  const sha = inputs.sha || null;
  const deployedAt = inputs["deployed-at"] || null;
  if (sha === null && deployedAt === null) return { kind: "sweep" };
  return {
    kind: "dispatch",
    sha: sha ?? context.sha,
    environment: inputs.environment || null,
    deployedAt,
    repository: inputs.repository || null,
  };
}

const repositoryDispatchEvent = z.object({
  client_payload: z.object({
    sha: z.string().min(7).optional(),
    environment: z.string().min(1).optional(),
    deployedAt: z.union([z.string(), z.number()]).optional(),
    repository: z.string().optional(),
  }),
});

function readRepositoryDispatch(context: RunnerContext): GithubEvent {
  const { client_payload: sent } = payloadOf(context, repositoryDispatchEvent);
  return {
    kind: "dispatch",
    sha: sent.sha ?? null,
    environment: sent.environment ?? null,
    deployedAt: sent.deployedAt ?? null,
    repository: sent.repository ?? null,
  };
}

const pushEvent = z.object({ after: z.string(), deleted: z.boolean().optional() });

/** A push has no deploy time: the step runs after the deploy step of the same job, so the run's own time stands for it. */
function readPush(context: RunnerContext): GithubEvent {
  const { after, deleted } = payloadOf(context, pushEvent);
  if (deleted) return notApplicable("the push deleted a branch or tag");
  return { kind: "commit", origin: "push", sha: after, deployedAt: null, pullRequests: [] };
}

const mergeGroupEvent = z.object({ merge_group: z.object({ head_sha: z.string() }) });

function readMergeGroup(context: RunnerContext): GithubEvent {
  const { merge_group: group } = payloadOf(context, mergeGroupEvent);
  return notApplicable("a merge queue deploys nothing; the deploy after the merge is judged", group.head_sha);
}

const pullRequestEvent = z.object({
  pull_request: z.object({
    number: z.int(),
    user: z.object({ login: z.string() }).nullish(),
    head: z.object({ sha: z.string(), repo: z.object({ full_name: z.string() }).nullish() }),
    base: z.object({ repo: z.object({ full_name: z.string() }) }),
  }),
});

const DEPENDABOT = "dependabot[bot]";

/** The token of a fork or of Dependabot can only read and has no secrets, so there is nothing to analyse with. */
function readPullRequest(context: RunnerContext): GithubEvent {
  const { pull_request: pullRequest } = payloadOf(context, pullRequestEvent);
  const { head, base, number } = pullRequest;
  if (head.repo?.full_name !== base.repo.full_name) {
    return notApplicable("a pull request from a fork has no access to the metrics", head.sha);
  }
  if (context.actor === DEPENDABOT || pullRequest.user?.login === DEPENDABOT) {
    return notApplicable("a pull request of Dependabot has no access to the metrics", head.sha);
  }
  return { kind: "commit", origin: "pull-request", sha: head.sha, deployedAt: null, pullRequests: [number] };
}
