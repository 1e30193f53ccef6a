import { z } from "zod";
import { authProblems, authSchema, type CompleteAuth } from "./auth/options.ts";
import { addressSchema, environmentNameSchema } from "./fields.ts";
import { spanSchema, spanToMilliseconds } from "./span.ts";
import { tlsProblems, tlsSchema } from "./tls.ts";

/** RFC 9110, section 5.6.2: token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A header value may hold a tab but no other control character (RFC 9110, section 5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that carry secrets: their values come from the environment, never from the config file. */
const SECRET_HEADERS = /^(authorization|proxy-authorization|cookie|x-api-key|api-key|x-auth-token)$/i;
/** Headers that belong to the connection and are set by the client. */
const CONNECTION_HEADERS =
  /^(host|connection|content-length|content-type|transfer-encoding|accept-encoding|expect|upgrade|te|trailer)$/i;

const headerNameSchema = z
  .string()
  .regex(HEADER_NAME, { error: "is not a header name" })
  .refine((name) => !CONNECTION_HEADERS.test(name), { error: "is set by the connection and cannot be configured" });

const plainHeaderNameSchema = headerNameSchema.refine((name) => !SECRET_HEADERS.test(name), {
  error: "carries a secret: use `token-env`, `username-env` with `password-env`, or `headers-env`",
});

/** Limits of every source on HTTP, spelled as in the config. */
export const limitsShape = {
  tls: tlsSchema.optional(),
  timeout: spanSchema.optional(),
  deadline: spanSchema.optional(),
  retries: z.int().min(0).max(10).optional(),
  concurrency: z.int().min(1).max(16).optional(),
  // V8 cannot hold a text above 512 MiB.
  "max-response-mib": z.int().min(1).max(480).optional(),
} as const;

/** Keys that every source on HTTP understands, spelled as in the config. */
export const httpShape = {
  url: addressSchema,
  "token-env": environmentNameSchema.optional(),
  username: z.string().min(1).optional(),
  "username-env": environmentNameSchema.optional(),
  "password-env": environmentNameSchema.optional(),
  headers: z
    .record(plainHeaderNameSchema, z.string().regex(HEADER_VALUE, { error: "cannot be sent in a header" }))
    .optional(),
  "headers-env": z.record(headerNameSchema, environmentNameSchema).optional(),
  auth: authSchema.optional(),
  ...limitsShape,
} as const;

const httpSchema = z.strictObject(httpShape);

export type HttpOptions = z.infer<typeof httpSchema>;

/** Options whose sign-in the source has completed. */
export type ConnectOptions = Omit<HttpOptions, "auth"> & {
  readonly auth?: CompleteAuth | undefined;
  /** Word in front of the token in the header Authorization; absent: Bearer. */
  readonly tokenScheme?: string;
};

/** Combinations of keys that contradict each other; a `superRefine` of each source on HTTP. */
export function refineAuthentication(options: HttpOptions, context: z.RefinementCtx): void {
  const report = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  const hasUser = options.username !== undefined || options["username-env"] !== undefined;
  if (options.username !== undefined && options["username-env"] !== undefined) {
    report("username", "give either `username` or `username-env`, not both");
  }
  if (options["token-env"] !== undefined && (hasUser || options["password-env"] !== undefined)) {
    report("token-env", "give either `token-env` or a user name with `password-env`, not both");
  }
  if (hasUser && options["password-env"] === undefined) report("password-env", "is needed beside the user name");
  if (!hasUser && options["password-env"] !== undefined) report("username-env", "is needed beside `password-env`");
  refineHeaders(options, report);
  refineBlocks(options, context);
}

function refineBlocks(options: HttpOptions, context: z.RefinementCtx): void {
  const { auth, tls } = options;
  const report = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
  for (const { key, message } of auth === undefined ? [] : authProblems(auth)) report(["auth", key], message);
  for (const { key, message } of tls === undefined ? [] : tlsProblems(tls)) report(["tls", key], message);
  const other = (["token-env", "password-env"] as const).find((key) => options[key] !== undefined);
  if (auth !== undefined && other !== undefined) {
    report(["auth"], `signs in already; remove \`${other}\`, or remove \`auth\``);
  }
  if (tls !== undefined && options.url.startsWith("http:")) {
    report(["tls"], "needs an address that starts with https://; change `url`, or remove `tls`");
  }
}

function refineHeaders(options: HttpOptions, report: (key: string, message: string) => void): void {
  const plain = Object.keys(options.headers ?? {}).map((name) => name.toLowerCase());
  const secret = Object.keys(options["headers-env"] ?? {}).map((name) => name.toLowerCase());
  for (const name of secret) {
    if (plain.includes(name)) report("headers-env", `the header ${name} stands in \`headers\` as well`);
  }
  const signsIn =
    options["token-env"] !== undefined || options["password-env"] !== undefined || options.auth !== undefined;
  if (signsIn && secret.includes("authorization")) {
    report("headers-env", "Authorization is already made of `token-env`, of the user name and password, or of `auth`");
  }
}

/** Defaults of the limits; docs/sources.md repeats them for people. */
export const HTTP_DEFAULTS = {
  timeoutMs: 30_000,
  deadlineMs: 120_000,
  retries: 3,
  concurrency: 4,
  maxResponseMib: 256,
} as const;

export interface HttpLimits {
  /** Longest one request may take. */
  readonly timeoutMs: number;
  /** Longest all requests of one SLI may take together, with their retries. */
  readonly deadlineMs: number;
  readonly retries: number;
  /** Most requests at the same time. */
  readonly concurrency: number;
  /** Largest body after decompression. */
  readonly maxResponseBytes: number;
}

export function httpLimits(
  options: Pick<HttpOptions, "timeout" | "deadline" | "retries" | "concurrency" | "max-response-mib">,
): HttpLimits {
  return {
    timeoutMs: options.timeout === undefined ? HTTP_DEFAULTS.timeoutMs : spanToMilliseconds(options.timeout),
    deadlineMs: options.deadline === undefined ? HTTP_DEFAULTS.deadlineMs : spanToMilliseconds(options.deadline),
    retries: options.retries ?? HTTP_DEFAULTS.retries,
    concurrency: options.concurrency ?? HTTP_DEFAULTS.concurrency,
    maxResponseBytes: (options["max-response-mib"] ?? HTTP_DEFAULTS.maxResponseMib) * 2 ** 20,
  };
}
