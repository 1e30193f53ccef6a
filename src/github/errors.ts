import { DeployImpactError } from "../core/errors.ts";

/** Lines of a workflow's `permissions:` block that calls of ours need. */
export const PERMISSIONS = {
  contents: "contents: read",
  deployments: "deployments: read",
  checks: "checks: write",
  pullRequests: "pull-requests: read",
  comments: "pull-requests: write",
  metadata: "metadata: read",
  actions: "actions: write",
  contentsWrite: "contents: write",
  issues: "issues: write",
} as const;

export type Permission = keyof typeof PERMISSIONS;

/** Who a hint speaks to: people who write a workflow, or people who installed the App. */
export interface Door {
  readonly token: string;
  readonly missing: (permission: Permission) => string;
  readonly notFound: (permission: Permission) => string;
  readonly rateLimited: string;
  readonly unavailable: string;
}

/** Names of the App's permissions as GitHub's settings page shows them. */
const APP_PERMISSIONS: Readonly<Record<Permission, string>> = {
  contents: "Contents: Read-only",
  deployments: "Deployments: Read and write",
  checks: "Checks: Read and write",
  pullRequests: "Pull requests: Read and write",
  comments: "Pull requests: Read and write",
  metadata: "Metadata: Read-only",
  actions: "Actions: Read and write",
  contentsWrite: "Contents: Read and write",
  issues: "Issues: Read and write",
};

export const DOORS = {
  workflow: {
    token: "Leave the input `github-token` out to use the job's own token, or give one that has not expired.",
    missing: (permission) =>
      `Add the line \`${PERMISSIONS[permission]}\` to the \`permissions:\` block of the workflow job (forks and Dependabot never get write permissions).`,
    notFound: (permission) =>
      `Check that it exists; in a private repository the answer is the same when \`${PERMISSIONS[permission]}\` is missing under \`permissions:\`.`,
    rateLimited: "Run the workflow again after that time; a `schedule` trigger does it by itself.",
    unavailable: "Run the workflow again when GitHub is back; its status page says when.",
  },
  app: {
    token:
      "Whoever runs the bot has to check the App's id and private key, and that the installation is not suspended.",
    missing: (permission) =>
      `The App needs the repository permission "${APP_PERMISSIONS[permission]}"; an owner of the account accepts it under the settings of the installation.`,
    notFound: (permission) =>
      `Check that it exists and that the App is installed on the repository with the permission "${APP_PERMISSIONS[permission]}".`,
    rateLimited: "The bot comes back by itself after that time.",
    unavailable: "The bot tries again by itself; GitHub's status page says when it is back.",
  },
} as const satisfies Record<string, Door>;

/** What a call was for, so that its failure can be said in one sentence. */
export interface CallPurpose {
  readonly permission: Permission;
  /** Completes "GitHub refused to ...": `write the check run`. */
  readonly doing: string;
  readonly door: Door;
}

interface HttpFailure {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

function httpFailure(error: unknown): HttpFailure | null {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return null;
  const response = "response" in error ? error.response : undefined;
  const headers =
    typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined;
  return {
    status: error.status,
    message: error.message,
    headers: typeof headers === "object" && headers !== null ? (headers as HttpFailure["headers"]) : {},
  };
}

/** True when a write may have happened although no answer said so. */
export function isAmbiguous(error: unknown): boolean {
  return error instanceof DeployImpactError && error.code === "GITHUB_UNAVAILABLE";
}

export function isRateLimit(failure: Pick<HttpFailure, "status" | "message" | "headers">): boolean {
  if (failure.status === 429) return true;
  if (failure.status !== 403) return false;
  return String(failure.headers["x-ratelimit-remaining"]) === "0" || /rate limit/i.test(failure.message);
}

/** Turns a failed request into the one error class; anything that is not an HTTP failure is passed on. */
export function translateError(error: unknown, purpose: CallPurpose): unknown {
  const failure = httpFailure(error);
  if (failure === null) return error;
  if (isRateLimit(failure)) return rateLimitError(failure, purpose, error);
  switch (failure.status) {
    case 401:
      return new DeployImpactError("GITHUB_PERMISSION", `GitHub refused the token while trying to ${purpose.doing}.`, {
        hint: purpose.door.token,
        cause: error,
      });
    case 403:
      return /\b(locked|archived)\b/i.test(failure.message)
        ? closedError(failure, purpose, error)
        : permissionError(purpose, error);
    case 404:
    case 410:
      return new DeployImpactError("GITHUB_NOT_FOUND", `GitHub found nothing when asked to ${purpose.doing}.`, {
        hint: purpose.door.notFound(purpose.permission),
        cause: error,
      });
    default:
      return failure.status >= 500 ? unavailableError(failure, purpose, error) : rejectedError(failure, purpose, error);
  }
}

function closedError(failure: HttpFailure, purpose: CallPurpose, cause: unknown): DeployImpactError {
  return new DeployImpactError("GITHUB_REJECTED", `GitHub did not allow to ${purpose.doing}: ${failure.message}.`, {
    hint: "Unlock the conversation or unarchive the repository if it should be written.",
    cause,
  });
}

function permissionError(purpose: CallPurpose, cause: unknown): DeployImpactError {
  return new DeployImpactError("GITHUB_PERMISSION", `GitHub did not allow to ${purpose.doing}.`, {
    hint: purpose.door.missing(purpose.permission),
    cause,
  });
}

function rateLimitError(failure: HttpFailure, purpose: CallPurpose, cause: unknown): DeployImpactError {
  const reset = Number(failure.headers["x-ratelimit-reset"]);
  const retryAfter = Number(failure.headers["retry-after"]);
  const when = Number.isFinite(retryAfter)
    ? ` It asks to wait ${retryAfter} s.`
    : Number.isFinite(reset) && reset > 0
      ? ` The limit resets at ${new Date(reset * 1000).toISOString()}.`
      : "";
  return new DeployImpactError(
    "GITHUB_RATE_LIMITED",
    `GitHub's rate limit was reached while trying to ${purpose.doing}.${when}`,
    {
      hint: purpose.door.rateLimited,
      cause,
    },
  );
}

function unavailableError(failure: HttpFailure, purpose: CallPurpose, cause: unknown): DeployImpactError {
  const requestId = failure.headers["x-github-request-id"];
  const id = requestId === undefined ? "" : ` (request ${requestId})`;
  return new DeployImpactError(
    "GITHUB_UNAVAILABLE",
    `GitHub did not answer when asked to ${purpose.doing}: ${failure.message}${id}.`,
    {
      hint: purpose.door.unavailable,
      cause,
    },
  );
}

function rejectedError(failure: HttpFailure, purpose: CallPurpose, cause: unknown): DeployImpactError {
  return new DeployImpactError(
    "GITHUB_REJECTED",
    `GitHub rejected the request to ${purpose.doing}: ${failure.message}.`,
    {
      hint: "This is most likely a fault of deploy-impact; please report it with this line.",
      cause,
    },
  );
}
