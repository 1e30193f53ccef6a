import { DeployImpactError } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";
import { readBody } from "./body.ts";
import { readCredentials } from "./credentials.ts";
import {
  type Failure,
  type FailureContext,
  malformedFailure,
  redirectFailure,
  statusFailure,
  timeoutFailure,
  tooLargeFailure,
} from "./failures.ts";
import { networkFailure } from "./network.ts";
import { type HttpLimits, type HttpOptions, httpLimits } from "./options.ts";
import { looksLikePage } from "./page.ts";
import { showable } from "./redact.ts";
import { parseRetryAfter, retryWait } from "./retry.ts";
import { createSlots } from "./slots.ts";
import { describeMilliseconds } from "./span.ts";

/** Addresses up to this length go by GET, longer ones by POST with a form; proxies cut off at 4 to 8 KiB. */
const LONGEST_GET_ADDRESS = 2000;

export type HttpPorts = Pick<Ports, "now" | "sleep" | "env" | "fetch" | "log" | "random">;

/** What a server said about its own error. */
export interface ServerWords {
  readonly text: string;
  /** The server stopped the query because of its own time limit. */
  readonly timedOut: boolean;
}

export type BodyVerdict<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };

export interface HttpRequest<T> {
  /** Path below `url`, with a leading slash. */
  readonly path: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Object of the sentence in errors: "the numerator of SLI error-rate". */
  readonly what: string;
  /** Reads the body of an answer with status 200. */
  readonly read: (body: string) => BodyVerdict<T>;
  /** Finds the server's own words in the body of any other answer; null: none found. */
  readonly explain: (body: string) => ServerWords | null;
}

/** The wire client of every source on HTTP. One client lives for one piece of work and shares its deadline. */
export interface HttpClient {
  readonly send: <T>(request: HttpRequest<T>) => Promise<T>;
  /** Text of the server made fit to be shown. */
  readonly showable: (text: string) => string;
  readonly limits: HttpLimits;
}

interface Connection {
  readonly server: string;
  readonly options: HttpOptions;
  readonly limits: HttpLimits;
  readonly ports: HttpPorts;
  readonly headers: Readonly<Record<string, string>>;
  readonly show: (text: string) => string;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
}

export function createHttpClient(
  server: string,
  options: HttpOptions,
  ports: HttpPorts,
  signal?: AbortSignal,
): HttpClient {
  const credentials = readCredentials(options, ports.env);
  const limits = httpLimits(options);
  const show = (text: string): string => showable(text, credentials.secrets);
  const headers = { ...baseHeaders(options.url), ...credentials.headers };
  const deadlineAt = ports.now() + limits.deadlineMs;
  const connection: Connection = { server, options, limits, ports, headers, show, signal, deadlineAt };
  const inSlot = createSlots(limits.concurrency);
  return { send: (request) => inSlot(() => sendWithRetries(request, connection)), showable: show, limits };
}

/** On the same machine, compressing an answer takes the server several times as long as sending it. */
const SAME_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function baseHeaders(url: string): Record<string, string> {
  const headers = { accept: "application/json", "user-agent": "deploy-impact" };
  return SAME_MACHINE.test(new URL(url).hostname) ? { ...headers, "accept-encoding": "identity" } : headers;
}

async function sendWithRetries<T>(request: HttpRequest<T>, connection: Connection): Promise<T> {
  const { ports, limits, signal } = connection;
  for (let attempt = 0; ; attempt += 1) {
    signal?.throwIfAborted();
    const outcome = await sendOnce(request, connection);
    if (outcome.ok) return outcome.value;
    const { error, retry, retryAfterMs } = outcome.failure;
    if (!retry || attempt >= limits.retries) throw error;
    const wait = retryWait(attempt, retryAfterMs, ports.random());
    if (ports.now() + wait >= connection.deadlineAt) throw deadlineError(error, wait, connection);
    ports.log.debug(`${connection.server}: attempt ${attempt + 2} in ${describeMilliseconds(wait)} (${error.code})`);
    await ports.sleep(wait, signal);
  }
}

type AttemptOutcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

