import { DeployImpactError } from "../../core/errors.ts";
import type { Authenticator, Outgoing } from "./auth/contract.ts";
import { NO_AUTHENTICATOR, openAuthenticator } from "./auth/open.ts";
import { readBody } from "./body.ts";
import type { HttpClient, HttpPorts, HttpRequest, ServerWords } from "./contract.ts";
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
import { type ConnectOptions, type HttpLimits, httpLimits } from "./options.ts";
import { looksLikePage } from "./page.ts";
import { showable } from "./redact.ts";
import { parseRetryAfter, retryWait } from "./retry.ts";
import { createSlots } from "./slots.ts";
import { describeMilliseconds } from "./span.ts";
import { openTransport } from "./transport.ts";

/** Addresses up to this length go by GET, longer ones by POST with a form; proxies cut off at 4 to 8 KiB. */
const LONGEST_GET_ADDRESS = 2000;

/** A query that becomes a thing of its own at the server is answered by 201. */
const ANSWERS: ReadonlySet<number> = new Set([200, 201]);

interface Connection {
  readonly server: string;
  readonly options: ConnectOptions;
  readonly limits: HttpLimits;
  readonly ports: HttpPorts;
  readonly transport: () => Promise<HttpPorts["fetch"]>;
  readonly headers: Readonly<Record<string, string>>;
  readonly authenticator: Authenticator;
  readonly show: (text: string) => string;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
}

export function createHttpClient(
  server: string,
  options: ConnectOptions,
  ports: HttpPorts,
  signal?: AbortSignal,
): HttpClient {
  return build(server, options, { ports, signal, secrets: new Set() });
}

interface Surroundings {
  readonly ports: HttpPorts;
  readonly signal: AbortSignal | undefined;
  /** Texts that must never be shown; grows with every sign-in. */
  readonly secrets: Set<string>;
}

function build(server: string, options: ConnectOptions, { ports, signal, secrets }: Surroundings): HttpClient {
  const credentials = readCredentials(options, ports.env);
  for (const secret of credentials.secrets) secrets.add(secret);
  const limits = bounded(httpLimits(options), ports.confinement);
  const show = (text: string): string => showable(text, [...secrets]);
  let transport: Promise<HttpPorts["fetch"]> | null = null;
  const connection: Connection = {
    server,
    options,
    limits,
    ports,
    transport: () => {
      transport ??= openTransport(options.url, options.tls, ports);
      return transport;
    },
    headers: { ...baseHeaders(options.url), ...credentials.headers },
    authenticator: authenticatorFor(options, ports, secrets),
    show,
    signal,
    deadlineAt: ports.now() + limits.deadlineMs,
  };
  const inSlot = createSlots(limits.concurrency);
  return { send: (request) => inSlot(() => sendWithRetries(request, connection)), showable: show, limits };
}

/** What a config may ask for ends where its front door says. */
function bounded(limits: HttpLimits, confinement: HttpPorts["confinement"]): HttpLimits {
  if (confinement === undefined) return limits;
  const deadlineMs = Math.min(limits.deadlineMs, confinement.maxDeadlineMs);
  return {
    ...limits,
    deadlineMs,
    timeoutMs: Math.min(limits.timeoutMs, deadlineMs),
    maxResponseBytes: Math.min(limits.maxResponseBytes, confinement.maxResponseBytes),
  };
}

/** A sign-in is shared by clients, so that the cancelling of one does not reach its requests. */
function authenticatorFor(
  { auth, tls, timeout, deadline, retries }: ConnectOptions,
  ports: HttpPorts,
  secrets: Set<string>,
): Authenticator {
  if (auth === undefined) return NO_AUTHENTICATOR;
  const authority = { "ca-file": tls?.["ca-file"], "ca-env": tls?.["ca-env"] };
  const hasAuthority = authority["ca-file"] !== undefined || authority["ca-env"] !== undefined;
  const limits = {
    ...(timeout !== undefined && { timeout }),
    ...(deadline !== undefined && { deadline }),
    ...(retries !== undefined && { retries }),
    // The client's certificate is for the source alone.
    ...(hasAuthority && { tls: authority }),
  };
  const connect = (name: string, url: string): HttpClient =>
    build(name, { ...limits, url }, { ports, signal: undefined, secrets });
  return openAuthenticator(auth, { ports, connect, keepSecret: (secret) => void secrets.add(secret) });
}

