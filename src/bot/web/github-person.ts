import { Octokit, RequestError } from "octokit";
import { z } from "zod";
import type { BotSettings } from "../settings.ts";

/**
 * GitHub as one person sees it: sign-in by the web flow of the App, and what that person may read. Only these calls are
 * made with a person's token.
 */
export interface PersonalGithub {
  readonly authorizeUrl: (ask: { readonly state: string; readonly challenge: string; readonly back: string }) => string;
  readonly exchange: (given: {
    readonly code: string;
    readonly verifier: string;
    readonly back: string;
  }) => Promise<Asked<Grant>>;
  readonly person: (token: string) => Promise<Asked<Person>>;
  /** Installations of this App that the person has access to; suspended ones are left out. */
  readonly installations: (token: string) => Promise<Asked<readonly number[]>>;
  /** Ids of the repositories of one installation that the person may read. */
  readonly repositories: (token: string, installationId: number) => Promise<Asked<readonly number[]>>;
  /** The id of a repository when the person may read it; null: not. */
  readonly repository: (token: string, fullName: string) => Promise<Asked<number | null>>;
  /** Ends the token; whatever GitHub answers, we forget it. */
  readonly revoke: (token: string) => Promise<void>;
}

export interface Grant {
  readonly token: string;
  /** Seconds; null: the token does not expire. */
  readonly expiresIn: number | null;
}

export interface Person {
  readonly id: number;
  readonly login: string;
}

/** What GitHub said, or why it did not. */
export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: GithubProblem };

export type GithubProblem =
  /** The token is not valid any more: revoked, expired, or the App was removed. */
  | { readonly kind: "signed-out" }
  /** The code of the sign-in was used before or is older than ten minutes. */
  | { readonly kind: "stale-code" }
  /** Seconds to wait; null: GitHub did not say. */
  | { readonly kind: "limited"; readonly seconds: number | null }
  /** The App's client id, secret or callback address is wrong: whoever runs the bot has to look. */
  | { readonly kind: "misconfigured"; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string };

const TIMEOUT_MS = 10_000;
const PAGE = 100;
/** Ten thousand repositories of one installation; what comes after them is not shown. */
const MOST_PAGES = 100;

const grantSchema = z.union([
  z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().optional() }),
  z.object({ error: z.string() }),
]);
const personSchema = z.object({ id: z.number(), login: z.string() });
const installationsSchema = z.object({
  total_count: z.number(),
  installations: z.array(z.object({ id: z.number(), suspended_at: z.string().nullable().optional() })),
});
const repositoriesSchema = z.object({ total_count: z.number(), repositories: z.array(z.object({ id: z.number() })) });
const repositorySchema = z.object({ id: z.number() });

export interface PersonalGithubOptions {
  readonly oauth: NonNullable<BotSettings["oauth"]>;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly version: string;
  readonly now: () => number;
  readonly fetch: typeof fetch;
}

export function personalGithub(options: PersonalGithubOptions): PersonalGithub {
  const { oauth, serverUrl } = options;
  const get = <T>(token: string, path: string, schema: z.ZodType<T>) => read(options, token, path, schema);
  return {
    authorizeUrl: ({ state, challenge, back }) => {
      const parameters = new URLSearchParams({
        client_id: oauth.clientId,
        redirect_uri: back,
        state,
        code_challenge: challenge,
        code_challenge_method: "S256",
      });
      return `${serverUrl}/login/oauth/authorize?${parameters.toString()}`;
    },
    exchange: (given) => exchange(options, given),
    person: (token) => get(token, "/user", personSchema),
    installations: (token) =>
      paged(async (page) => {
        const asked = await get(token, `/user/installations?per_page=${PAGE}&page=${page}`, installationsSchema);
        if (!asked.ok) return asked;
        const { installations, total_count: total } = asked.value;
        const active = installations.filter((one) => (one.suspended_at ?? null) === null).map(({ id }) => id);
        return { ok: true, value: { items: active, seen: installations.length, total } };
      }),
    repositories: (token, installationId) =>
      paged(async (page) => {
        const path = `/user/installations/${installationId}/repositories?per_page=${PAGE}&page=${page}`;
        const asked = await get(token, path, repositoriesSchema);
        if (!asked.ok) return asked;
        const { repositories, total_count: total } = asked.value;
        return { ok: true, value: { items: repositories.map(({ id }) => id), seen: repositories.length, total } };
      }),
    repository: async (token, fullName) => {
      const [owner = "", name = ""] = fullName.split("/").map(encodeURIComponent);
      return get(token, `/repos/${owner}/${name}`, repositorySchema.nullable()).then((asked) =>
        asked.ok ? { ok: true, value: asked.value?.id ?? null } : asked,
      );
    },
    revoke: (token) => revoke(options, token),
  };
}

