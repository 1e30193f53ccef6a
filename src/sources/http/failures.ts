import { DeployImpactError, type ErrorCode } from "../../core/errors.ts";
import { describeCredentials } from "./credentials.ts";
import type { ConnectOptions } from "./options.ts";

/** Why one attempt did not succeed, and whether another may. */
export interface Failure {
  readonly error: DeployImpactError;
  readonly retry: boolean;
  /** What the server asked for in Retry-After, milliseconds. */
  readonly retryAfterMs: number | null;
}

/** What a failure is told about: the server's name for people, and the thing that was asked of it. */
export interface FailureContext {
  /** "Prometheus" */
  readonly server: string;
  /** "the numerator of SLI error-rate" */
  readonly what: string;
  readonly options: ConnectOptions;
  /** What to change, where the usual hint of a code would mislead. */
  readonly hints?: Readonly<Partial<Record<ErrorCode, string>>>;
}

interface StatusRule {
  readonly code: ErrorCode;
  readonly says: string;
  readonly retry: boolean;
}

const STATUS_RULES: Readonly<Record<number, StatusRule>> = {
  401: { code: "SOURCE_UNAUTHORIZED", says: "does not accept the credentials (401)", retry: false },
  403: { code: "SOURCE_FORBIDDEN", says: "does not allow these credentials to read this (403)", retry: false },
  404: { code: "SOURCE_NOT_FOUND", says: "has nothing at this address (404)", retry: false },
  405: { code: "SOURCE_NOT_FOUND", says: "does not offer this call at this address (405)", retry: false },
  408: { code: "SOURCE_TIMEOUT", says: "gave up waiting (408)", retry: true },
  410: { code: "SOURCE_NOT_FOUND", says: "says that this address is gone for good (410)", retry: false },
  413: { code: "SOURCE_REJECTED", says: "finds the request too large (413)", retry: false },
  429: { code: "SOURCE_RATE_LIMITED", says: "asks for fewer requests (429)", retry: true },
  501: { code: "SOURCE_REJECTED", says: "does not know this call (501)", retry: false },
  504: { code: "SOURCE_TIMEOUT", says: "did not answer its gateway in time (504)", retry: true },
};

/** An answer with a status other than 200; `words` is what the server said, already fit to be shown. */
export function statusFailure(
  status: number,
  words: string,
  context: FailureContext,
  facts: { readonly retryAfterMs: number | null; readonly serverTimedOut: boolean },
): Failure {
  const rule = statusRule(status, facts.serverTimedOut);
  const quoted = words === "" ? "" : `: ${words}`;
  const error = new DeployImpactError(rule.code, `${context.server} ${rule.says} for ${context.what}${quoted}`, {
    hint: statusHint(rule.code, context),
  });
  return { error, retry: rule.retry, retryAfterMs: facts.retryAfterMs };
}

function statusRule(status: number, serverTimedOut: boolean): StatusRule {
  if (serverTimedOut) {
    return { code: "SOURCE_TIMEOUT", says: `stopped the query at its own time limit (${status})`, retry: true };
  }
  const rule = STATUS_RULES[status];
  if (rule !== undefined) return rule;
  if (status >= 500) return { code: "SOURCE_UNAVAILABLE", says: `is in trouble (${status})`, retry: true };
  if (status >= 400) return { code: "SOURCE_REJECTED", says: `rejects the request (${status})`, retry: false };
  return { code: "SOURCE_MALFORMED", says: `gives an answer without data (${status})`, retry: false };
}

function statusHint(code: ErrorCode, context: FailureContext): string {
  const own = context.hints?.[code];
  if (own !== undefined) return own;
  const names = describeCredentials(context.options);
  switch (code) {
    case "SOURCE_UNAUTHORIZED":
      return names === null
        ? "Set `token-env`, `username-env` and `password-env`, or `auth` of the source; docs/sources.md shows what each server wants."
        : `Check that ${names} ${context.options.auth === undefined ? "holds" : "gives"} credentials that are valid for this server.`;
    case "SOURCE_FORBIDDEN":
      return `Check the rights behind ${names ?? "the connection (no credentials are configured)"}, and the tenant in \`headers\` (for instance X-Scope-OrgID) when the server has tenants.`;
    case "SOURCE_NOT_FOUND":
      return "Check `url` of the source: it is the address in front of /api/v1, with the prefix that some servers need (for instance /prometheus).";
    case "SOURCE_REJECTED":
      return `Change ${context.what} so that the server accepts it; running the same text in the server's own page shows the same message.`;
    case "SOURCE_RATE_LIMITED":
      return "Lower `concurrency` or raise `deadline` of the source, so that there is time to wait.";
    case "SOURCE_TIMEOUT":
      return `Make ${context.what} cheaper (fewer series, a recording rule, a longer step), or raise \`timeout\` and \`deadline\` of the source.`;
    default:
      return "Try again later; raise `deadline` of the source to wait longer.";
  }
}

/** A redirect is never followed: it could carry credentials to another host. */
export function redirectFailure(status: number, target: string, context: FailureContext): Failure {
  const error = new DeployImpactError(
    "SOURCE_REJECTED",
    `${context.server} sends ${context.what} to another address (${status}${target === "" ? "" : `, ${target}`}), which is not followed so that no credentials leave.`,
    {
      hint: "Set `url` of the source to the final address; a redirect to a sign-in page means that credentials are missing.",
    },
  );
  return { error, retry: false, retryAfterMs: null };
}

export function tooLargeFailure(maxBytes: number, context: FailureContext): Failure {
  const error = new DeployImpactError(
    "SOURCE_TOO_LARGE",
    `The answer of ${context.server} to ${context.what} is larger than ${Math.round(maxBytes / 2 ** 20)} MiB.`,
    {
      hint: "Aggregate by the unit label, use a longer step or a shorter window, or raise `max-response-mib` of the source.",
    },
  );
  return { error, retry: false, retryAfterMs: null };
}

export function malformedFailure(detail: string, context: FailureContext, retry: boolean, cause?: unknown): Failure {
  const error = new DeployImpactError(
    "SOURCE_MALFORMED",
    `The answer of ${context.server} to ${context.what} cannot be read: ${detail}.`,
    {
      hint: "Check that `url` of the source points at the server's API and not at a page or a proxy in front of it.",
      cause,
    },
  );
  return { error, retry, retryAfterMs: null };
}

export function timeoutFailure(spent: string, context: FailureContext): Failure {
  const error = new DeployImpactError(
    "SOURCE_TIMEOUT",
    `${context.server} did not answer ${context.what} within ${spent}.`,
    {
      hint: statusHint("SOURCE_TIMEOUT", context),
    },
  );
  return { error, retry: true, retryAfterMs: null };
}
