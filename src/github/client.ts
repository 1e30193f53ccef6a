import { getOctokit } from "@actions/github";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import type { Log } from "../ports.ts";
import {
  PRIMARY_LIMIT_WAIT_SECONDS,
  REQUEST_BUDGET,
  REQUEST_TIMEOUT_MS,
  SECONDARY_LIMIT_PATIENCE_SECONDS,
  SECONDARY_LIMIT_WAIT_SECONDS,
  TRIES,
  WRITE_PAUSE_MS,
  WRITES_WITHOUT_PAUSE,
} from "./limits.ts";

/** Statuses that a second try cannot change; 403 and 429 are left to the rate-limit rules. */
const FINAL_STATUSES = [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 451];

export type Octokit = ReturnType<typeof getOctokit>;

export interface GithubClient {
  readonly octokit: Octokit;
  /** Requests sent so far, retries included. */
  readonly requests: () => number;
  /** Requests left of the budget; never negative. */
  readonly remaining: () => number;
}

/** A token that expires: asked for with every request, and once more when GitHub no longer takes it. */
export interface TokenSource {
  readonly current: () => Promise<string>;
  readonly replace: (refused: string) => Promise<string>;
}

/** What every answer says beside its body. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

export interface ClientOptions {
  readonly token: string | TokenSource;
  /** GITHUB_API_URL */
  readonly apiUrl: string;
  readonly log: Log;
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds that the waits of the retry rules count as one second; 1000 except in tests. */
  readonly secondMs?: number;
  /** Longest wait for one answer; REQUEST_TIMEOUT_MS except in tests. */
  readonly timeoutMs?: number;
  /** Longest waits for rate limits, seconds; who has other work to do does not wait. */
  readonly patience?: { readonly primary: number; readonly secondary: number };
  /** Told about every answer, also those that are tried again. */
  readonly answered?: (answer: AnswerHead) => void;
}

/**
 * Octokit with the rules that every call obeys: requests are counted, writes go out one at a time, a primary rate
 * limit is waited out only when it is short, a secondary one as long as GitHub asks, and only calls that may be
 * repeated are repeated (a POST never is; `createOnce` looks before it tries again).
 */
export function connect(options: ClientOptions): GithubClient {
  let sent = 0;
  const count = (): void => {
    sent += 1;
  };
  const { token } = options;
  const octokit = getOctokit(
    typeof token === "string" ? token : "from the source",
    {
      ...(typeof token === "string" ? {} : { authStrategy: () => expiringToken(token) }),
      baseUrl: options.apiUrl,
      log: { debug: options.log.debug, info: options.log.debug, warn: options.log.debug, error: options.log.debug },
      retry: { doNotRetry: FINAL_STATUSES, retries: TRIES - 1, retryAfterBaseValue: options.secondMs ?? 1000 },
      throttle: rateLimitRules(options),
    },
    // The first plugin is the innermost: it sees every try of every request.
    queuedWrites(options.sleep, count, options.timeoutMs ?? REQUEST_TIMEOUT_MS, options.answered),
    throttling,
    retry,
  );
  return { octokit, requests: () => sent, remaining: () => Math.max(0, REQUEST_BUDGET - sent) };
}

type Throttle = NonNullable<Parameters<typeof throttling>[1]["throttle"]>;

function rateLimitRules({ log, secondMs = 1000, patience }: ClientOptions): Throttle {
  const decide =
    (name: string, longest: number) => (seconds: number, _request: unknown, _octokit: unknown, retries: number) => {
      const again = seconds <= longest && retries < TRIES - 1;
      log.warning(
        `GitHub's ${name} rate limit was reached; ${again ? `trying again in ${seconds} s` : `it asks for ${seconds} s, giving up`}.`,
      );
      return again;
    };
  return {
    // Our own queue spaces the writes; the plugin's queue would add a second to every one of them.
    write: unqueued(),
    notifications: unqueued(),
    retryAfterBaseValue: secondMs,
    fallbackSecondaryRateRetryAfter: SECONDARY_LIMIT_WAIT_SECONDS,
    onRateLimit: decide("primary", patience?.primary ?? PRIMARY_LIMIT_WAIT_SECONDS),
    onSecondaryRateLimit: decide("secondary", patience?.secondary ?? SECONDARY_LIMIT_PATIENCE_SECONDS),
  };
}

/** The only part of a Bottleneck group that the throttling plugin uses: run the job now. */
function unqueued(): NonNullable<Throttle["write"]> {
  const limiter = { schedule: <T>(_options: unknown, job: () => Promise<T>): Promise<T> => job() };
  return { key: () => limiter } as unknown as NonNullable<Throttle["write"]>;
}

/** Counts every request that leaves, gives each a time limit and lets writes pass one after the other. */
function queuedWrites(
  sleep: (ms: number) => Promise<void>,
  count: () => void,
  timeoutMs: number,
  answered: ClientOptions["answered"],
) {
  let last: Promise<unknown> = Promise.resolve();
  let writes = 0;
  return (octokit: { hook: Octokit["hook"] }): Record<string, never> => {
    octokit.hook.wrap("request", async (request, options) => {
      const send = () => {
        count();
        // Changed in place: Octokit's own hook for the token lies further inside and sees this object, not a copy.
        options.request = { ...options.request, signal: AbortSignal.timeout(timeoutMs) };
        return answered === undefined ? request(options) : reported(() => request(options), answered);
      };
      if (options.method === "GET" || options.method === "HEAD") return send();
      const turn = last.then(async () => {
        writes += 1;
        if (writes > WRITES_WITHOUT_PAUSE) await sleep(WRITE_PAUSE_MS);
        return send();
      });
      last = turn.catch(() => undefined);
      return turn;
    });
    return {};
  };
}

async function reported<T extends AnswerHead>(
  request: () => T | Promise<T>,
  answered: NonNullable<ClientOptions["answered"]>,
): Promise<T> {
  try {
    const answer = await request();
    answered(answer);
    return answer;
  } catch (error) {
    const { status, response } = error as { status?: unknown; response?: { headers?: AnswerHead["headers"] } };
    if (typeof status === "number") answered({ status, headers: response?.headers ?? {} });
    throw error;
  }
}

type Send = (options: Record<string, unknown>) => Promise<unknown>;

/** How Octokit is told to sign requests: with the token of the moment, and a 401 gets one more try with a new one. */
function expiringToken(source: TokenSource): { hook: unknown } {
  const signed = (options: { headers: object }, token: string): Record<string, unknown> => ({
    ...options,
    headers: { ...options.headers, authorization: `token ${token}` },
  });
  return {
    hook: async (
      request: { endpoint: { merge: (...all: unknown[]) => { headers: object } } } & Send,
      ...all: unknown[]
    ) => {
      const options = request.endpoint.merge(...all);
      const token = await source.current();
      try {
        return await request(signed(options, token));
      } catch (error) {
        if ((error as { status?: unknown }).status !== 401) throw error;
        return request(signed(options, await source.replace(token)));
      }
    },
  };
}