/** On the same machine, compressing an answer takes the server several times as long as sending it. */
const SAME_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function baseHeaders(url: string): Record<string, string> {
  const headers = { accept: "application/json", "user-agent": "deploy-impact" };
  return SAME_MACHINE.test(new URL(url).hostname) ? { ...headers, "accept-encoding": "identity" } : headers;
}

async function sendWithRetries<T>(request: HttpRequest<T>, connection: Connection): Promise<T> {
  const { ports, limits, signal } = connection;
  let renewed = false;
  for (let attempt = 0; ; attempt += 1) {
    signal?.throwIfAborted();
    const { sent, outcome } = await sendOnce(request, connection);
    if (outcome.ok) return outcome.value;
    const { error, retry, retryAfterMs } = outcome.failure;
    if (!renewed && connection.authenticator.renew(error, sent)) {
      renewed = true;
      attempt -= 1;
      continue;
    }
    if (!retry || attempt >= limits.retries) throw error;
    const wait = retryWait(attempt, retryAfterMs, ports.random());
    if (ports.now() + wait >= connection.deadlineAt) throw deadlineError(error, wait, connection);
    ports.log.debug(`${connection.server}: attempt ${attempt + 2} in ${describeMilliseconds(wait)} (${error.code})`);
    await ports.sleep(wait, signal);
  }
}

type AttemptOutcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

interface Attempt<T> {
  /** Headers that signed the request in. */
  readonly sent: Readonly<Record<string, string>>;
  readonly outcome: AttemptOutcome<T>;
}

async function sendOnce<T>(request: HttpRequest<T>, connection: Connection): Promise<Attempt<T>> {
  const outgoing = prepare(request, connection);
  // Outside the time limit of the request: a sign-in has its own.
  const sent = await untilAborted(connection.authenticator.authorize(outgoing), connection.signal);
  const headers = { ...outgoing.headers, ...sent };
  return { sent, outcome: await transmit({ ...outgoing, headers }, request, connection) };
}

/** The sign-in goes on for others who wait for it; this request does not. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const done = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    done.abort();
  }
}

async function transmit<T>(
  outgoing: Prepared,
  request: HttpRequest<T>,
  connection: Connection,
): Promise<AttemptOutcome<T>> {
  const { ports, limits, signal } = connection;
  const { server, options } = connection;
  const { what, hints } = request;
  const context: FailureContext = { server, what, options, ...(hints !== undefined && { hints }) };
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
    const { url, method, headers, body } = outgoing;
    const send = await connection.transport();
    const response = await send(url, { method, headers, body, redirect: "manual", signal: stop });
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

interface Prepared extends Outgoing {
  readonly headers: Readonly<Record<string, string>>;
}

const FORM = "application/x-www-form-urlencoded";

function prepare<T>({ path, parameters, post, long, headers: own }: HttpRequest<T>, connection: Connection): Prepared {
  const base = `${connection.options.url.replace(/\/+$/, "")}${path}`;
  const form = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString();
  // A plus sign means a space in a form, but not in every reading of an address.
  const query = form.replaceAll("+", "%20");
  const full = query === "" ? base : `${base}${base.includes("?") ? "&" : "?"}${query}`;
  const headers = { ...connection.headers, ...own };
  if (post === undefined && full.length <= LONGEST_GET_ADDRESS)
    return { method: "GET", url: full, headers, body: null };
  if (post === undefined && long === "json") {
    const text = JSON.stringify(Object.fromEntries(parameters));
    return { method: "POST", url: base, headers: { ...headers, "content-type": "application/json" }, body: text };
  }
  if (post === undefined || post === "form") {
    return { method: "POST", url: base, headers: { ...headers, "content-type": FORM }, body: form };
  }
  return { method: "POST", url: full, headers: { ...headers, "content-type": post.type }, body: post.text };
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
  if (!ANSWERS.has(response.status)) return fail(explainStatus(response, body.text, request, connection, context));
  const verdict = request.read(body.text);
  if (verdict.ok) return verdict;
  if (verdict.status !== undefined) {
    const facts = { retryAfterMs: null, serverTimedOut: false };
    return fail(statusFailure(verdict.status, connection.show(verdict.detail), context, facts));
  }
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
  const words: ServerWords = request.explain(body) ?? { text: looksLikePage(body) ? "" : body, timedOut: false };
  const { headers } = response;
  const wait = headers.get("retry-after") ?? headers.get(request.waitHeader ?? "retry-after");
  const retryAfterMs = parseRetryAfter(wait, connection.ports.now());
  const status = words.throttled === true ? 429 : response.status;
  return statusFailure(status, connection.show(words.text), context, {
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
