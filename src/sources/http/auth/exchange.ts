import { z } from "zod";
import { DeployImpactError, type ErrorCode } from "../../../core/errors.ts";
import type { BodyVerdict, HttpClient, HttpRequest } from "../contract.ts";
import { explainAnyError } from "../explain.ts";
import { parseJson } from "../json.ts";
import type { AccessToken } from "./bearer.ts";

/** Faults of a token server that only another configuration can mend. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  "SOURCE_UNAUTHORIZED",
  "SOURCE_FORBIDDEN",
  "SOURCE_NOT_FOUND",
  "SOURCE_REJECTED",
]);

export interface Exchange<T> extends Pick<HttpRequest<T>, "read"> {
  readonly client: HttpClient;
  readonly path?: string;
  readonly parameters?: HttpRequest<T>["parameters"];
  readonly post?: HttpRequest<T>["post"];
  readonly headers?: HttpRequest<T>["headers"];
  /** Object of the sentence: "the access token". */
  readonly what: string;
  /** What to look at when the server refuses. */
  readonly hint: string;
}

/** Asks a token server; whatever it refuses is a matter of the credentials, in its own words. */
export async function exchange<T>(request: Exchange<T>): Promise<T> {
  const { client, path = "", parameters = [], post, headers, what, hint, read } = request;
  try {
    return await client.send({
      path,
      parameters,
      ...(post !== undefined && { post }),
      ...(headers !== undefined && { headers }),
      what,
      read,
      explain: explainAnyError,
    });
  } catch (error) {
    throw error instanceof DeployImpactError && REFUSALS.has(error.code) ? refused(error, hint) : error;
  }
}

function refused(cause: DeployImpactError, hint: string): DeployImpactError {
  return new DeployImpactError("SOURCE_UNAUTHORIZED", cause.message, { hint, cause });
}

export function readJsonAs<T>(schema: z.ZodType<T>, expected: string): (body: string) => BodyVerdict<T> {
  return (body) => {
    const json = parseJson(body);
    if (!json.ok) return json;
    const parsed = schema.safeParse(json.value);
    // The body may hold a token: only what was expected is said, never what came.
    return parsed.success ? { ok: true, value: parsed.data } : { ok: false, detail: `it is not ${expected}` };
  };
}

const tokenSchema = z.object({
  access_token: z.string().min(1),
  token_type: z.string().optional(),
  // Some servers send the number as a text.
  expires_in: z.coerce.number().positive().optional(),
});

/** A token server that does not say how long its token lasts is asked again after this long. */
const UNSTATED_LIFETIME_S = 300;

/** The answer of an OAuth 2 token endpoint (RFC 6749, section 5.1). */
export function readToken(now: () => number): (body: string) => BodyVerdict<AccessToken> {
  const read = readJsonAs(tokenSchema, "an access token");
  return (body) => {
    const verdict = read(body);
    if (!verdict.ok) return verdict;
    const { access_token, expires_in = UNSTATED_LIFETIME_S } = verdict.value;
    return { ok: true, value: { token: access_token, expiresAt: now() + expires_in * 1000 } };
  };
}