interface PageOf<T> {
  readonly items: readonly T[];
  readonly seen: number;
  readonly total: number;
}

async function paged<T>(read: (page: number) => Promise<Asked<PageOf<T>>>): Promise<Asked<readonly T[]>> {
  const all: T[] = [];
  let seen = 0;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const asked = await read(page);
    if (!asked.ok) return asked;
    all.push(...asked.value.items);
    seen += asked.value.seen;
    if (asked.value.seen === 0 || seen >= asked.value.total) break;
  }
  return { ok: true, value: all };
}

async function exchange(
  options: PersonalGithubOptions,
  { code, verifier, back }: { readonly code: string; readonly verifier: string; readonly back: string },
): Promise<Asked<Grant>> {
  const { clientId, clientSecret } = options.oauth;
  const asked = await ask(options, `${options.serverUrl}/login/oauth/access_token`, grantSchema, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      code,
      redirect_uri: back,
      code_verifier: verifier,
    }).toString(),
  });
  if (!asked.ok) return asked;
  // GitHub answers 200 and names the error in the body.
  if ("error" in asked.value) {
    const { error } = asked.value;
    return error === "bad_verification_code"
      ? { ok: false, problem: { kind: "stale-code" } }
      : { ok: false, problem: { kind: "misconfigured", detail: error } };
  }
  return { ok: true, value: { token: asked.value.access_token, expiresIn: asked.value.expires_in ?? null } };
}

async function revoke(options: PersonalGithubOptions, token: string): Promise<void> {
  const { clientId, clientSecret } = options.oauth;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  await ask(options, `${options.apiUrl}/applications/${encodeURIComponent(clientId)}/token`, z.unknown(), {
    method: "DELETE",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
    body: JSON.stringify({ access_token: token }),
  });
}

/** A read with the person's token; what is not there, or not for this person, is `null`, which only some schemas accept. */
async function read<T>(
  options: PersonalGithubOptions,
  token: string,
  path: string,
  schema: z.ZodType<T>,
): Promise<Asked<T>> {
  const octokit = new Octokit({
    baseUrl: options.apiUrl,
    userAgent: `deploy-impact/${options.version}`,
    // A person waits for this page: a limit is said at once and not waited out.
    throttle: { enabled: false },
    retry: { enabled: false },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: { fetch: patientFetch(options.fetch) },
  });
  try {
    const { data } = await octokit.request(`GET ${path}`, { headers: { authorization: `Bearer ${token}` } });
    return parsed(schema, data);
  } catch (error) {
    if (!(error instanceof RequestError) || error.response === undefined) {
      return unavailable(error instanceof Error ? error.message : String(error));
    }
    if (error.status === 404) return parsed(schema, null);
    const problem = problemOf(error.status, new Headers(textHeaders(error.response.headers)), options.now());
    return problem === null ? unavailable(`status ${error.status}`) : { ok: false, problem };
  }
}

const silent = (): void => undefined;

/** With a time limit; an idle connection that GitHub closed at that moment fails once, and a read is simply asked again. */
function patientFetch(send: typeof fetch): typeof fetch {
  return (url, init) => {
    const once = (): Promise<Response> =>
      send(url, { ...init, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
    return once().catch(once);
  };
}

function textHeaders(headers: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): Asked<T> {
  const result = schema.safeParse(body);
  return result.success ? { ok: true, value: result.data } : unavailable("an answer that cannot be read");
}

/** A request with the App's own credentials, outside the REST API's shape. */
async function ask<T>(
  options: PersonalGithubOptions,
  url: string,
  schema: z.ZodType<T>,
  init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<Asked<T>> {
  let response: Response;
  let body: unknown;
  try {
    response = await options.fetch(url, {
      ...init,
      headers: { accept: "application/json", "user-agent": `deploy-impact/${options.version}`, ...init.headers },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = await readJson(response);
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  }
  const problem = problemOf(response.status, response.headers, options.now());
  return problem === null ? parsed(schema, body) : { ok: false, problem };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === "" ? null : JSON.parse(text);
}

function problemOf(status: number, headers: Headers, now: number): GithubProblem | null {
  if (status < 400) return null;
  if (status === 401) return { kind: "signed-out" };
  const isLimit =
    status === 429 || (status === 403 && (headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0"));
  if (isLimit) return { kind: "limited", seconds: waitOf(headers, now) };
  return { kind: "unavailable", detail: `status ${status}` };
}

function waitOf(headers: Headers, now: number): number | null {
  const after = Number(headers.get("retry-after") ?? Number.NaN);
  if (Number.isFinite(after)) return Math.max(1, after);
  const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(reset) && reset > 0 ? Math.max(1, Math.ceil(reset - now / 1000)) : null;
}

function unavailable(detail: string): { readonly ok: false; readonly problem: GithubProblem } {
  return { ok: false, problem: { kind: "unavailable", detail } };
}