async function sendOnce<T>(request: HttpRequest<T>, connection: Connection): Promise<AttemptOutcome<T>> {
  const { ports, limits, signal } = connection;
  const context: FailureContext = { server: connection.server, what: request.what, options: connection.options };
  const left = connection.deadlineAt - ports.now();
  if (left <= 0) {
    return {
      ok: false,
      failure: {
        ...timeoutFailure(`its deadline of ${describeMilliseconds(limits.deadlineMs)}`, context),
        retry: false,
      },
    };
  }
  const patience = Math.min(limits.timeoutMs, left);
  const timer = new AbortController();
  const handle = setTimeout(() => timer.abort(), patience);
  const stop = signal === undefined ? timer.signal : AbortSignal.any([signal, timer.signal]);
  try {
    const response = await ports.fetch(...address(request, connection, stop));
    return await readAnswer(response, request, connection, context, timer.signal);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof DeployImpactError) throw thrown;
    if (timer.signal.aborted) return { ok: false, failure: timeoutFailure(describeMilliseconds(patience), context) };
    return { ok: false, failure: networkFailure(thrown, context) };
  } finally {
    clearTimeout(handle);
  }
}

function address<T>(request: HttpRequest<T>, connection: Connection, signal: AbortSignal): [string, RequestInit] {
  const base = `${connection.options.url.replace(/\/+$/, "")}${request.path}`;
  const form = new URLSearchParams(
    request.parameters.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  const common = { headers: connection.headers, redirect: "manual", signal } as const;
  const full = form === "" ? base : `${base}?${form}`;
  if (full.length <= LONGEST_GET_ADDRESS) return [full, { ...common, method: "GET" }];
  const headers = { ...connection.headers, "content-type": "application/x-www-form-urlencoded" };
  return [base, { ...common, headers, method: "POST", body: form }];
}

async function readAnswer<T>(
  response: Response,
  request: HttpRequest<T>,
  connection: Connection,
  context: FailureContext,
  timer: AbortSignal,
): Promise<AttemptOutcome<T>> {
  const body = await readBody(response, connection.limits.maxResponseBytes);
  if (body.type === "too-large") return fail(tooLargeFailure(connection.limits.maxResponseBytes, context));
  if (body.type === "cut-off") {
    connection.signal?.throwIfAborted();
    if (timer.aborted) return fail(timeoutFailure(describeMilliseconds(connection.limits.timeoutMs), context));
    return fail(malformedFailure("it was cut off before its end", context, true, body.cause));
  }
  if (response.status >= 300 && response.status < 400) {
    return fail(redirectFailure(response.status, redirectTarget(response, connection), context));
  }
  if (response.status !== 200) return fail(explainStatus(response, body.text, request, connection, context));
  const verdict = request.read(body.text);
  if (verdict.ok) return verdict;
  return fail(malformedFailure(connection.show(verdict.detail), context, !looksLikePage(body.text)));
}

function fail(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}

function explainStatus<T>(
  response: Response,
  body: string,
  request: HttpRequest<T>,
  connection: Connection,
  context: FailureContext,
): Failure {
  const words = request.explain(body) ?? { text: looksLikePage(body) ? "" : body, timedOut: false };
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"), connection.ports.now());
  return statusFailure(response.status, connection.show(words.text), context, {
    retryAfterMs,
    serverTimedOut: words.timedOut,
  });
}

/** Host and path only: the rest of a sign-in address may hold tokens. */
function redirectTarget(response: Response, connection: Connection): string {
  const location = response.headers.get("location");
  if (location === null) return "";
  try {
    const target = new URL(location, connection.options.url);
    return connection.show(`${target.protocol}//${target.host}${target.pathname}`);
  } catch {
    return "";
  }
}

function deadlineError(last: DeployImpactError, wait: number, connection: Connection): DeployImpactError {
  const left = describeMilliseconds(Math.max(0, connection.deadlineAt - connection.ports.now()));
  const message = `${last.message} The next attempt is due in ${describeMilliseconds(wait)}, but only ${left} of \`deadline\` are left.`;
  return new DeployImpactError(last.code, message, { hint: last.hint, cause: last });
}
