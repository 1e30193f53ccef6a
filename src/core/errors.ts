/**
 * The one error class: something operational went wrong (as opposed to a refusal, which is an answer about the data).
 */

/** Who has to act. */
export type ErrorOwner = "user" | "source" | "github" | "bug";

/** Closed list of operational error codes with owner, retryability and the exit code of the command line. */
export const ERROR_CODES = {
  USAGE: { owner: "user", retryable: false, exitCode: 64 },
  CONFIG_MISSING: { owner: "user", retryable: false, exitCode: 64 },
  CONFIG_SYNTAX: { owner: "user", retryable: false, exitCode: 64 },
  CONFIG_INVALID: { owner: "user", retryable: false, exitCode: 64 },
  BAD_TIME: { owner: "user", retryable: false, exitCode: 64 },
  MISSING_COLUMN: { owner: "user", retryable: false, exitCode: 64 },
  UNKNOWN_LABEL: { owner: "user", retryable: false, exitCode: 64 },
  CREDENTIAL_MISSING: { owner: "user", retryable: false, exitCode: 64 },
  FILE_UNREADABLE: { owner: "user", retryable: false, exitCode: 3 },
  FILE_MALFORMED: { owner: "user", retryable: false, exitCode: 3 },
  SOURCE_UNAUTHORIZED: { owner: "user", retryable: false, exitCode: 3 },
  SOURCE_FORBIDDEN: { owner: "user", retryable: false, exitCode: 3 },
  SOURCE_NOT_FOUND: { owner: "user", retryable: false, exitCode: 3 },
  SOURCE_REJECTED: { owner: "user", retryable: false, exitCode: 3 },
  SOURCE_RATE_LIMITED: { owner: "source", retryable: true, exitCode: 3 },
  SOURCE_UNAVAILABLE: { owner: "source", retryable: true, exitCode: 3 },
  SOURCE_TIMEOUT: { owner: "source", retryable: true, exitCode: 3 },
  SOURCE_TLS: { owner: "user", retryable: false, exitCode: 3 },
  SOURCE_MALFORMED: { owner: "source", retryable: true, exitCode: 3 },
  SOURCE_TOO_LARGE: { owner: "user", retryable: false, exitCode: 3 },
  GITHUB_PERMISSION: { owner: "user", retryable: false, exitCode: 3 },
  GITHUB_NOT_FOUND: { owner: "user", retryable: false, exitCode: 3 },
  /** The App was removed from the account or the repository, or its installation is suspended. */
  GITHUB_UNINSTALLED: { owner: "user", retryable: false, exitCode: 3 },
  GITHUB_RATE_LIMITED: { owner: "github", retryable: true, exitCode: 3 },
  GITHUB_UNAVAILABLE: { owner: "github", retryable: true, exitCode: 3 },
  GITHUB_REJECTED: { owner: "bug", retryable: false, exitCode: 3 },
  INTERNAL: { owner: "bug", retryable: false, exitCode: 70 },
} as const satisfies Record<string, { owner: ErrorOwner; retryable: boolean; exitCode: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where in a file an error is (1-based). */
export interface FilePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One of several things that are wrong at once, with its own place. */
export interface Problem {
  readonly message: string;
  readonly hint: string;
  readonly position?: FilePosition;
}

export class DeployImpactError extends Error {
  readonly code: ErrorCode;
  /** One sentence that says which setting to change. Mandatory. */
  readonly hint: string;
  readonly owner: ErrorOwner;
  readonly retryable: boolean;
  readonly exitCode: number;
  readonly position: FilePosition | undefined;
  /** Everything that was found wrong, the first one repeated; empty when there is only this one. */
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly hint: string;
      readonly cause?: unknown;
      readonly position?: FilePosition;
      readonly problems?: readonly Problem[];
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DeployImpactError";
    this.code = code;
    this.hint = options.hint;
    this.owner = ERROR_CODES[code].owner;
    this.retryable = ERROR_CODES[code].retryable;
    this.exitCode = ERROR_CODES[code].exitCode;
    this.position = options.position;
    this.problems = options.problems ?? [];
  }
}
